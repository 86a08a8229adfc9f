//! `POST /api/gateways/{plugin}/webhook` (contract billmora §9.12): what a payment gateway tells. Its answers have
//! `error` in place of `message`, as the original's do.
//!
//! The original leaves to its plugins how a gateway signs; here a notice has `invoice_number`, `status` (`success` or
//! not), `amount`, `reference`, `timestamp` (Unix seconds) and `signature`: the hexadecimal HMAC-SHA256, with the
//! gateway's secret, of the five before it, each a line.

use serde_json::json;
use shared::domain::gateways::{Notice, Outcome, TOLD};
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Billmora, "POST", "/api/gateways/{id}/webhook", &TOLD, read, write, &[])]
}

fn read(r: &mut Reader<'_>) -> Notice {
    let mut text = |name: &str| r.scalar(name).optional().unwrap_or_default();
    let (invoice, status) = (text("invoice_number"), text("status"));
    let (amount, reference) = (text("amount"), text("reference"));
    let (timestamp, signature) = (text("timestamp"), text("signature"));
    let gateway = r.own_id("id");
    Notice { gateway, tenant: r.loose("tenant"), invoice, status, amount, reference, timestamp, signature }
}

fn write(_: View, outcome: Outcome) -> Reply {
    let (status, name, text) = match outcome {
        Outcome::NoGateway => (404, "error", "Gateway instance not found or inactive."),
        Outcome::BadSignature => (400, "error", "Invalid signature or webhook processing failed."),
        Outcome::NoInvoice => (404, "error", "Invoice not found."),
        Outcome::NotPaid => (200, "message", "Webhook received but payment not successful."),
        Outcome::Paid => (200, "message", "Payment processed successfully"),
    };
    Reply::whole(json!({name: text})).status(status)
}
