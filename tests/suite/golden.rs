//! Golden exchanges: what goes over the wire, in files that any reader can read.
//!
//! `golden/<dialect>.http` is a story: requests and their answers, one after the other, in one world with a
//! fixed clock and fixed randomness. `UPDATE_GOLDEN=1 cargo test` writes the answers anew; a reviewer then
//! sees what changed.

use std::fmt::Write;
use std::path::PathBuf;

use tests::{Answer, Call, World};

/// The files, in an order that is the same everywhere: the first exchange that shows something is its example.
const FILES: [&str; 15] = [
    "jerasoft",
    "jsonrpc",
    "racknap",
    "cloudonex",
    "billmora",
    "documents",
    "catalog",
    "sales",
    "people",
    "printing",
    "terms",
    "older",
    "webhooks",
    "gone",
    "sandbox",
];

pub(crate) struct Exchange {
    pub(crate) title: String,
    /// The lines of the request, its verb and target first.
    pub(crate) request: Vec<String>,
    pub(crate) answer: String,
}

impl Exchange {
    /// Where its headers end.
    fn blank(&self) -> usize {
        self.request.iter().position(String::is_empty).unwrap_or(self.request.len())
    }

    /// The request's body.
    pub(crate) fn body(&self) -> String {
        self.request[self.blank()..].join("\n").trim().to_owned()
    }
}

/// The exchanges of every file.
pub(crate) fn all() -> Vec<Exchange> {
    let text = |name| std::fs::read_to_string(folder().join(format!("{name}.http"))).unwrap();
    FILES.iter().flat_map(|name| read(&text(name))).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// `### title`, the request, a line `---`, the answer.
fn read(text: &str) -> Vec<Exchange> {
    let exchange = |block: &str| {
        let (title, rest) = block.split_once('\n').unwrap_or((block, ""));
        let (request, answer) = rest.split_once("\n---\n").unwrap_or((rest, ""));
        Exchange {
            title: title.trim().into(),
            request: request.trim().lines().map(str::to_owned).collect(),
            answer: answer.trim().into(),
        }
    };
    text.split("### ").skip(1).map(exchange).collect()
}

fn call(exchange: &Exchange) -> Call {
    let (verb, target) = exchange.request[0].split_once(' ').expect("a verb and a target");
    let mut call = Call::new(verb, target);
    for header in &exchange.request[1..exchange.blank()] {
        let (name, value) = header.split_once(": ").expect("a header");
        call = call.header(&name.to_lowercase(), value);
    }
    call.body(exchange.body().as_bytes())
}

fn write(answer: &Answer) -> String {
    let mut text = format!("HTTP {}\n", answer.status);
    for (name, value) in &answer.headers {
        writeln!(text, "{name}: {value}").unwrap();
    }
    write!(text, "\n{}", answer.text).unwrap();
    text.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_golden_exchange_is_as_it_was() {
    let update = std::env::vars().any(|(name, _)| name == "UPDATE_GOLDEN");
    let mut exchanges = 0;
    for dialect in FILES {
        let file = folder().join(format!("{dialect}.http"));
        let text = std::fs::read_to_string(&file).unwrap();
        let head = text.split("### ").next().unwrap().to_owned();
        let world = if dialect == "sandbox" { World::golden_sandbox().await } else { World::golden().await };
        let hooks = world.hooks();
        let mut written = head;
        for exchange in read(&text) {
            // `WAIT 10`: so many seconds pass, and what is to be delivered is.
            let answer = match exchange.request[0].strip_prefix("WAIT ") {
                Some(seconds) => {
                    hooks.work().await;
                    world.pass(seconds.parse().unwrap());
                    hooks.work().await;
                    String::new()
                }
                None => write(&world.send(call(&exchange)).await),
            };
            if !update {
                assert_eq!(answer, exchange.answer, "{dialect}: {}", exchange.title);
            }
            write!(written, "### {}\n{}\n---\n{answer}\n\n", exchange.title, exchange.request.join("\n")).unwrap();
            exchanges += 1;
        }
        if update {
            std::fs::write(&file, written.trim_end().to_owned() + "\n").unwrap();
        }
    }
    println!("golden: {exchanges} exchanges");
}
