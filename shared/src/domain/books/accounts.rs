//! Accounts: list, read, create, rename, delete. What one holds is its sum on the ledger.

use rust_decimal::Decimal;

use crate::domain::books::entries::List;
use crate::domain::books::entry::{is_free, next_id};
use crate::domain::books::record::{BankAccount, Books, Meta};
use crate::domain::documents::ledger::{Ledger, Trial};
use crate::domain::documents::posting::Account;
use crate::domain::documents::sums::amount;
use crate::domain::tenants::CurrencyRef;
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::money::Money;
use crate::words::page::Page;

/// List accounts, with their balances.
pub static ACCOUNTS: Op<List, Page<Held>> =
    Op::read("accounts.search", "account", Scope::Tenant, |cx, list| Box::pin(accounts(cx, list)));
/// Read an account.
pub static ACCOUNT: Op<u64, Held> =
    Op::read("accounts.get", "account", Scope::Tenant, |cx, id| Box::pin(account(cx, *id)));
/// Make an account; what it holds already is posted against the opening account.
pub static CREATE_ACCOUNT: Op<NewAccount, Held> =
    Op::write("accounts.create", "account", Scope::Tenant, |cx, new| Box::pin(create_account(cx, new)));
/// Rename an account.
pub static UPDATE_ACCOUNT: Op<(u64, Option<String>), Held> =
    Op::write("accounts.update", "account", Scope::Tenant, |cx, input| Box::pin(update_account(cx, input)));
/// Delete an account that holds nothing.
pub static DELETE_ACCOUNT: Op<u64, u64> =
    Op::write("accounts.delete", "account", Scope::Tenant, |cx, id| Box::pin(delete_account(cx, *id)));

/// An account to make.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// The name.
    pub name: String,
    /// The currency; the base currency when missing.
    pub currency: Option<CurrencyRef>,
    /// What it holds already.
    pub opening: Decimal,
}

/// An account with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The account.
    pub account: BankAccount,
    /// Opening balance and all that came in, less all that went out.
    pub balance: Money,
}

/// The books and the trial balance, in one call.
async fn with_trial(cx: &Context) -> Result<(Books, Trial)> {
    let wanted = [keys::books(cx.tenant()), keys::trial(cx.tenant())];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    Ok((Books::of_item(items.next().flatten())?, Trial::of_item(items.next().flatten().as_ref())))
}

fn held(account: &BankAccount, trial: &Trial) -> Held {
    let minor = trial.sum(Account::Bank(account.meta.id), account.iso);
    Held { account: account.clone(), balance: Money { minor, currency: account.iso } }
}

async fn accounts(cx: &Context, list: &List) -> Result<Done<Page<Held>>> {
    let (books, trial) = with_trial(cx).await?;
    let rows = books.accounts.iter().filter(|account| !account.meta.deleted).map(|account| held(account, &trial));
    Ok(Done::read(Page::cut(rows.collect(), list.window)))
}

async fn account(cx: &Context, id: u64) -> Result<Done<Held>> {
    let (books, trial) = with_trial(cx).await?;
    books.account(id).map(|account| Done::read(held(account, &trial))).ok_or_else(|| Error::not_found("account", id))
}

async fn create_account(cx: &Context, new: &NewAccount) -> Result<Done<Held>> {
    let (tenant, mut books) = Books::with_tenant(cx).await?;
    let currency = match &new.currency {
        None => tenant.base()?,
        Some(given) => given.resolve(&tenant)?,
    };
    let opening = amount("opening_balance", new.opening, currency.iso)?;
    is_free(books.accounts.iter().map(|account| &account.meta), 0, &new.name)?;
    let meta = Meta::new(next_id(books.accounts.iter().map(|account| &account.meta))?, new.name.trim(), cx.now);
    let account = BankAccount { meta, currency: currency.id, iso: currency.iso, opening };
    books.accounts.push(account.clone());
    let mut changes = Changes::default();
    books.save(cx, &mut changes)?;
    let mut ledger = Ledger::new(cx, &tenant)?;
    ledger.post_opening(&account, currency, tenant.today(cx)).await?;
    ledger.into_changes(&mut changes)?;
    changes.tell("account.created", account.meta.id, 1);
    let balance = Money { minor: opening, currency: account.iso };
    Ok(Done::changed(Held { account, balance }, changes))
}

async fn update_account(cx: &Context, (id, name): &(u64, Option<String>)) -> Result<Done<Held>> {
    let (mut books, trial) = with_trial(cx).await?;
    let before = books.account(*id).cloned().ok_or_else(|| Error::not_found("account", id))?;
    let Some(name) = name.as_ref().map(|name| name.trim()).filter(|name| *name != before.meta.name) else {
        return Ok(Done::read(held(&before, &trial)));
    };
    is_free(books.accounts.iter().map(|account| &account.meta), *id, name)?;
    let mut after = before.clone();
    after.meta.name = name.to_owned();
    let changes = replaced(cx, &mut books, &mut after, "account.updated")?;
    Ok(Done::changed(held(&after, &trial), changes))
}

async fn delete_account(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (mut books, trial) = with_trial(cx).await?;
    let mut account = books.account(id).cloned().ok_or_else(|| Error::not_found("account", id))?;
    if held(&account, &trial).balance.minor != 0 {
        return Err(Error::refused("account_in_use", "The account holds money and cannot be deleted"));
    }
    account.meta.deleted = true;
    let changes = replaced(cx, &mut books, &mut account, "account.deleted")?;
    Ok(Done::changed(1, changes))
}

fn replaced(cx: &Context, books: &mut Books, account: &mut BankAccount, event: &'static str) -> Result<Changes> {
    account.meta.touch(cx.now);
    if let Some(place) = books.accounts.iter_mut().find(|other| other.meta.id == account.meta.id) {
        *place = account.clone();
    }
    let mut changes = Changes::default();
    std::mem::take(books).save(cx, &mut changes)?;
    changes.tell(event, account.meta.id, account.meta.version);
    Ok(changes)
}
