//! What is set against which documents, in CloudOnex's habits; the original has no allocations. Those of receipts and
//! credit notes are read here too.

use shared::domain::documents::pay::{Against, Allocate, MOST_AT_ONCE};
use shared::domain::documents::{Kind, Ref};
use shared::domain::settlement::documents::{ALLOCATE, RELEASE};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::route::Row;
use shared::words::error::Rule;

use crate::cloudonex::{NAMES, write_one};

const INVOICE: [Kind; 1] = [Kind::Invoice];

/// An invoice below 0 brings its customer credit, which is set against others like that of a receipt.
pub(crate) fn rows() -> Vec<Row> {
    const AGAINST: &str = "/api/v2/invoices/{id}/allocations";
    vec![
        Row::new(Cloudonex, "POST", AGAINST, &ALLOCATE, |r| read_allocate(r, &INVOICE), write_one, NAMES),
        Row::new(Cloudonex, "DELETE", AGAINST, &RELEASE, |r| (r.own_id("id"), &INVOICE as _), write_one, NAMES),
    ]
}

/// What a document that brings credit is set against, one of these kinds.
pub fn read_allocate(r: &mut Reader<'_>, kinds: &'static [Kind]) -> Allocate {
    Allocate { id: r.own_id("id"), kinds, against: read_against(r, 1), lenient: false }
}

/// What money is set against: `allocations`, or a single `invoice_id`.
pub fn read_against(r: &mut Reader<'_>, least: usize) -> Vec<Against> {
    if let Some(id) = r.id("invoice_id").optional() {
        if r.has("allocations") {
            r.violate("invoice_id", Rule::Contradicts);
        }
        return vec![Against::whole(Kind::Invoice, id)];
    }
    let entries = r.each("allocations", least, MOST_AT_ONCE);
    let mut all: Vec<Against> = Vec::with_capacity(entries.len());
    for (place, mut entry) in entries.into_iter().enumerate() {
        let (invoice, note) = (entry.id("invoice_id").optional(), entry.id("debit_note_id").optional());
        let amount = entry.decimal("amount").optional();
        let other = match (invoice, note) {
            (Some(id), None) => Some(Ref { kind: Kind::Invoice, id }),
            (None, Some(id)) => Some(Ref { kind: Kind::DebitNote, id }),
            (None, None) => {
                entry.violate("invoice_id", Rule::Required);
                None
            }
            (Some(_), Some(_)) => {
                entry.violate("debit_note_id", Rule::Contradicts);
                None
            }
        };
        if let Some(other) = other {
            if all.iter().any(|before| before.other == other) {
                entry.violate("invoice_id", Rule::Taken);
            }
            all.push(Against { other, amount, at: format!("allocations.{place}") });
        }
        r.absorb(entry);
    }
    all
}
