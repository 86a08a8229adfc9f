//! `/…/{id}/pdf` and `/…/{id}/ubl`, below the documents of this dialect; additions of ours.

use shared::domain::documents::Kind;
use shared::domain::printing::{INVOICE, QUOTE, SEND_CREDIT_NOTE, SEND_INVOICE, TRANSACTION};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::route::Row;

use crate::{pdf, ubl};

/// Money that comes or goes.
const CASH: [Kind; 4] = [Kind::Receipt, Kind::Income, Kind::Refund, Kind::Expense];
const RECEIPT: [Kind; 1] = [Kind::Receipt];
const REFUND: [Kind; 1] = [Kind::Refund];
const CREDIT: [Kind; 1] = [Kind::CreditNote];
const DEBIT: [Kind; 1] = [Kind::DebitNote];

pub(crate) fn rows() -> Vec<Row> {
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let transaction = |path, read: fn(&mut Reader<'_>) -> (u64, &'static [Kind])| {
        Row::new(Cloudonex, "GET", path, &TRANSACTION, read, |_, one| pdf::reply(&one), &[]).media(pdf::MEDIA)
    };
    vec![
        Row::new(Cloudonex, "GET", "/api/v2/invoices/{id}/pdf", &INVOICE, id, |_, one| pdf::reply(&one), &[])
            .media(pdf::MEDIA),
        Row::new(Cloudonex, "GET", "/api/v2/quotes/{id}/pdf", &QUOTE, id, |_, one| pdf::reply(&one), &[])
            .media(pdf::MEDIA),
        transaction("/api/v2/transactions/{id}/pdf", |r| (r.own_id("id"), &CASH)),
        transaction("/api/v2/receipts/{id}/pdf", |r| (r.own_id("id"), &RECEIPT)),
        transaction("/api/v2/refunds/{id}/pdf", |r| (r.own_id("id"), &REFUND)),
        transaction("/api/v2/credit-notes/{id}/pdf", |r| (r.own_id("id"), &CREDIT)),
        transaction("/api/v2/debit-notes/{id}/pdf", |r| (r.own_id("id"), &DEBIT)),
        Row::new(Cloudonex, "GET", "/api/v2/invoices/{id}/ubl", &SEND_INVOICE, id, |_, one| ubl::reply(&one), &[])
            .media(ubl::MEDIA),
        Row::new(
            Cloudonex,
            "GET",
            "/api/v2/credit-notes/{id}/ubl",
            &SEND_CREDIT_NOTE,
            id,
            |_, one| ubl::reply(&one),
            &[],
        )
        .media(ubl::MEDIA),
    ]
}
