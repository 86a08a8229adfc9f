//! The rules of EN 16931, as far as a document of ours can break them. Each is checked before anything is written,
//! and what breaks one is refused with the rule's id and what to fill in.
//!
//! What the writer sees to by itself is not asked again: BR-01, BR-03 to BR-05, BR-08, BR-10, BR-12 to BR-15, BR-17 to
//! BR-24, BR-26, the code lists of what it writes as constants, and that groups have their parts.

use shared::domain::books::vat::VatCategory;
use shared::words::error::{Rule, Violation};
use shared::words::money::{Decimal, Money};

use super::codes::{is_country, vat_number};
use super::model::{Invoice, Vat};
use super::sums;

/// What is wrong, each with the field to mend; of one field all rules in one sentence after the other.
pub(crate) struct Broken(Vec<(String, String)>);

impl Broken {
    /// Note a rule, unless it holds.
    pub(super) fn unless(&mut self, holds: bool, rule: &str, field: impl Into<String>, what: impl AsRef<str>) {
        if holds {
            return;
        }
        let (field, text) = (field.into(), format!("{rule}: {}", what.as_ref()));
        match self.0.iter_mut().find(|(other, _)| *other == field) {
            Some((_, said)) if said.contains(&text) => {}
            Some((_, said)) => *said = format!("{said} {text}"),
            None => self.0.push((field, text)),
        }
    }
}

/// The rules that an invoice breaks.
pub(crate) fn broken(invoice: &Invoice) -> Vec<Violation> {
    let mut broken = Broken(Vec::new());
    head(invoice, &mut broken);
    parties(invoice, &mut broken);
    lines(invoice, &mut broken);
    categories(invoice, &mut broken);
    sums::check(invoice, &mut broken);
    broken.0.into_iter().map(|(field, text)| Violation { field, rule: Rule::Sentence(text) }).collect()
}

fn head(invoice: &Invoice, broken: &mut Broken) {
    broken.unless(invoice.number.is_some(), "BR-02", "number", "A draft has no number; issue it first.");
    let asks = !invoice.is_credit_note && invoice.totals.payable > 0;
    broken.unless(!asks || invoice.due.is_some(), "BR-CO-25", "due_date", "Say when the amount is due.");
    let named = invoice.preceding.as_ref().is_none_or(Option::is_some);
    broken.unless(named, "BR-55", "invoice_id", "The invoice that it concerns has no number.");
}

fn parties(invoice: &Invoice, broken: &mut Broken) {
    let (seller, buyer) = (&invoice.seller, &invoice.buyer);
    let settings = "in the settings of the tenant.";
    broken.unless(seller.name.is_some(), "BR-06", "seller.name", format!("Give the seller's name {settings}"));
    let code = seller.country.as_deref();
    let field = "seller.country_code";
    broken.unless(code.is_some(), "BR-09", field, format!("Give the seller's country {settings}"));
    broken.unless(code.is_none_or(is_country), "BR-CL-14", field, "This is no country of ISO 3166-1.");
    let known = seller.vat_id.is_some() || seller.registration.is_some();
    let text = format!("Give the seller's VAT identifier or its number in the register of companies {settings}");
    broken.unless(known, "BR-CO-26", "seller.vat_id", text);
    let id = seller.vat_id.as_deref();
    let good = id.is_none_or(|id| vat_number(id).is_some());
    broken.unless(good, "BR-CO-09", "seller.vat_id", "It does not begin with the letters of a country.");
    broken.unless(buyer.name.is_some(), "BR-07", "customer.name", "There is no customer with a name.");
    let code = buyer.country.as_deref();
    let field = "customer.country";
    broken.unless(code.is_some(), "BR-11", field, "Give the customer's country, as two letters of ISO 3166-1.");
    let text = "Write the customer's country with two letters of ISO 3166-1.";
    broken.unless(code.is_none_or(is_country), "BR-CL-14", field, text);
}

fn lines(invoice: &Invoice, broken: &mut Broken) {
    broken.unless(!invoice.lines.is_empty(), "BR-16", "items", "There is no line that is not a discount.");
    for (place, line) in invoice.lines.iter().enumerate() {
        let at = |field: &str| format!("items.{place}.{field}");
        broken.unless(!line.name.is_empty(), "BR-25", at("description"), "Say what the line is for.");
        broken.unless(line.price >= Decimal::ZERO, "BR-27", at("amount"), "The price is below 0.");
        let ordered = line.period.is_none_or(|period| period.start <= period.end);
        broken.unless(ordered, "BR-30", at("period_end"), "The period ends before it begins.");
    }
    for allowance in &invoice.allowances {
        broken.unless(!allowance.reason.is_empty(), "BR-33", "items", "Say what the discount is for.");
    }
}

/// What the rules call a category: `BR-S-05`, but `BR-IC-05` for `K`.
fn family(category: VatCategory) -> &'static str {
    match category {
        VatCategory::IntraCommunity => "IC",
        other => other.code(),
    }
}

fn categories(invoice: &Invoice, broken: &mut Broken) {
    let all = || invoice.lines.iter().map(|line| &line.vat).chain(invoice.allowances.iter().map(|one| &one.vat));
    for vat in all() {
        let text = "A line has two taxes or more; an electronic invoice has one for each line.";
        broken.unless(vat.taxes <= 1, "UBL-SR-48", "items", text);
        let text = "Say which VAT category an untaxed line has: seller.untaxed_category in the settings, or a tax rate \
                    of 0 % with a category.";
        broken.unless(vat.category.is_some(), "BR-CO-04", "seller.untaxed_category", text);
        let Some(category) = vat.category else { continue };
        let rule = |number: &str| format!("BR-{}-{number}", family(category));
        let charges = category == VatCategory::Standard;
        let text = format!("A rate of {} % does not go with the category {}.", vat.percent, category.code());
        broken.unless(charges != vat.percent.is_zero(), &rule("05"), "tax_rates", text);
        identified(invoice, vat, category, broken);
    }
    for row in &invoice.breakdown {
        if row.vat.category == Some(VatCategory::Exempt) {
            let text = "Say why nothing is charged: exemption_reason of the tax rate, or seller.untaxed_reason.";
            broken.unless(row.vat.reason.is_some(), "BR-E-10", "exemption_reason", text);
        }
        let out_of_scope = row.vat.category == Some(VatCategory::OutOfScope);
        let text = "What is not subject to VAT cannot stand beside what is; make two documents.";
        broken.unless(!out_of_scope || invoice.breakdown.len() == 1, "BR-O-11", "items", text);
    }
    let within = all().any(|vat| vat.category == Some(VatCategory::IntraCommunity));
    let text = "A supply within the Union says when it was made: give the lines period_start and period_end.";
    broken.unless(!within || invoice.period.is_some(), "BR-IC-11", "items", text);
}

/// Who must be known by which number.
fn identified(invoice: &Invoice, vat: &Vat, category: VatCategory, broken: &mut Broken) {
    let (seller, buyer) = (&invoice.seller, &invoice.buyer);
    let rule = format!("BR-{}-02", family(category));
    let vat_id = seller.vat_id.is_some();
    let any = vat_id || seller.tax_number.is_some();
    let code = category.code();
    match category {
        VatCategory::Standard | VatCategory::Zero | VatCategory::Exempt => {
            let text = format!("{code} ({} %) wants the seller's VAT identifier or tax number.", vat.percent);
            broken.unless(any, &rule, "seller.vat_id", text);
        }
        VatCategory::ReverseCharge => {
            broken.unless(any, &rule, "seller.vat_id", "AE wants the seller's VAT identifier or tax number.");
            let known = buyer.vat_id.is_some() || buyer.registration.is_some();
            let text =
                "AE wants the customer's VAT identifier (tax number, with its country's letters) or registration.";
            broken.unless(known, &rule, "customer.tax_number", text);
        }
        VatCategory::IntraCommunity => {
            broken.unless(vat_id, &rule, "seller.vat_id", "K wants the seller's VAT identifier.");
            let text = "K wants the customer's VAT identifier (tax number, with its country's letters).";
            broken.unless(buyer.vat_id.is_some(), &rule, "customer.tax_number", text);
        }
        VatCategory::Export => broken.unless(vat_id, &rule, "seller.vat_id", "G wants the seller's VAT identifier."),
        VatCategory::OutOfScope => {
            let text =
                "A seller with a VAT identifier has nothing that is not subject to VAT; choose another category.";
            broken.unless(!vat_id, &rule, "seller.vat_id", text);
        }
    }
}

/// Whether an amount can be written with two decimal places (BR-DEC).
pub(super) fn two_places(money: Money) -> bool {
    money.decimal().normalize().scale() <= 2
}
