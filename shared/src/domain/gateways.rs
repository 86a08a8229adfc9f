//! Payment gateways: who else takes customers' money, and tells of it (contract billmora §9.12, §10.6).
//!
//! A gateway has a secret, with which it signs what it tells; it is shown once and stored nowhere. What a gateway
//! tells of a payment becomes a receipt for the invoice it names, in the gateway's account, once.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::books::Books;
use crate::domain::documents::desk::{Desk, Held};
use crate::domain::documents::entity::{Document, Kind, Status};
use crate::domain::documents::list::invoice_given;
use crate::domain::documents::pay::Against;
use crate::domain::documents::write::{New as NewDocument, compose};
use crate::domain::records::{
    BEARERS, Drawer, IndexRow, List, Record, Stamps, find, find_all, put, remove, search, stamped,
};
use crate::domain::settlement::settle;
use crate::domain::tenants::{CurrencyRef, named_or_site, own};
use crate::machinery::caller::Caller;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Entity, GATEWAY};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::secrets::{Secret, hex, mac, same};
use crate::machinery::store::number;
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::page::Page;
use crate::words::time::Zone;

const ENTITY: &str = "gateway";

/// List gateways.
pub static SEARCH: Op<List, Page<Gateway>> = Op::read("gateways.search", ENTITY, Scope::Tenant, |cx, list| {
    Box::pin(async move { Ok(Done::read(search(cx, list).await?.1)) })
});
/// Read a gateway.
pub static GET: Op<u64, Gateway> = Op::read("gateways.get", ENTITY, Scope::Tenant, |cx, id| {
    Box::pin(async move { Ok(Done::read(find(cx, *id).await?.1)) })
});
/// Make a gateway; its secret is in the answer and nowhere else.
pub static CREATE: Op<Change, (Gateway, String)> =
    Op::write("gateways.create", ENTITY, Scope::Tenant, |cx, new| Box::pin(create(cx, new)));
/// Change a gateway.
pub static UPDATE: Op<(u64, Change), Gateway> =
    Op::write("gateways.update", ENTITY, Scope::Tenant, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Make its secret anew; the old one is worth nothing from the next request on.
pub static ROTATE: Op<u64, (Gateway, String)> =
    Op::write("gateways.rotate", ENTITY, Scope::Tenant, |cx, id| Box::pin(rotate(cx, *id)));
/// Delete a gateway; the number deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("gateways.delete", ENTITY, Scope::Tenant, |cx, id| Box::pin(delete(cx, *id)));
/// What a gateway tells; needs no credential but the signature.
pub static TOLD: Op<Notice, Outcome> =
    Op::write("gateways.told", "plugin", Scope::Open, |cx, notice| Box::pin(told(cx, notice)));

/// A payment gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Its name, as receipts tell it.
    pub name: String,
    /// The account its money comes to.
    pub account: u64,
    /// Whether it is listened to.
    pub active: bool,
    /// What its secret is derived from.
    pub nonce: String,
}

impl Record for Gateway {
    const ENTITY: Entity = GATEWAY;
    const NAME: &'static str = ENTITY;
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.name.clone(),
            status: if self.active { "active" } else { "inactive" }.into(),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

impl Gateway {
    fn secret(&self, secret: &Secret) -> String {
        secret.signing_key(&format!("gateway:{}", self.nonce))
    }
}

/// What to make, or to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name; needed to make one.
    pub name: Option<String>,
    /// The account; needed to make one.
    pub account: Option<u64>,
    /// Whether it is listened to.
    pub active: Option<bool>,
}

/// What a gateway tells.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// The gateway.
    pub gateway: u64,
    /// Whose it is; the site's tenant when missing.
    pub tenant: Option<String>,
    /// The number of the invoice that was paid.
    pub invoice: String,
    /// Whether it was.
    pub status: String,
    /// How much, as it was written; all that is open when empty.
    pub amount: String,
    /// The gateway's own name for the payment.
    pub reference: String,
    /// When it tells so, Unix seconds, as it was written.
    pub timestamp: String,
    /// The signature.
    pub signature: String,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is no such gateway, or nobody listens to it.
    NoGateway,
    /// It is not signed by the gateway, or not of now.
    BadSignature,
    /// No invoice of the tenant's was ever given the number that it names.
    NoInvoice,
    /// Nothing was paid.
    NotPaid,
    /// The money is in the books.
    Paid,
}

/// How far a gateway's clock may be off, in seconds.
const TOLERANCE: i64 = 300;

impl Notice {
    /// The text that is signed: five lines.
    pub fn text(&self) -> String {
        [&self.invoice, &self.status, &self.amount, &self.reference, &self.timestamp].map(String::as_str).join("\n")
    }

    /// Whether it is signed with this secret, and of now.
    fn is_signed(&self, secret: &str, now: i64) -> bool {
        let wanted = hex(&mac(secret.as_bytes(), self.text().as_bytes()));
        let near = self.timestamp.parse::<i64>().is_ok_and(|at| at.abs_diff(now) <= TOLERANCE.unsigned_abs());
        same(wanted.as_bytes(), self.signature.to_ascii_lowercase().as_bytes()) && near
    }
}

async fn account_is_there(cx: &Context, id: u64) -> Result<()> {
    match Books::own(cx).await?.account(id) {
        Some(_) => Ok(()),
        None => Err(Violation::missing("account", "accounts", id).into()),
    }
}

async fn create(cx: &Context, new: &Change) -> Result<Done<(Gateway, String)>> {
    let account = new.account.unwrap_or_default();
    account_is_there(cx, account).await?;
    let mut ids = Drawer::open(cx, &[GATEWAY]).await?;
    let one = Gateway {
        stamps: Stamps::new(ids.next(GATEWAY), cx.now),
        name: new.name.clone().unwrap_or_default(),
        account,
        active: new.active.unwrap_or(true),
        nonce: cx.outside.fresh_id(),
    };
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    let one = put(cx, &mut changes, None, one, "gateway.created")?;
    let secret = one.secret(&cx.secret);
    Ok(Done::changed((one, secret), changes))
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<Gateway>> {
    let (_, before) = find::<Gateway>(cx, id).await?;
    if let Some(account) = change.account {
        account_is_there(cx, account).await?;
    }
    let after = Gateway {
        name: change.name.clone().unwrap_or_else(|| before.name.clone()),
        account: change.account.unwrap_or(before.account),
        active: change.active.unwrap_or(before.active),
        ..before.clone()
    };
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "gateway.updated")?;
    Ok(Done::changed(after, changes))
}

async fn rotate(cx: &Context, id: u64) -> Result<Done<(Gateway, String)>> {
    let (_, before) = find::<Gateway>(cx, id).await?;
    let after = Gateway { nonce: cx.outside.fresh_id(), ..before.clone() };
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "gateway.rotated")?;
    let secret = after.secret(&cx.secret);
    Ok(Done::changed((after, secret), changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, one) = find::<Gateway>(cx, id).await?;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &one, "gateway.deleted")?;
    Ok(Done::changed(1, changes))
}

async fn told(cx: &Context, notice: &Notice) -> Result<Done<Outcome>> {
    let id = notice.gateway;
    let missing = || Error::not_found("plugin", id);
    let tenant = named_or_site(cx, notice.tenant.as_deref()).await?.ok_or_else(missing)?;
    let cx = &cx.on_behalf_of(Caller::operator(tenant, &format!("gateway-{id}"), Zone::UTC)).await?;
    let gateway = find_all::<Gateway>(cx, &[id]).await?.pop().flatten().ok_or_else(missing)?;
    let answer = |outcome| Ok(Done::read(outcome));
    if !gateway.active {
        return answer(Outcome::NoGateway);
    }
    if !notice.is_signed(&gateway.secret(&cx.secret), cx.wall.timestamp()) {
        return answer(Outcome::BadSignature);
    }
    let Some(invoice) = invoice_given(cx, &notice.invoice).await? else {
        return answer(Outcome::NoInvoice);
    };
    if notice.status != "success" {
        return answer(Outcome::NotPaid);
    }
    // A payment is named by the invoice and the gateway's reference: told twice it is booked once. Without a reference what
    // is paid already is taken for told twice (contract §10.6), and so is the second for an invoice that was taken back.
    let open = invoice.due_amount() > 0;
    let named = !notice.reference.is_empty();
    let claim = keys::gateway_payment(cx.tenant(), id, invoice.id, &notice.reference);
    let known = match invoice.status() {
        _ if !named && open => false,
        Status::Paid | Status::Refunded if !named => true,
        _ => {
            let item = cx.store.get_items(std::slice::from_ref(&claim)).await?.pop().flatten();
            item.is_some_and(|item| number(&item, BEARERS) > 0)
        }
    };
    if known {
        return answer(Outcome::Paid);
    }
    let zone = own(cx).await?.timezone;
    let cx = &Context { zone, ..cx.clone() };
    let mut changes = receipt(cx, notice, &gateway, invoice).await?;
    let one = BTreeMap::from([(BEARERS, 1)]);
    if named || !open {
        changes.insert(claim, &one)?;
    } else {
        // A further part of what is open, of which the gateway says no more than of the last.
        changes.write(claim, &one)?;
    }
    changes.on_behalf = Some(cx.tenant().clone());
    Ok(Done::changed(Outcome::Paid, changes))
}

/// The money that a gateway took, as a receipt: set against the invoice as far as that asks for money, and the rest on
/// account, since it is here. So is all of it where the invoice is paid, cancelled, void or deleted by now, and where its
/// customer was deleted meanwhile. Money in a currency that the gateway's account does not have is on no account known.
async fn receipt(cx: &Context, notice: &Notice, gateway: &Gateway, invoice: Document) -> Result<Changes> {
    let open = invoice.due_amount();
    let mut new = NewDocument::of(Kind::Receipt);
    new.customer = invoice.customer;
    new.currency = Some(CurrencyRef::Id(invoice.currency));
    new.amount = Some(match notice.amount.as_str() {
        "" => invoice.money(if open > 0 { open } else { invoice.sums.total }).decimal(),
        text => crate::words::money::parse_decimal(text)
            .filter(|amount| *amount > Decimal::ZERO)
            .ok_or_else(|| Error::field("amount", Rule::NotPositive))?,
    });
    new.description = format!("Payment of Invoice {} via {}", notice.invoice, gateway.name);
    new.method = Some(gateway.name.clone());
    new.reference = Some(notice.reference.clone()).filter(|reference| !reference.is_empty());
    if open > 0 {
        new.against = vec![Against::whole(Kind::Invoice, invoice.id)];
    }
    new.reseller = Some(invoice.reseller);
    let (mut desk, found) = Desk::open(cx, &[Kind::Receipt], invoice.customer, &[invoice.own_ref()]).await?;
    let own = desk.books.account(gateway.account).filter(|account| account.currency == invoice.currency);
    new.account = own.map(|account| account.meta.id);
    let mut held: Vec<Held> = found.into_iter().flatten().filter(|_| open > 0).map(Held::read).collect();
    compose(cx, &mut desk, &new, &mut held).await?;
    settle(desk).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_its_gateways_and_of_now() {
        let mut notice = Notice {
            invoice: "INV-1".into(),
            status: "success".into(),
            amount: "5.00".into(),
            timestamp: "1000".into(),
            ..Notice::default()
        };
        notice.signature = hex(&mac(b"secret", notice.text().as_bytes()));
        assert!(notice.is_signed("secret", 1000) && notice.is_signed("secret", 1300));
        assert!(!notice.is_signed("secret", 1301) && !notice.is_signed("other", 1000));
        assert!(!Notice { amount: "50.00".into(), ..notice }.is_signed("secret", 1000));
    }
}
