//! `cargo run`: the whole API on one machine.

mod bill;
mod export;
mod import;
mod keys;
mod place;
mod routes;
mod sandbox;
mod serve;
mod verify;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use local::fixture::Fixture;
use shared::machinery::app::App;
use shared::machinery::outside::Outside;
use shared::words::time::Date;
use tokio::net::TcpListener;

use crate::place::{PlaceArgs, Table, open};

const EXAMPLES: &str = "\
Examples:
  cargo run                                              data in .tessera/, demo tenant on the first start
  cargo run -p local -- --memory --listen 127.0.0.1:0    forgets everything, on any free port
  cargo run -p local -- --load tenants.json              the tenants of a fixture instead of the demo
  cargo run -p local -- --endpoint http://127.0.0.1:8000 on a DynamoDB of your own
  cargo run -p local -- load tenants.json --endpoint https://dynamodb.eu-west-1.amazonaws.com
  cargo run -p local -- --load tenants.json --load-sandbox sandbox.json
  cargo run -p local -- reset                            the sandbox as its fixture says, now and not at midnight
  cargo run -p local -- verify acme --json               whether the books agree with the documents
  cargo run -p local -- bill acme --until 2026-12-31     issue what is due by that day
  cargo run -p local -- key new Shop                     an API key for the demo tenant, shown once
  cargo run -p local -- export acme --out acme.jsonl     everything of a tenant, to be restored
  cargo run -p local -- import acme.jsonl                restore it where there is no such tenant
  cargo run -p local -- routes --json                    every operation in every dialect
  cargo run -p local -- aws                              the store for `cargo lambda watch`";

const BILL_EXAMPLES: &str = "\
Examples:
  cargo run -p local -- bill                             the demo tenant, until today
  cargo run -p local -- bill acme globex --json          two tenants; a report for scripts
  cargo run -p local -- bill acme --until 2026-12-31     also issue what is due later
  cargo run -p local -- bill acme --dry-run              what that would do, without doing it";

const KEY_EXAMPLES: &str = "\
Examples:
  cargo run -p local -- key list                             the demo tenant's
  cargo run -p local -- key new Shop --permit 'customers.*,invoices.view'
  cargo run -p local -- key new Erp --tenant acme --user 3 --signed --json
  cargo run -p local -- key rotate 12 --overlap 3600         the old one goes on for an hour
  cargo run -p local -- key revoke 12";

const TOKEN_EXAMPLES: &str = "\
Examples:
  cargo run -p local -- token new Reports --permit invoices.view --limit 120
  cargo run -p local -- token new Panel --from 192.0.2.7 --expires 2027-01-01
  cargo run -p local -- token rotate 3 --overlap 0           the old one ends at once";

/// Tessera: one billing ledger that speaks four existing billing APIs.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    place: PlaceArgs,
    /// Address to listen on; port 0 is any free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Load the tenants of this fixture, and no demo tenant
    #[arg(long, value_name = "FILE.json")]
    load: Option<PathBuf>,
    /// The fixture of the sandbox at hosts that begin with `sandbox.`, to which it is reset every day
    #[arg(long, value_name = "FILE.json")]
    load_sandbox: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Load the tenants of a fixture and stop; with --sandbox everything else in it goes, and it is what resets lead to
    Load {
        /// The fixture
        file: PathBuf,
    },
    /// Reset the sandbox to its fixture
    Reset {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the value of a tenant's API Gateway key, for infra/tenant.yaml (`-` for callers without a credential)
    UsageKey {
        /// The tenant's id
        tenant: String,
    },
    /// Print the route table
    Routes {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the books: work everything out anew from the documents and name every difference
    Verify {
        /// The tenants to check; the demo tenant when none is named and the store is embedded
        tenants: Vec<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Issue what is due by a day, and suspend or end what was not paid by today; stopped half-way, the next run goes on
    #[command(after_help = BILL_EXAMPLES)]
    Bill {
        /// The tenants to bill; the demo tenant when none is named and the store is embedded
        tenants: Vec<String>,
        /// The day, for example 2026-12-31; today when missing
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        /// Say what would be done, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// API keys of a tenant: list, new, rotate, revoke
    #[command(subcommand, after_help = KEY_EXAMPLES)]
    Key(keys::Action),
    /// Billmora access tokens of a tenant: list, new, rotate, revoke
    #[command(subcommand, after_help = TOKEN_EXAMPLES)]
    Token(keys::Action),
    /// Write out a tenant: all of it to be restored, or its books for other programs
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// Restore an export, or take over the books of another system through its own API
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArgs),
    /// Offer the embedded store in AWS's own protocol, for functions under `cargo lambda watch`
    Aws {
        /// Address to listen on
        #[arg(long = "on", default_value = "127.0.0.1:8001")]
        on: SocketAddr,
    },
}

/// How long a command asks the store what became of a commit: an operator rather waits than wonders.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// How much stack a thread has: what is built without optimisation holds the whole of a request on it at once, which is
/// more than the two megabytes that threads have by themselves.
const STACK: usize = 32 << 20;

fn main() {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let done = built.map_err(|e| e.to_string()).and_then(|runtime| {
        // The main thread's own stack is the system's choice, so that nothing runs on it.
        runtime.block_on(async { tokio::spawn(serve_or_command()).await.map_err(|e| e.to_string())? })
    });
    if let Err(why) = done {
        let _ = writeln!(std::io::stderr(), "error: {why}");
        std::process::exit(1);
    }
}

async fn serve_or_command() -> Result<(), String> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    run(Cli::parse()).await
}

async fn run(cli: Cli) -> Result<(), String> {
    let outside = match cli.place.clock {
        None => Outside::real(),
        Some(now) => Outside::real().with_clock(move || now),
    };
    // Whoever tries webhooks out has a receiver on this machine.
    let outside = outside.reaching_itself();
    let outside = if cli.place.sandbox { outside.sandboxed() } else { outside };
    match cli.command {
        None if cli.place.sandbox => Err("both are served: the sandbox at hosts that begin with `sandbox.`".into()),
        None => serve::serve(&cli, &outside).await,
        Some(Command::Load { file }) => load(&cli.place, outside, &file).await,
        Some(Command::Reset { json }) => {
            let place = PlaceArgs { sandbox: true, ..cli.place };
            let (store, _, _) = open(&place, &outside, Table::Existing).await?;
            sandbox::reset_now(&place, &store, &outside, json).await
        }
        Some(Command::UsageKey { tenant }) => {
            let (_, secrets, _) = open(&cli.place, &outside, Table::Existing).await?;
            let secret = secrets.get(outside.now()).await.map_err(|e| e.logged.unwrap_or_default())?;
            print(&secret.usage_key(&tenant))
        }
        Some(Command::Routes { json }) => routes::print_all(json),
        Some(Command::Verify { tenants, json }) => {
            let (store, _, _) = open(&cli.place, &outside, Table::Existing).await?;
            verify::verify(&store, named(&cli.place, tenants), json).await
        }
        Some(Command::Bill { tenants, until, dry_run, json }) => {
            let (store, secrets, _) = open(&cli.place, &outside, Table::Existing).await?;
            let app = App::new(store, secrets, outside, orders::rows()).patient(PATIENCE);
            bill::bill(&app, named(&cli.place, tenants), until, dry_run, json).await
        }
        Some(Command::Key(action)) => credentials(&cli.place, outside, keys::Kind::Key, action).await,
        Some(Command::Token(action)) => credentials(&cli.place, outside, keys::Kind::Token, action).await,
        Some(Command::Export(args)) => {
            let (store, _, _) = open(&cli.place, &outside, Table::Existing).await?;
            let tenant = named(&cli.place, args.tenant.iter().cloned().collect());
            export::export(&store, outside.now(), tenant.first().map(String::as_str), &args).await
        }
        Some(Command::Import(args)) => {
            let (store, secrets, _) = open(&cli.place, &outside, Table::Existing).await?;
            import::import(&App::new(store, secrets, outside, Vec::new()).patient(PATIENCE), &args).await
        }
        Some(Command::Aws { .. }) if cli.place.sandbox => {
            Err("`aws` offers the live store: leave --sandbox out".into())
        }
        Some(Command::Aws { on }) => aws(&cli.place, outside, on, cli.load.as_deref()).await,
    }
}

async fn credentials(
    place: &PlaceArgs,
    outside: Outside,
    kind: keys::Kind,
    action: keys::Action,
) -> Result<(), String> {
    let (store, secrets, _) = open(place, &outside, Table::Existing).await?;
    keys::run(&App::new(store, secrets, outside, users::rows()).patient(PATIENCE), kind, action).await
}

/// The tenants that were named, or the demo tenant.
fn named(place: &PlaceArgs, tenants: Vec<String>) -> Vec<String> {
    let demo = tenants.is_empty() && place.endpoint.is_none();
    if demo { vec!["demo".into()] } else { tenants }
}

async fn aws(place: &PlaceArgs, outside: Outside, on: SocketAddr, load: Option<&Path>) -> Result<(), String> {
    let (store, secrets, engine) = open(place, &outside, Table::Made).await?;
    let engine = engine.ok_or("`aws` offers the embedded store; leave --endpoint out")?;
    serve::fill(place, &store, &secrets, &outside, load).await?;
    let secret = secrets.get(outside.now()).await.map_err(|e| e.logged.unwrap_or_default())?;
    let listener = TcpListener::bind(on).await.map_err(|e| format!("cannot listen on {on}: {e}"))?;
    print(&format!("DynamoDB and Secrets Manager on http://{}", listener.local_addr().map_err(|e| e.to_string())?))?;
    local::endpoint::serve(engine, (*secret).clone(), listener).await.map_err(|e| e.to_string())
}

/// Load a fixture and stop.
async fn load(place: &PlaceArgs, outside: Outside, file: &Path) -> Result<(), String> {
    let (store, secrets, _) = open(place, &outside, Table::Existing).await?;
    let text = read(file)?;
    if let Some(other) = place.other() {
        let (store, secrets, _) = open(&other, &outside, Table::Existing).await?;
        fixture(file, &text)?.shares_none_with(&App::new(store, secrets, outside.clone(), Vec::new())).await?;
    }
    let lines = if place.sandbox {
        sandbox::fill(place, &App::new(store, secrets, outside, Vec::new()), &text).await?
    } else {
        sandbox::refuse(&store).await?;
        fixture(file, &text)?.load(&App::new(store, secrets, outside, rpc::rows())).await?
    };
    lines.iter().try_for_each(|line| print(line))
}

pub(crate) fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

fn fixture(file: &Path, text: &str) -> Result<Fixture, String> {
    Fixture::read(text).map_err(|why| format!("{}: {why}", file.display()))
}

pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| e.to_string())
}
