//! JeraSoft's credits that name an invoice: set against it, or come onto it as charges, which looks the same and
//! comes to another balance. What counts as paid of the invoice tells them apart, and where that leaves it open the
//! balance that the system tells of the client.

use std::collections::BTreeMap;

use shared::domain::documents::{Kind, Status};

use crate::transfer::extract::{Document, Extract};

/// The credits of one client that came onto an invoice, by their ids.
type Charged = Vec<u64>;

/// Find out which credits are charges. `paid` is what counts as paid of each invoice.
pub(super) fn tell_apart(extract: &mut Extract, paid: &BTreeMap<u64, i64>) {
    let credit = |one: &&Document| one.kind == Kind::CreditNote && !one.against.is_empty();
    let mut by_client: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for note in extract.documents.iter().filter(credit) {
        by_client.entry(note.customer.unwrap_or(0)).or_default().push(note.id);
    }
    let guessed = guess(&extract.documents, paid);
    for (client, notes) in by_client {
        let own: Vec<&Document> = extract.documents.iter().filter(|one| one.customer == Some(client)).collect();
        let guess: Charged = notes.iter().filter(|id| guessed.contains(id)).copied().collect();
        let mut tries = vec![guess.clone(), Vec::new(), notes.clone()];
        for note in &notes {
            let mut other = guess.clone();
            other.retain(|id| id != note);
            if other.len() == guess.len() {
                other.push(*note);
            }
            tries.push(other);
        }
        let told = extract.balances.iter().find(|(id, _, _)| *id == client);
        let fits = |charged: &&Charged| {
            told.is_some_and(|(_, currency, balance)| -owed(&own, charged, currency.code()) == *balance)
        };
        let charged = tries.iter().find(fits).unwrap_or(&guess).clone();
        for note in extract.documents.iter_mut().filter(|one| one.kind == Kind::CreditNote && charged.contains(&one.id))
        {
            note.charged_to = note.against.first().map(|(_, invoice, _)| *invoice);
            note.against.clear();
        }
    }
}

/// Credits for which there is no room beside the payments among what counts as paid.
fn guess(documents: &[Document], paid: &BTreeMap<u64, i64>) -> Charged {
    let mut left = paid.clone();
    for receipt in documents.iter().filter(|one| one.kind == Kind::Receipt) {
        let mut money = receipt.total;
        for (_, invoice, _) in &receipt.against {
            let Some(room) = left.get_mut(invoice) else { continue };
            let fits = money.min(*room);
            (money, *room) = (money - fits, *room - fits);
        }
    }
    let mut charged = Vec::new();
    for note in documents.iter().filter(|one| one.kind == Kind::CreditNote) {
        let Some((_, invoice, _)) = note.against.first() else { continue };
        match left.get_mut(invoice) {
            Some(room) if *room > 0 => *room -= note.total.min(*room),
            _ => charged.push(note.id),
        }
    }
    charged
}

/// What a client will owe in a currency once its documents are imported, if these credits are charges.
fn owed(documents: &[&Document], charged: &[u64], code: &str) -> i64 {
    let standing = |one: &&&Document| {
        one.currency.code() == code && !matches!(one.status, Status::Draft | Status::Void | Status::Cancelled)
    };
    let own: Vec<&Document> = documents.iter().filter(standing).copied().collect();
    let is_charge =
        |one: &Document| one.charged_to.is_some() || (one.kind == Kind::CreditNote && charged.contains(&one.id));
    // Charges are among what their invoice comes to.
    let mut sum: i64 = own.iter().filter(|one| !is_charge(one)).map(|one| one.kind.sign() * one.total).sum();
    let mut open: BTreeMap<u64, i64> =
        own.iter().filter(|one| one.kind == Kind::Invoice).map(|one| (one.id, one.total)).collect();
    for money in own.iter().filter(|one| !is_charge(one)) {
        let mut left = money.total;
        for (_, invoice, _) in &money.against {
            let Some(room) = open.get_mut(invoice) else { continue };
            let fits = left.min(*room).max(0);
            (left, *room) = (left - fits, *room - fits);
        }
    }
    // What is open of an invoice that counts as paid is settled by its status.
    let settled =
        own.iter().filter(|one| one.kind == Kind::Invoice && matches!(one.status, Status::Paid | Status::Refunded));
    sum -= settled.filter_map(|one| open.get(&one.id)).filter(|left| **left > 0).sum::<i64>();
    sum
}
