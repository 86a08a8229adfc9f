//! `verify`: whether the books agree with the documents.

use std::io::Write;

use shared::domain::reports::verify::verify as checked;
use shared::machinery::caller::Tenant;
use shared::machinery::keys;
use shared::machinery::store::Store;

use crate::print;

/// Check the books of some tenants. Differences make it fail, so that a script hears of them.
pub(crate) async fn verify(store: &Store, tenants: Vec<String>, json: bool) -> Result<(), String> {
    if tenants.is_empty() {
        return Err("name the tenants to check".into());
    }
    let mut reports = Vec::new();
    for tenant in tenants {
        let tenant = Tenant::named(&tenant).ok_or_else(|| format!("{tenant:?} is no tenant's id"))?;
        let there = store.get_items(&[keys::tenant(&tenant)]).await.map_err(|e| e.logged.unwrap_or_default())?;
        if there.first().is_none_or(Option::is_none) {
            return Err(format!("there is no tenant {}", tenant.id()));
        }
        let mut tell = |what: &str| {
            let _ = writeln!(std::io::stderr(), "{}: {what}", tenant.id());
        };
        let report = checked(store, &tenant, &mut tell).await;
        reports.push(report.map_err(|e| e.logged.unwrap_or_else(|| format!("{:?}", e.told)))?);
    }
    if json {
        print(&serde_json::to_string_pretty(&reports).unwrap_or_default())?;
    }
    for report in reports.iter().filter(|_| !json) {
        report.differences.iter().try_for_each(|one| print(&format!("{}: {one}", report.tenant)))?;
        let verdict = match report.count {
            0 => "the books agree with the documents".to_owned(),
            count => format!("{count} differences"),
        };
        let (documents, entries, balances) = (report.documents, report.entries, report.balances);
        print(&format!(
            "{}: {documents} documents, {entries} journal entries, {balances} balances, {} numbers: {verdict}",
            report.tenant, report.numbers
        ))?;
    }
    match reports.iter().map(|report| report.count).sum::<u64>() {
        0 => Ok(()),
        count => Err(format!("{count} differences")),
    }
}
