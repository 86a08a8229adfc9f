//! Electronic invoices: UBL 2.1 that keeps to EN 16931, or a refusal that names the rules.
//!
//! A document becomes the standard's [`model`], the [`rules`] look at the model, and what they let pass is [written].
//!
//! [written]: write

mod codes;
mod model;
mod rules;
mod sums;
mod write;
mod xml;

use shared::domain::printing::Sent;
use shared::machinery::reply::Reply;
use shared::words::error::{Error, Result, Told};

/// What a document is sent as.
pub(crate) const MEDIA: &str = "application/xml";

/// An invoice or a credit note as an electronic one.
pub(crate) fn reply(sent: &Sent) -> Result<Reply> {
    let invoice = model::of(&sent.document, &sent.parties);
    let broken = rules::broken(&invoice);
    if !broken.is_empty() {
        return Err(Error::told(Told::Invalid(broken)));
    }
    let name = format!("{}.xml", invoice.number.as_deref().unwrap_or_default());
    let bytes = write::document(&invoice).map_err(|e| Error::internal(format!("UBL: {e}")))?;
    Ok(Reply::download(name, bytes))
}
