//! Importing what documents rest on: currencies, exchange rates, tax rates, accounts, categories, products.

use std::collections::BTreeMap;

use shared::domain::books::accounts::{CREATE_ACCOUNT, NewAccount};
use shared::domain::books::entries::{self, CREATE_CATEGORY, CREATE_TAX_RATE};
use shared::domain::books::{Books, Direction};
use shared::domain::catalog::products::{self, Plain};
use shared::domain::tenants::CurrencyRef;
use shared::domain::{currencies, rates};
use shared::machinery::keys;
use shared::machinery::store::record;
use shared::words::patch::Patch;

use super::extract::Extract;
use super::importer::{Importer, Source, own};
use super::say;

impl Importer<'_> {
    pub(super) async fn currencies(&mut self, extract: &Extract) -> Result<(), String> {
        let mut wanted: BTreeMap<&str, &str> = extract.documents.iter().map(|one| (one.currency.code(), "")).collect();
        wanted.extend(extract.currencies.iter().map(|(currency, name)| (currency.code(), name.as_str())));
        for (code, name) in wanted {
            self.report.count("currency").read += 1;
            if self.tenant.currency_by_code(code).is_some() {
                self.report.count("currency").known += 1;
                continue;
            }
            let name = Some(name.to_owned()).filter(|name| !name.is_empty());
            let change = currencies::Change { code: Some(code.to_owned()), name, ..currencies::Change::default() };
            let source = Source { kind: "currency", noted: "currency", id: code };
            self.once(source, &currencies::CREATE, &change, |made| made.id).await?;
        }
        self.tenant = own(self.app, &self.operator.tenant).await?;
        Ok(())
    }

    /// A rate makes its reverse too, and both are listed: of a pair the one that was made counts.
    pub(super) async fn rates(&mut self, extract: &Extract) -> Result<(), String> {
        let mut rates: Vec<_> = extract.rates.iter().collect();
        rates.sort_by_key(|rate| rate.id);
        let mut made: Vec<(&str, &str, _)> = Vec::new();
        for rate in rates {
            self.report.count("rate").read += 1;
            let (from, to) = (rate.from.code(), rate.to.code());
            let id = rate.id.to_string();
            if let Some(place) = made.iter().position(|one| *one == (to, from, rate.at)) {
                made.swap_remove(place);
                self.report.skip("rate", &id, "the reverse of another rate, which makes it");
                continue;
            }
            made.push((from, to, rate.at));
            let code = |code: &str| CurrencyRef::Code(code.to_owned());
            let asked = rates::Asked { from: code(from), to: code(to), at: Some(rate.at) };
            let new = rates::New { asked, rate: rate.rate };
            self.once(Source { kind: "rate", noted: "rate", id: &id }, &rates::CREATE, &new, |made| made.rate.id)
                .await?;
        }
        Ok(())
    }

    /// Tax rates, accounts and categories: one of the same name is taken for the same.
    pub(super) async fn books(&mut self, extract: &Extract) -> Result<(), String> {
        let item = self.app.store.get_items(&[keys::books(&self.operator.tenant)]).await.map_err(|e| say(&e))?;
        let books: Books =
            item.into_iter().flatten().next().map(record).transpose().map_err(|e| say(&e))?.unwrap_or_default();
        let same = |name: &str, other: &str| name.trim().to_lowercase() == other.to_lowercase();
        for (id, name, percent) in &extract.tax_rates {
            let ours = books.tax_rates.iter().find(|one| !one.meta.deleted && same(name, &one.meta.name));
            if !self.is_there("tax_rate", &id.to_string(), ours.map(|one| one.meta.id)) {
                let (name, percent) = (Some(name.clone()), Some(*percent));
                let change = entries::Change { name, percent, ..entries::Change::default() };
                let id = id.to_string();
                let source = Source { kind: "tax_rate", noted: "tax_rate", id: &id };
                self.once(source, &CREATE_TAX_RATE, &change, |made| made.meta.id).await?;
            }
        }
        for one in &extract.accounts {
            let id = one.id.to_string();
            let ours = books
                .accounts
                .iter()
                .find(|own| !own.meta.deleted && own.iso == one.currency && same(&one.name, &own.meta.name));
            if !self.is_there("account", &id, ours.map(|one| one.meta.id)) {
                let currency = Some(CurrencyRef::Code(one.currency.code().to_owned()));
                let new = NewAccount { name: one.name.clone(), currency, opening: one.opening };
                let source = Source { kind: "account", noted: "account", id: &id };
                self.once(source, &CREATE_ACCOUNT, &new, |made| made.account.meta.id).await?;
            }
        }
        for (id, name, income) in &extract.categories {
            let direction = if *income { Direction::Income } else { Direction::Expense };
            let ours = books
                .categories
                .iter()
                .find(|own| !own.meta.deleted && own.direction == direction && same(name, &own.meta.name));
            if !self.is_there("category", &id.to_string(), ours.map(|one| one.meta.id)) {
                let (name, direction) = (Some(name.clone()), Some(direction));
                let change = entries::Change { name, direction, ..entries::Change::default() };
                let id = id.to_string();
                let source = Source { kind: "category", noted: "category", id: &id };
                self.once(source, &CREATE_CATEGORY, &change, |made| made.meta.id).await?;
            }
        }
        Ok(())
    }

    /// Whether one of our own stands for a record that no run has made; it is read in any case.
    fn is_there(&mut self, kind: &'static str, id: &str, ours: Option<u64>) -> bool {
        self.report.count(kind).read += 1;
        let Some(ours) = ours.filter(|_| self.ours(kind, id).is_none()) else { return false };
        self.note(kind, id, ours);
        self.report.count(kind).known += 1;
        true
    }

    pub(super) async fn products(&mut self, extract: &Extract) -> Result<(), String> {
        for product in &extract.products {
            self.report.count("product").read += 1;
            let plain = product.price.map(|(price, currency)| Plain {
                price: Some(price),
                currency: Some(CurrencyRef::Code(currency.code().to_owned())),
                ..Plain::default()
            });
            let change = products::Change {
                name: Some(product.name.clone()),
                description: Some(product.description.clone()),
                is_service: Some(product.is_service),
                sku: Patch::from(product.sku.clone()),
                tax: Some(product.tax),
                plain,
                ..products::Change::default()
            };
            let id = product.id.to_string();
            let source = Source { kind: "product", noted: "product", id: &id };
            self.once(source, &products::CREATE, &change, |made| made.stamps.id).await?;
        }
        Ok(())
    }
}
