//! `iam.auth.jwt.*` (contract jerasoft §2.2).

use serde_json::json;
use shared::domain::sessions::{AUTHENTICATE, REFRESH, SignIn, Signed};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(Jerasoft, "POST", "/api/iam/auth/jwt/authenticate", &AUTHENTICATE, read_sign_in, write_signed, &[])
            .rpc("iam.auth.jwt.authenticate"),
        Row::new(Jerasoft, "POST", "/api/iam/auth/jwt/refresh", &REFRESH, |_| (), write_signed, &[])
            .rpc("iam.auth.jwt.refresh"),
    ]
}

fn read_sign_in(r: &mut Reader<'_>) -> SignIn {
    SignIn { login: r.text("login").required(), password: r.text("password").max(1024).required() }
}

fn write_signed(_: View, signed: Signed) -> Reply {
    Reply::one(json!({"token": signed.token, "expires_at": signed.zone.stamp(signed.expires_at)}))
}
