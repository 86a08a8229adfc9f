//! The check of what is kept beside the documents: the sums of accounts, customers' balances, and the figures that
//! reports read.

use std::collections::{BTreeMap, BTreeSet};

use super::posted::Sums;
use super::{Pages, Report};
use crate::domain::documents::ledger::{BASE, Balance, Trial};
use crate::domain::documents::posting::Account;
use crate::machinery::caller::Tenant;
use crate::machinery::keys;
use crate::machinery::store::{Range, Store, record, sums, text_of};
use crate::words::error::Result;

/// The sums of the accounts, and that debits are credits in every currency.
pub(super) async fn accounts(store: &Store, t: &Tenant, report: &mut Report, all: &Sums) -> Result<()> {
    let kept = Trial::of_item(store.get_items(&[keys::trial(t)]).await?.pop().flatten().as_ref()).0;
    let names: BTreeSet<&String> = kept.keys().chain(all.trial.0.keys()).collect();
    let mut by_currency: BTreeMap<&str, i64> = BTreeMap::new();
    for name in names {
        let (is, should) = (kept.get(name).copied().unwrap_or(0), all.trial.0.get(name).copied().unwrap_or(0));
        report.same(|| format!("account {name}"), is, should);
        *by_currency.entry(Trial::parts(name).1).or_insert(0) += is;
    }
    all.is_receivable(kept.get(&format!("{}|{BASE}", Account::Receivable)).copied().unwrap_or(0), report);
    for (currency, sum) in by_currency {
        report.same(|| format!("the sum of all accounts in {currency}"), sum, 0);
    }
    Ok(())
}

/// The customers' balances; whose there are.
pub(super) async fn balances(store: &Store, t: &Tenant, report: &mut Report, all: &Sums) -> Result<BTreeSet<u64>> {
    let mut kept: BTreeMap<(u64, String), i64> = BTreeMap::new();
    let (mut credit, mut brought) = (BTreeSet::new(), BTreeMap::new());
    let mut customers = BTreeSet::new();
    let mut pages = Pages::of(store, keys::balances(t));
    while let Some(items) = pages.next(report).await? {
        for item in items {
            let Some(customer) = text_of(&item, "SK").and_then(|id| id.parse().ok()) else { continue };
            report.balances += 1;
            customers.insert(customer);
            let balance: Balance = record(item)?;
            credit.extend(balance.credit_invoices.iter().map(|invoice| (customer, *invoice)));
            brought.extend(balance.brought.iter().map(|(code, sum)| ((customer, code.clone()), *sum)));
            kept.extend(balance.owed.into_iter().map(|(code, owed)| ((customer, code), owed)));
        }
    }
    all.cash.is_usable(&credit, report);
    all.cash.is_brought(&brought, report);
    let names: BTreeSet<&(u64, String)> = kept.keys().chain(all.owed.keys()).chain(all.open.keys()).collect();
    for name in names {
        let is = kept.get(name).copied().unwrap_or(0);
        let should = all.owed.get(name).copied().unwrap_or(0);
        report.same(|| format!("what customer {} owes in {}", name.0, name.1), is, should);
        let open = all.open.get(name).copied().unwrap_or(0);
        report.same(|| format!("what customer {} owes in {}, by what is open", name.0, name.1), is, open);
    }
    Ok(customers)
}

pub(super) async fn figures(store: &Store, t: &Tenant, report: &mut Report, all: &Sums) -> Result<()> {
    for reseller in &all.resellers {
        let mut kept: BTreeMap<(String, String), i64> = BTreeMap::new();
        for item in store.query(&Range::whole(keys::figures(t, *reseller))).await? {
            let record = text_of(&item, "SK").unwrap_or_default().to_owned();
            kept.extend(sums(Some(&item)).into_iter().map(|(attribute, sum)| ((record.clone(), attribute), sum)));
        }
        let own =
            all.figures.range((*reseller, String::new(), String::new())..(*reseller + 1, String::new(), String::new()));
        let should: BTreeMap<(String, String), i64> =
            own.map(|((_, record, attribute), sum)| ((record.clone(), attribute.clone()), *sum)).collect();
        let names: BTreeSet<&(String, String)> = kept.keys().chain(should.keys()).collect();
        for name in names {
            let (is, should) = (kept.get(name).copied().unwrap_or(0), should.get(name).copied().unwrap_or(0));
            report.same(|| format!("figure {} {} of reseller {reseller}", name.0, name.1), is, should);
        }
    }
    Ok(())
}
