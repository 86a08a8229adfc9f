//! `import`: an export brought back, or another system's books taken over.

use std::io::Write;
use std::path::Path;

use clap::{Args, ValueEnum};
use local::transfer::client::Client;
use local::transfer::importer;
use local::transfer::restore;
use local::transfer::source::{self, Access, System};
use shared::machinery::app::App;
use shared::machinery::caller::Tenant;

use crate::export::progress;
use crate::print;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo run -p local -- import acme.jsonl                            restore an export; again, it changes nothing
  cargo run -p local -- import acme.jsonl --tenant acme-copy --json  under another name; a report for scripts
  cargo run -p local -- import --from cloudonex --url https://billing.example --key - acme < key.txt
  cargo run -p local -- import --from racknap --url https://rack.example --login admin --password - acme
  cargo run -p local -- import --from billmora --url https://mora.example --token '1|…' acme
Stopped half-way, an import goes on when it is run again. A value of - is read from standard input.";

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The export to restore; with --from the tenant to import into, which must be there
    #[arg(value_name = "FILE.jsonl|TENANT")]
    what: String,
    /// Restore under this name instead of the export's own
    #[arg(long, conflicts_with = "from")]
    tenant: Option<String>,
    /// The system to import from
    #[arg(long, value_enum, requires = "url")]
    from: Option<From>,
    /// Where it is: https://billing.example
    #[arg(long, requires = "from")]
    url: Option<String>,
    /// An API key (JeraSoft, CloudOnex)
    #[arg(long, requires = "from")]
    key: Option<String>,
    /// A token (Billmora, RackNap)
    #[arg(long, requires = "from")]
    token: Option<String>,
    /// A login (JeraSoft, RackNap) …
    #[arg(long, requires_all = ["from", "password"])]
    login: Option<String>,
    /// … and its password
    #[arg(long, requires = "login")]
    password: Option<String>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    Jerasoft,
    Racknap,
    Cloudonex,
    Billmora,
}

/// Import. What was refused makes it fail, so that a script hears of it.
pub(crate) async fn import(app: &App, args: &ImportArgs) -> Result<(), String> {
    let named = |name: &str| Tenant::named(name).ok_or_else(|| format!("{name:?} is no tenant's id"));
    let Some(from) = args.from else {
        let tenant = args.tenant.as_deref().map(named).transpose()?;
        let mut tell = progress(&args.what);
        let restored = restore::restore(&app.store, Path::new(&args.what), tenant.as_ref(), &mut tell).await?;
        return match args.json {
            true => print(&serde_json::to_string_pretty(&restored).unwrap_or_default()),
            false => print(&format!("{}: {} items, {} written", restored.tenant, restored.items, restored.written)),
        };
    };
    let system = match from {
        From::Jerasoft => System::Jerasoft,
        From::Racknap => System::Racknap,
        From::Cloudonex => System::Cloudonex,
        From::Billmora => System::Billmora,
    };
    let tenant = named(&args.what)?;
    let zone = importer::zone(app, &tenant).await?;
    let mut client = Client::new(args.url.as_deref().unwrap_or_default())?;
    let login = args.login.clone().zip(secret(args.password.as_deref())?);
    let access = Access { key: secret(args.key.as_deref())?, token: secret(args.token.as_deref())?, login };
    let mut tell = progress(tenant.id());
    let extract = source::read(system, &mut client, &access, zone, &mut tell).await?;
    let report = importer::import(app, &tenant, extract, &mut tell).await?;
    if args.json {
        print(&serde_json::to_string_pretty(&report).unwrap_or_default())?;
    } else {
        report.lines().iter().try_for_each(|line| print(&format!("{tenant}: {line}")))?;
    }
    match (report.refused(), report.differences.len()) {
        (0, 0) => Ok(()),
        (0, differ) => Err(format!("{differ} balances differ from the system's")),
        (refused, _) => Err(format!("{refused} records were refused; run it again when they can be taken")),
    }
}

/// A value, or the first line of standard input: a command line can be read by everybody on the machine.
fn secret(given: Option<&str>) -> Result<Option<String>, String> {
    match given {
        Some("-") => {
            let _ = writeln!(std::io::stderr(), "reading the credential from standard input");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map_err(|e| e.to_string())?;
            Ok(Some(line.trim().to_owned()))
        }
        other => Ok(other.map(str::to_owned)),
    }
}
