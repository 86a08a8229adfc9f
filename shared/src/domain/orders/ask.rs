//! What an order asks for: its prices, and the invoice that asks for its money.

use crate::domain::catalog::Price;
use crate::domain::catalog::variants::{Choice, Variant};
use crate::domain::customers::Customer;
use crate::domain::documents::accrual::Term;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Kind, Status as Paid};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::lines::NewTaxes;
use crate::domain::documents::new::New as NewDocument;
use crate::domain::documents::sums::Rounding;
use crate::domain::orders::choose::{self, Chosen, ChosenPackage, New};
use crate::domain::orders::discount;
use crate::domain::orders::pricing::{self, ChosenOption, Domain, Package, PricedDomain, PricedPackage};
use crate::domain::sales::order::{Stage, number};
use crate::domain::settlement::charge::taxes;
use crate::domain::tenants::{CurrencyRef, TenantCurrency};
use crate::words::error::Result;
use crate::words::money::Currency;
use crate::words::time::{Date, Day, Duration};

/// Everything with its price.
pub(crate) struct Priced {
    /// Services.
    pub(crate) packages: Vec<(Package, PricedPackage)>,
    /// Domains.
    pub(crate) domains: Vec<(Domain, PricedDomain)>,
}

/// What was chosen, with its prices on a day.
pub(crate) fn priced(
    new: &New,
    chosen: &Chosen,
    customer: Option<&Customer>,
    currency: Currency,
    today: Date,
) -> Result<Priced> {
    let code = currency.code();
    let coupon = chosen.coupon.as_ref();
    let mut packages = Vec::with_capacity(chosen.packages.len());
    for one in &chosen.packages {
        let mut of = package(one, code, new.strict, coupon.map_or(&[][..], |coupon| &coupon.products));
        // The original's orders know no tax but the package's own (contract billmora §10.3).
        if new.strict {
            of.taxes = taxes(&one.product, customer);
        }
        let priced = pricing::package(&of, coupon, currency, today).ok_or_else(out_of_range)?;
        packages.push((of, priced));
    }
    let mut domains = Vec::with_capacity(chosen.domains.len());
    for (item, tld, fees) in &chosen.domains {
        let of = Domain {
            domain: item.domain.trim().to_lowercase(),
            transfer: item.transfer,
            years: item.years,
            fee: if item.transfer { fees.transfer } else { fees.register },
            discounted: coupon.is_some_and(|coupon| choose::is_for(&coupon.tlds, tld.stamps.id)),
        };
        let priced = pricing::domain(&of, coupon, today);
        domains.push((of, priced));
    }
    discount::round(&mut packages, &mut domains, currency).ok_or_else(out_of_range)?;
    for (_, priced) in packages.iter_mut().filter(|(of, _)| is_taxed(of)) {
        priced.take_off(currency);
    }
    Ok(Priced { packages, domains })
}

/// Whether taxes come on top of a package: then a discount is taken off its lines, and its share of the tax with it.
/// Of what is not taxed it is a line of its own (contract billmora §10.3).
fn is_taxed(of: &Package) -> bool {
    of.taxes != NewTaxes::None
}

fn package(one: &ChosenPackage, code: &str, strict: bool, listed: &[u64]) -> Package {
    let product = &one.product;
    let (price, setup_fee) = one.price.sold(code).unwrap_or_default();
    let option = |(variant, choice, price): &(Variant, Choice, Price)| {
        let (price, setup_fee) = price.sold(code).unwrap_or_default();
        ChosenOption { label: format!("{}: {}", variant.name, choice.name), price, setup_fee }
    };
    let name = product.name.clone();
    Package {
        title: one.catalog.as_ref().map_or_else(|| name.clone(), |catalog| format!("{catalog} - {name}")),
        name,
        quantity: one.item.quantity,
        cycle: one.price.cycle,
        price,
        setup_fee,
        options: one.options.iter().map(option).collect(),
        taxes: NewTaxes::percent(product.tax),
        product: product.stamps.id,
        // The original's coupons are for every package, whatever they list (contract billmora §9.4).
        discounted: !strict || choose::is_for(listed, product.stamps.id),
        prorata_day: product.prorata_day,
        prorata_next_month_day: product.prorata_next_month_day,
    }
}

/// The invoice that asks for an order's money.
pub(crate) fn invoice(
    new: &New,
    chosen: &Chosen,
    priced: &Priced,
    desk: &Desk<'_>,
    currency: &TenantCurrency,
    id: u64,
) -> NewDocument {
    let mut invoice = NewDocument::of(Kind::Invoice);
    invoice.customer = Some(new.customer);
    invoice.currency = Some(CurrencyRef::Id(currency.id));
    let today = desk.today();
    let days = Duration::days(i64::from(desk.books.settings.invoice_days));
    let (at, date) = (desk.now().checked_add_signed(days), today.date.checked_add_signed(days));
    invoice.due = at.zip(date).map(|(at, date)| Day { at, date });
    let packages = priced.packages.iter().flat_map(|(_, priced)| priced.lines.clone());
    let domains = priced.domains.iter().map(|(_, priced)| priced.line.clone());
    invoice.lines = packages.chain(domains).collect();
    if let Some(coupon) = &chosen.coupon {
        let untaxed = priced.packages.iter().filter(|(of, _)| !is_taxed(of));
        let of_packages = untaxed.flat_map(|(_, priced)| priced.taken(currency.iso));
        let of_domains = priced.domains.iter().map(|(_, priced)| {
            let term = priced.line.start.zip(priced.line.end).map(|(start, end)| Term { start, end });
            (term, priced.off)
        });
        let taken: Vec<_> = of_packages.chain(of_domains).collect();
        invoice.lines.extend(discount::lines(&coupon.code, &taken, currency.iso));
    }
    // The figures of the order are those of its lines, and add up.
    invoice.rounding = Rounding::Lines;
    invoice.status = match new.stage {
        Stage::Completed => Some(Paid::Paid),
        Stage::Cancelled => Some(Paid::Cancelled),
        Stage::Pending | Stage::Processing | Stage::Failed => None,
    };
    invoice.order = Some((id, number(id)));
    invoice
}
