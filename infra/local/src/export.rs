//! `export`: a tenant as JSON Lines, or its books as CSV or beancount.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant as Clock};

use clap::{Args, ValueEnum};
use local::transfer::ledger::Ledger;
use local::transfer::{beancount, csv, export as whole};
use serde_json::json;
use shared::machinery::caller::Tenant;
use shared::machinery::store::Store;
use shared::words::time::Instant;

use crate::print;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo run -p local -- export > demo.jsonl                          everything of the demo tenant, to be restored
  cargo run -p local -- export acme --out acme.jsonl --json          a report for scripts
  cargo run -p local -- export acme --format csv --out books/        a file for each kind of row
  cargo run -p local -- export acme --format beancount --out acme.beancount && bean-check acme.beancount";

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// The tenant; the demo tenant when none is named and the store is embedded
    pub(crate) tenant: Option<String>,
    /// What to write
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// File to write, or folder for csv; standard output when missing
    #[arg(long, value_name = "FILE|DIR", required_if_eq("format", "csv"))]
    out: Option<PathBuf>,
    /// Write the hashes of passwords too (jsonl): whoever has the file can try passwords on them
    #[arg(long)]
    with_credentials: bool,
    /// The report as JSON on standard output
    #[arg(long, requires = "out")]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Every item, to be restored with `import`
    Jsonl,
    /// Customers, documents, lines, allocations and the journal as tables
    Csv,
    /// The journal for plain-text accounting
    Beancount,
}

/// Progress on standard error, twice a second at most.
pub(crate) fn progress(name: &str) -> impl FnMut(&str) + Send + use<> {
    let name = name.to_owned();
    let mut last: Option<Clock> = None;
    move |what: &str| {
        if last.is_none_or(|last| last.elapsed() > Duration::from_millis(500)) {
            last = Some(Clock::now());
            let _ = writeln!(std::io::stderr(), "{name}: {what}");
        }
    }
}

/// Write a tenant out.
pub(crate) async fn export(store: &Store, now: Instant, named: Option<&str>, args: &ExportArgs) -> Result<(), String> {
    let named = named.ok_or("name the tenant to export")?;
    let tenant = Tenant::named(named).ok_or_else(|| format!("{named:?} is no tenant's id"))?;
    let mut tell = progress(named);
    let rows: Vec<(&str, u64)> = match (args.format, &args.out) {
        (Format::Csv, None) => return Err("csv is a folder of files: name it with --out".into()),
        (Format::Csv, Some(folder)) => csv::export(store, &tenant, folder, &mut tell).await?,
        (Format::Jsonl, out) => {
            let mut out = target(out.as_ref())?;
            vec![("items", whole::export(store, &tenant, now, args.with_credentials, &mut out, &mut tell).await?)]
        }
        (Format::Beancount, out) => {
            let ledger = Ledger::read(store, &tenant, &mut tell).await?;
            vec![("transactions", beancount::export(&ledger, &mut target(out.as_ref())?)?)]
        }
    };
    let counts: serde_json::Map<_, _> = rows.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    if args.json {
        return print(&serde_json::to_string_pretty(&json!({"tenant": named, "written": counts})).unwrap_or_default());
    }
    let said: Vec<String> = rows.iter().map(|(name, count)| format!("{count} {name}")).collect();
    // Standard output may be the export itself.
    let _ = writeln!(std::io::stderr(), "{named}: {} written", said.join(", "));
    Ok(())
}

fn target(out: Option<&PathBuf>) -> Result<Box<dyn Write + Send>, String> {
    Ok(match out {
        None => Box::new(BufWriter::new(std::io::stdout())),
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|e| format!("{}: {e}", path.display()))?)),
    })
}
