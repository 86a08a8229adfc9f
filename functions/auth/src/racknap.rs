//! `POST /api/v2/auth/token` (contract racknap §3).

use serde_json::json;
use shared::domain::sessions::{Issued, SignIn, TOKEN};
use shared::machinery::dialect::Dialect::Racknap;
use shared::machinery::dialect::racknap::date_time;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Racknap, "POST", "/api/v2/auth/token", &TOKEN, read_sign_in, write_issued, &[]).unrecorded()]
}

fn read_sign_in(r: &mut Reader<'_>) -> SignIn {
    SignIn { login: r.text("username").required(), password: r.text("password").max(1024).required() }
}

fn write_issued(_: View, issued: Issued) -> Reply {
    Reply::one(json!({
        "token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "expires_at": date_time(issued.expires_at, issued.user.zone),
        "pid": issued.user.reseller.unwrap_or(0),
    }))
}
