//! Importing documents: charges before the invoices that ask for their money, then everything else; then what is
//! set against what; then where invoices stand that nothing else tells of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared::domain::documents::change::Update;
use shared::domain::documents::entity::Line;
use shared::domain::documents::lines::{LONGEST_TERM, MOST_LINES, MOST_TEXT};
use shared::domain::documents::list::MONEY_IN;
use shared::domain::documents::number::LONGEST;
use shared::domain::documents::pay::{Against, Allocate, MOST_AT_ONCE};
use shared::domain::documents::sums::{Rounding, Terms, header};
use shared::domain::documents::write::{Imported, New};
use shared::domain::documents::{Kind, Ref, Status};
use shared::domain::settlement::documents::{ALLOCATE, CREATE_INVOICE, CREATE_TRANSACTION, UPDATE_INVOICE};
use shared::domain::tenants::CurrencyRef;
use shared::words::money::{Decimal, Money};
use shared::words::text::plain_number;

use super::extract::{Document, Extract, line, name};
use super::importer::{Importer, Source};

/// How many records lie between two lines of progress.
const STEP: usize = 100;

/// The notes that an import leaves of a document: kind of the note and id.
pub(super) fn notes(document: &Document) -> Vec<(&'static str, String)> {
    let own = document.name();
    let mut notes = vec![("document", own.clone())];
    let chunks = document.against.len().div_ceil(MOST_AT_ONCE);
    notes.extend((0..chunks).map(|chunk| ("allocation", allocation(&own, chunk))));
    notes.extend(final_status(document).map(|(_, word)| ("status", format!("{own}-{word}"))));
    notes
}

fn allocation(own: &str, chunk: usize) -> String {
    if chunk == 0 { own.to_owned() } else { format!("{own}-{chunk}") }
}

/// Where an invoice comes to after all that is set against it.
fn final_status(document: &Document) -> Option<(Status, &'static str)> {
    match document.status {
        Status::Paid if document.kind == Kind::Invoice && document.total > 0 => Some((Status::Paid, "paid")),
        Status::Refunded if document.kind == Kind::Invoice => Some((Status::Refunded, "refunded")),
        _ => None,
    }
}

impl Importer<'_> {
    pub(super) async fn documents(&mut self, extract: Extract) -> Result<(), String> {
        let mut all = extract.documents;
        all.sort_by_key(|document| (document.kind != Kind::Invoice, document.id));
        let standing: BTreeSet<u64> = all
            .iter()
            .filter(|one| {
                one.kind == Kind::Invoice && !matches!(one.status, Status::Draft | Status::Void | Status::Cancelled)
            })
            .map(|one| one.id)
            .collect();
        let mut charges: BTreeMap<u64, Vec<Document>> = BTreeMap::new();
        for document in &mut all {
            // The charges of an invoice that was taken back ask for their money themselves again.
            document.charged_to = document.charged_to.filter(|invoice| standing.contains(invoice));
            if let Some(invoice) = document.charged_to {
                charges.entry(invoice).or_default().push(document.clone());
            }
        }
        let numbers: BTreeMap<u64, Option<String>> =
            all.iter().filter(|one| one.kind == Kind::Invoice).map(|one| (one.id, one.number.clone())).collect();
        let known = all.iter().filter_map(|one| Some((one.kind, plain_number(one.number.as_deref()?))));
        self.numbers = Arc::new(known.collect());
        let (first, rest): (Vec<_>, Vec<_>) = all.iter().partition(|document| document.charged_to.is_some());
        let count = all.len();
        for (place, document) in first.into_iter().chain(rest).enumerate() {
            self.document(document, charges.get(&document.id).filter(|_| document.kind == Kind::Invoice), &numbers)
                .await?;
            if (place + 1) % STEP == 0 {
                (self.tell)(&format!("{} of {count} documents", place + 1));
            }
        }
        for document in all.iter().filter(|document| !document.against.is_empty()) {
            self.allocate(document).await?;
        }
        (self.tell)("everything is set against what it pays");
        for document in &all {
            self.finish(document).await?;
        }
        Ok(())
    }

    async fn document(
        &mut self,
        document: &Document,
        charges: Option<&Vec<Document>>,
        numbers: &BTreeMap<u64, Option<String>>,
    ) -> Result<(), String> {
        let kind = document.kind.name();
        self.report.count(kind).read += 1;
        let id = document.name();
        if let Some(why) = fault(document) {
            self.report.fail(kind, &id, why.into());
            return Ok(());
        }
        let charges = charges.map(Vec::as_slice).unwrap_or_default();
        let new = self.made_of(document, charges, numbers);
        let source = Source { kind, noted: "document", id: &id };
        let op = if document.kind == Kind::Invoice { &CREATE_INVOICE } else { &CREATE_TRANSACTION };
        self.once(source, op, &new, |made| made.document.id).await.map(drop)
    }

    fn made_of(&self, document: &Document, charges: &[Document], numbers: &BTreeMap<u64, Option<String>>) -> New {
        let ours = |noted, id: Option<u64>| id.and_then(|id| self.ours(noted, &id.to_string()));
        let concerns = document.concerns.and_then(|id| {
            let own = self.ours("document", &name(Kind::Invoice, id))?;
            Some((own, numbers.get(&id).cloned().flatten()))
        });
        let charged = charges.iter().filter_map(|charge| self.ours("document", &charge.name())).collect();
        let known = Arc::clone(&self.numbers);
        let imported = Imported { system: self.system, ratio: document.ratio, known, charges: charged, concerns };
        let mut new = New {
            customer: ours("customer", document.customer),
            day: document.day,
            due: document.due,
            currency: Some(CurrencyRef::Code(document.currency.code().to_owned())),
            inclusive: document.inclusive,
            number: document.number.clone(),
            account: ours("account", document.account),
            category: ours("category", document.category),
            description: document.description.clone(),
            notes: document.notes.clone(),
            method: document.method.clone(),
            reference: document.reference.clone(),
            imported: Some(imported),
            ..New::of(document.kind)
        };
        new.status =
            Some(document.status).filter(|one| matches!(one, Status::Draft | Status::Void | Status::Cancelled));
        if document.kind.is_cash() {
            new.amount = Some(Money { minor: document.total, currency: document.currency }.decimal());
        } else {
            let asked: i64 = charges.iter().map(|charge| charge.kind.sign() * charge.total).sum();
            let (mut lines, rounding) =
                worked_out(document, without(document.lines.clone(), charges), document.total - asked);
            sensible(&mut lines);
            (new.quoted, new.rounding) = (Some(lines), rounding);
        }
        new
    }

    /// Set money against what it pays, a step of twenty at a time.
    async fn allocate(&mut self, document: &Document) -> Result<(), String> {
        let own = document.name();
        let Some(id) = self.ours("document", &own) else { return Ok(()) };
        for (chunk, part) in document.against.chunks(MOST_AT_ONCE).enumerate() {
            self.report.count("allocation").read += 1;
            let mut against = Vec::new();
            for (kind, other, amount) in part {
                let Some(other) = self.ours("document", &name(*kind, *other)) else { break };
                let amount = amount.map(|minor| Money { minor, currency: document.currency }.decimal());
                let at = format!("allocations.{}", against.len());
                against.push(Against { other: Ref { kind: *kind, id: other }, amount, at });
            }
            let noted = allocation(&own, chunk);
            if against.len() < part.len() {
                // Not noted, so that a later run makes up for it.
                self.report.fail("allocation", &noted, "what it is set against was not imported".into());
                continue;
            }
            let source = Source { kind: "allocation", noted: "allocation", id: &noted };
            self.once(source, &ALLOCATE, &Allocate { id, kinds: &MONEY_IN, against, lenient: true }, |made| {
                made.document.id
            })
            .await?;
        }
        Ok(())
    }

    /// An invoice that counts as paid, or was refunded, without anything that tells of it.
    async fn finish(&mut self, document: &Document) -> Result<(), String> {
        let Some((status, word)) = final_status(document) else { return Ok(()) };
        let own = document.name();
        let Some(id) = self.ours("document", &own) else { return Ok(()) };
        self.report.count("status").read += 1;
        let update = Update { id, status: Some(status), any_status: true, ..Update::default() };
        let noted = format!("{own}-{word}");
        let source = Source { kind: "status", noted: "status", id: &noted };
        self.once(source, &UPDATE_INVOICE, &update, |made| made.document.id).await.map(drop)
    }
}

/// What no document of ours may have. Lines are not priced again, so that nobody else would look.
fn fault(document: &Document) -> Option<&'static str> {
    let text: usize = document.lines.iter().map(|line| line.description.len()).sum();
    if document.lines.len() > MOST_LINES {
        Some("it has more than 200 lines")
    } else if text + document.description.len() + document.notes.as_ref().map_or(0, String::len) > MOST_TEXT {
        Some("its texts are longer than 96 KB together")
    } else if document.number.as_ref().is_some_and(|number| number.chars().count() > LONGEST) {
        Some("its number is longer than 60 characters")
    } else {
        None
    }
}

/// A billing period that ends before it begins, or is longer than any of ours, says nothing that could be earned by.
fn sensible(lines: &mut [Line]) {
    for line in lines {
        line.term = line.term.filter(|term| (1..=LONGEST_TERM).contains(&term.days()));
    }
}

/// An invoice's lines without those that stand for charges, which come onto it again by themselves.
fn without(mut lines: Vec<Line>, charges: &[Document]) -> Vec<Line> {
    for charge in charges {
        for own in &charge.lines {
            let same = |line: &Line| line.description == own.description && line.amount.abs() == own.amount.abs();
            if let Some(place) = lines.iter().rposition(same) {
                lines.remove(place);
            }
        }
    }
    lines
}

/// The lines, and how their header is made so that it comes to the total; what rounding elsewhere made of it is a
/// line of its own.
fn worked_out(document: &Document, mut lines: Vec<Line>, total: i64) -> (Vec<Line>, Rounding) {
    let terms = |rounding| Terms {
        currency: document.currency,
        base: document.currency,
        ratio: Decimal::ONE,
        inclusive: document.inclusive,
        rounding,
    };
    let comes_to = |lines: &[Line], rounding| header(lines, &terms(rounding)).map(|sums| sums.total);
    let by_lines = comes_to(&lines, Rounding::Lines).unwrap_or(0);
    if by_lines != total && comes_to(&lines, Rounding::Sums) == Some(total) {
        return (lines, Rounding::Sums);
    }
    if by_lines != total {
        let left = total - by_lines;
        let unit = Money { minor: left, currency: document.currency }.decimal();
        let words = if lines.is_empty() { document.description.as_str() } else { "Rounding" };
        let words = if words.is_empty() { "Total" } else { words };
        lines.push(line(words, (Decimal::ONE, unit), 0, Vec::new(), left));
    }
    (lines, Rounding::Lines)
}
