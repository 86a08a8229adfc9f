//! Documents and quotes to be printed, or to be sent as electronic invoices: what they say, with who sells and who buys.
//!
//! Nothing is worked out here. What is printed of a document are the figures that it stores, as the API shows them.

use crate::domain::books::seller::Seller;
use crate::domain::books::{Books, TaxRate};
use crate::domain::customers::Customer;
use crate::domain::documents::list::{Found, INVOICES, find as find_document};
use crate::domain::documents::{Document, Kind, Stage};
use crate::domain::quotes::list::Shown as ShownQuote;
use crate::domain::quotes::{Quote, Stage as QuoteStage};
use crate::domain::records::find;
use crate::domain::tenants::TenantRecord;
use crate::machinery::keys::{self, CUSTOMER, Entity};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::record;
use crate::words::error::{Error, Result};

/// An invoice to be printed.
pub static INVOICE: Op<u64, Printed> =
    Op::read("invoices.print", "invoice", Scope::Reseller, |cx, id| Box::pin(print(cx, *id, keys::INVOICE, &INVOICES)));
/// A transaction of one of some kinds to be printed.
pub static TRANSACTION: Op<(u64, &'static [Kind]), Printed> =
    Op::read("transactions.print", "transaction", Scope::Reseller, |cx, (id, kinds)| {
        Box::pin(print(cx, *id, keys::TRANSACTION, kinds))
    });
/// A quote to be printed.
pub static QUOTE: Op<u64, Printed> =
    Op::read("quotes.print", "quote", Scope::Reseller, |cx, id| Box::pin(quote(cx, *id)));
/// An invoice to be sent as an electronic one.
pub static SEND_INVOICE: Op<u64, Sent> =
    Op::read("invoices.send", "invoice", Scope::Reseller, |cx, id| Box::pin(send(cx, *id, keys::INVOICE, &INVOICES)));
/// A credit note to be sent as an electronic one.
pub static SEND_CREDIT_NOTE: Op<u64, Sent> = Op::read("transactions.send", "transaction", Scope::Reseller, |cx, id| {
    Box::pin(send(cx, *id, keys::TRANSACTION, &[Kind::CreditNote]))
});

/// What is printed.
#[derive(Debug, Clone, PartialEq)]
pub enum Of {
    /// A document of the ledger.
    Document(Box<Document>),
    /// A quote, and where it stands today.
    Quote(Box<Quote>, QuoteStage),
}

/// What is printed, with what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// What is printed.
    pub of: Of,
    /// Between whom it is.
    pub parties: Parties,
}

/// A document that is sent as an electronic one.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The document: a draft, or issued.
    pub document: Document,
    /// Between whom it is.
    pub parties: Parties,
}

/// Who sells and who buys, and what the taxes between them are.
#[derive(Debug, Clone, PartialEq)]
pub struct Parties {
    /// Whose it is; absent where it is nobody's, or where the customer was deleted.
    pub customer: Option<Customer>,
    /// Who the seller is; of a reseller that is not the tenant's first, nothing is known.
    pub seller: Seller,
    /// The name of the reseller whose books it is in.
    pub reseller_name: String,
    /// The tenant's tax rates, deleted ones too: its taxes refer to them.
    pub rates: Vec<TaxRate>,
}

impl Parties {
    fn of(reseller: u64, customer: Option<Customer>, tenant: &TenantRecord, books: Books) -> Self {
        let own = tenant.first_reseller() == reseller;
        Self {
            customer,
            seller: if own { books.settings.seller } else { Seller::default() },
            reseller_name: tenant.reseller(reseller).map(|reseller| reseller.name.clone()).unwrap_or_default(),
            rates: books.tax_rates,
        }
    }
}

async fn sent(cx: &Context, id: u64, entity: Entity, kinds: &[Kind]) -> Result<Sent> {
    let Found { document, customer, tenant, books } = find_document(cx, id, entity, kinds).await?;
    let parties = Parties::of(document.reseller, customer, &tenant, books);
    Ok(Sent { document, parties })
}

async fn print(cx: &Context, id: u64, entity: Entity, kinds: &[Kind]) -> Result<Done<Printed>> {
    let Sent { document, parties } = sent(cx, id, entity, kinds).await?;
    Ok(Done::read(Printed { of: Of::Document(Box::new(document)), parties }))
}

async fn quote(cx: &Context, id: u64) -> Result<Done<Printed>> {
    let (tenant, quote) = find::<Quote>(cx, id).await?;
    let wanted = [keys::books(cx.tenant()), keys::row(cx.tenant(), CUSTOMER, quote.customer)];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let books = Books::of_item(items.next().flatten())?;
    let customer = items.next().flatten().map(record).transpose()?;
    let ShownQuote { quote, stage } = ShownQuote::of(quote, tenant.today(cx).date);
    let parties = Parties::of(quote.reseller, customer, &tenant, books);
    Ok(Done::read(Printed { of: Of::Quote(Box::new(quote), stage), parties }))
}

/// Refuses what was taken back: who gets it would pay it, or keep it in their books.
async fn send(cx: &Context, id: u64, entity: Entity, kinds: &[Kind]) -> Result<Done<Sent>> {
    let sent = sent(cx, id, entity, kinds).await?;
    if !matches!(sent.document.stage, Stage::Draft | Stage::Issued) {
        let text = format!("The {} was taken back and cannot be sent", sent.document.kind.words());
        return Err(Error::refused("taken_back", text));
    }
    Ok(Done::read(sent))
}
