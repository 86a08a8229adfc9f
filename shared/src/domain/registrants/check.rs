//! Whether a name is free (contract billmora §9.11), as far as the tenant's own records know.

use crate::domain::records::{BEARERS, IndexRow};
use crate::domain::sales::registrant::name_claim;
use crate::domain::tenants::named_or_site;
use crate::machinery::caller::Caller;
use crate::machinery::keys::{self, TLD};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::number_of;
use crate::words::error::{Error, Result};

/// Whether a name is free: needs no credential (contract billmora §9.11).
pub static CHECK: Op<Check, Availability> =
    Op::read("domains.check", "domain", Scope::Open, |cx, wanted| Box::pin(check(cx, wanted)));

/// Whether the tenant's own records show a name as free, and under which top-level domain it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The whole name, in lower case.
    pub domain: String,
    /// Whether nobody here has it.
    pub free: bool,
    /// Its top-level domain.
    pub tld: u64,
}

/// A name to look up.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// The name.
    pub domain: String,
    /// The tenant among whose top-level domains it is looked up; the site's when missing.
    pub tenant: Option<String>,
}

async fn check(cx: &Context, check: &Check) -> Result<Done<Availability>> {
    let domain = check.domain.trim().to_lowercase();
    let refused = |text: &str| Error::refused("domain_check", text);
    let tld = parts(&domain).ok_or_else(|| refused("Invalid domain name format."))?;
    let tenant = named_or_site(cx, check.tenant.as_deref()).await?;
    let tenant = tenant.ok_or_else(|| refused("TLD is not supported."))?;
    let cx = &cx.on_behalf_of(Caller { tenant, ..cx.caller.clone() }).await?;
    let rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), TLD)).await?;
    let found = rows.iter().find(|row| row.name == tld && row.status == "visible");
    let found = found.ok_or_else(|| refused("TLD is not supported."))?;
    let claim = name_claim(&domain);
    let item = cx.store.get_items(&[keys::claim(cx.tenant(), claim.what, &claim.value)]).await?.pop().flatten();
    let free = number_of(item.as_ref(), BEARERS) == 0;
    Ok(Done::read(Availability { tld: found.id, free, domain: domain.clone() }))
}

/// Everything from the first dot on, of a name that is one: a label of two characters at least (letters, digits,
/// inner hyphens), a dot, and one or two parts of letters (contract billmora §9.11).
fn parts(domain: &str) -> Option<&str> {
    let at = domain.find('.')?;
    let (label, tld) = domain.split_at_checked(at)?;
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let good = (2..=63).contains(&label.len())
        && label.bytes().all(letter)
        && !label.starts_with('-')
        && !label.ends_with('-');
    let rest: Vec<&str> = tld.trim_start_matches('.').split('.').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphabetic());
    (good && rest.len() <= 2 && rest.iter().all(letters)).then_some(tld)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, tld) in [
            ("noor.dev", Some(".dev")),
            ("a1.co.uk", Some(".co.uk")),
            ("my-shop.com", Some(".com")),
            ("a.com", None),
            ("-ab.com", None),
            ("ab-.com", None),
            ("ab", None),
            ("ab.", None),
            ("ab.c0m", None),
            ("a.b.c.d", None),
            ("ab.co.uk.x", None),
            ("ab c.com", None),
        ] {
            assert_eq!(parts(name), tld, "{name}");
        }
    }
}
