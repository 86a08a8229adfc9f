//! An electronic invoice in UBL 2.1, in the order of its schema.

use shared::domain::books::vat::VatCategory;
use shared::domain::documents::accrual::Term;
use shared::words::money::Money;

use super::model::{Allowance, Breakdown, Invoice, Line, Party, Vat};
use super::xml::{Element, group, known, text, with};

const NAMESPACE: &str = "urn:oasis:names:specification:ubl:schema:xsd:";
/// What the document claims to be (BT-24).
const CUSTOMIZATION: &str = "urn:cen.eu:en16931:2017";
/// "One": the ledger counts and does not say what (UN/ECE Recommendation 20).
const UNIT: &str = "C62";
/// Transfer to an account (UNCL 4461).
const TRANSFER: &str = "30";

type Node = Option<Element>;

/// The whole document.
pub(crate) fn document(invoice: &Invoice) -> std::io::Result<Vec<u8>> {
    let note = invoice.is_credit_note;
    let (root, kind) = if note { ("CreditNote", "381") } else { ("Invoice", "380") };
    let type_code = if note { "cbc:CreditNoteTypeCode" } else { "cbc:InvoiceTypeCode" };
    let mut inner: Vec<Node> = vec![
        text("cbc:CustomizationID", CUSTOMIZATION),
        known("cbc:ID", invoice.number.as_ref()),
        text("cbc:IssueDate", &invoice.issued),
        // A credit note has no such element; nothing is due of it.
        known("cbc:DueDate", invoice.due.as_ref().filter(|_| !note)),
        text(type_code, kind),
        known("cbc:Note", invoice.notes.as_ref()),
        text("cbc:DocumentCurrencyCode", invoice.currency.code()),
        period(invoice.period),
        preceding(invoice),
        group("cac:AccountingSupplierParty", [party(&invoice.seller)]),
        group("cac:AccountingCustomerParty", [party(&invoice.buyer)]),
        delivery(invoice),
        payment(invoice),
    ];
    if note && invoice.totals.payable > 0 {
        let terms = "The amount is set against invoices, or paid back.";
        inner.push(group("cac:PaymentTerms", [text("cbc:Note", terms)]));
    }
    inner.extend(invoice.allowances.iter().map(|one| allowance(invoice, one)));
    inner.extend([taxes(invoice), totals(invoice)]);
    inner.extend(invoice.lines.iter().enumerate().map(|(place, one)| line(invoice, place, one)));
    let mut root_element = group(root, inner);
    for (name, space) in [
        ("xmlns", format!("{NAMESPACE}{root}-2")),
        ("xmlns:cac", format!("{NAMESPACE}CommonAggregateComponents-2")),
        ("xmlns:cbc", format!("{NAMESPACE}CommonBasicComponents-2")),
    ] {
        root_element = with(root_element, name, &space);
    }
    root_element.map_or(Ok(Vec::new()), |root| root.document())
}

fn amount(invoice: &Invoice, name: &'static str, minor: i64) -> Node {
    // At most two decimal places; a currency with three has a zero there, or the rules have refused it.
    let exact = Money { minor, currency: invoice.currency }.decimal();
    let places = invoice.currency.places().min(2);
    with(text(name, exact.trunc_with_scale(places).to_string()), "currencyID", invoice.currency.code())
}

fn period(term: Option<Term>) -> Node {
    let term = term?;
    group(
        "cac:InvoicePeriod",
        [text("cbc:StartDate", term.start.to_string()), text("cbc:EndDate", term.end.to_string())],
    )
}

fn preceding(invoice: &Invoice) -> Node {
    let number = invoice.preceding.as_ref()?.as_ref();
    group("cac:BillingReference", [group("cac:InvoiceDocumentReference", [known("cbc:ID", number)])])
}

fn scheme(id: &'static str) -> Node {
    group("cac:TaxScheme", [text("cbc:ID", id)])
}

fn party(party: &Party) -> Node {
    let tax = |id: Option<&String>, kind| {
        id.and_then(|id| group("cac:PartyTaxScheme", [text("cbc:CompanyID", id), scheme(kind)]))
    };
    let address = group(
        "cac:PostalAddress",
        [
            known("cbc:StreetName", party.address.as_ref()),
            known("cbc:CityName", party.city.as_ref()),
            known("cbc:PostalZone", party.zip.as_ref()),
            known("cbc:CountrySubentity", party.state.as_ref()),
            group("cac:Country", [known("cbc:IdentificationCode", party.country.as_ref())]),
        ],
    );
    group(
        "cac:Party",
        [
            address,
            tax(party.vat_id.as_ref(), "VAT"),
            // Any word but VAT says that it is the number at the local office.
            tax(party.tax_number.as_ref(), "TAX"),
            group(
                "cac:PartyLegalEntity",
                [
                    known("cbc:RegistrationName", party.name.as_ref()),
                    known("cbc:CompanyID", party.registration.as_ref()),
                ],
            ),
            group(
                "cac:Contact",
                [
                    known("cbc:Name", party.contact.as_ref()),
                    known("cbc:Telephone", party.phone.as_ref()),
                    known("cbc:ElectronicMail", party.email.as_ref()),
                ],
            ),
        ],
    )
}

/// Where goods went (BT-80): within the Union the rules want it, and the ledger knows one address of a customer.
fn delivery(invoice: &Invoice) -> Node {
    let within = |row: &Breakdown| row.vat.category == Some(VatCategory::IntraCommunity);
    let country = invoice.buyer.country.as_ref().filter(|_| invoice.breakdown.iter().any(within));
    let country = group("cac:Country", [known("cbc:IdentificationCode", country)]);
    group("cac:Delivery", [group("cac:DeliveryLocation", [group("cac:Address", [country])])])
}

fn payment(invoice: &Invoice) -> Node {
    let (iban, bic) = invoice.account.as_ref().filter(|_| !invoice.is_credit_note)?;
    group(
        "cac:PaymentMeans",
        [
            text("cbc:PaymentMeansCode", TRANSFER),
            known("cbc:PaymentID", invoice.number.as_ref()),
            group(
                "cac:PayeeFinancialAccount",
                [
                    text("cbc:ID", iban),
                    known("cbc:Name", invoice.seller.name.as_ref()),
                    group("cac:FinancialInstitutionBranch", [known("cbc:ID", bic.as_ref())]),
                ],
            ),
        ],
    )
}

fn off(invoice: &Invoice, reason: &str, minor: i64, category: Node) -> Node {
    group(
        "cac:AllowanceCharge",
        [
            text("cbc:ChargeIndicator", "false"),
            text("cbc:AllowanceChargeReason", reason),
            amount(invoice, "cbc:Amount", minor),
            category,
        ],
    )
}

fn allowance(invoice: &Invoice, one: &Allowance) -> Node {
    off(invoice, &one.reason, one.amount, category("cac:TaxCategory", &one.vat, false))
}

/// Why nothing is charged, as a code (the VATEX list) where the category says it all.
fn exemption(vat: &Vat) -> [Node; 2] {
    let code = match vat.category {
        Some(VatCategory::ReverseCharge) => Some("VATEX-EU-AE"),
        Some(VatCategory::IntraCommunity) => Some("VATEX-EU-IC"),
        Some(VatCategory::Export) => Some("VATEX-EU-G"),
        Some(VatCategory::OutOfScope) => Some("VATEX-EU-O"),
        // These charge something, say 0 % by themselves, or have a reason of their own.
        Some(VatCategory::Standard | VatCategory::Zero | VatCategory::Exempt) | None => None,
    };
    let reason = vat.reason.as_ref().filter(|_| code.is_some() || vat.category == Some(VatCategory::Exempt));
    [code.and_then(|code| text("cbc:TaxExemptionReasonCode", code)), known("cbc:TaxExemptionReason", reason)]
}

fn category(name: &'static str, vat: &Vat, in_full: bool) -> Node {
    let id = vat.category.map_or("S", VatCategory::code);
    let percent = (vat.category != Some(VatCategory::OutOfScope)).then(|| vat.percent.to_string());
    let [code, reason] = if in_full { exemption(vat) } else { [None, None] };
    group(name, [text("cbc:ID", id), known("cbc:Percent", percent.as_ref()), code, reason, scheme("VAT")])
}

fn taxes(invoice: &Invoice) -> Node {
    let row = |row: &Breakdown| {
        group(
            "cac:TaxSubtotal",
            [
                amount(invoice, "cbc:TaxableAmount", row.taxable),
                amount(invoice, "cbc:TaxAmount", row.tax),
                category("cac:TaxCategory", &row.vat, true),
            ],
        )
    };
    let whole = amount(invoice, "cbc:TaxAmount", invoice.totals.tax);
    group("cac:TaxTotal", [whole].into_iter().chain(invoice.breakdown.iter().map(row)))
}

fn totals(invoice: &Invoice) -> Node {
    let totals = &invoice.totals;
    let some = |name, minor| if minor == 0 { None } else { amount(invoice, name, minor) };
    group(
        "cac:LegalMonetaryTotal",
        [
            amount(invoice, "cbc:LineExtensionAmount", totals.lines),
            amount(invoice, "cbc:TaxExclusiveAmount", totals.net),
            amount(invoice, "cbc:TaxInclusiveAmount", totals.gross),
            some("cbc:AllowanceTotalAmount", totals.allowances),
            some("cbc:PrepaidAmount", totals.paid),
            some("cbc:PayableRoundingAmount", totals.rounding),
            amount(invoice, "cbc:PayableAmount", totals.payable),
        ],
    )
}

fn line(invoice: &Invoice, place: usize, line: &Line) -> Node {
    let note = invoice.is_credit_note;
    let name = if note { "cac:CreditNoteLine" } else { "cac:InvoiceLine" };
    let quantity = if note { "cbc:CreditedQuantity" } else { "cbc:InvoicedQuantity" };
    let price = with(text("cbc:PriceAmount", line.price.to_string()), "currencyID", invoice.currency.code());
    let base = with(text("cbc:BaseQuantity", line.base_quantity.to_string()), "unitCode", UNIT);
    group(
        name,
        [
            text("cbc:ID", (place + 1).to_string()),
            with(text(quantity, line.quantity.to_string()), "unitCode", UNIT),
            amount(invoice, "cbc:LineExtensionAmount", line.net),
            period(line.period),
            if line.allowance == 0 { None } else { off(invoice, "Discount", line.allowance, None) },
            group("cac:Item", [text("cbc:Name", &line.name), category("cac:ClassifiedTaxCategory", &line.vat, false)]),
            group("cac:Price", [price, base]),
        ],
    )
}
