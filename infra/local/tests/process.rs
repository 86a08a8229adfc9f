//! The program itself, as a user starts it: over HTTP, killed and started again, with wrong words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

struct Running {
    child: Child,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL: nothing is written on the way out.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(arguments).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().expect("a line").unwrap();
    let address = line.strip_prefix("listening on http://").expect("where it listens").to_owned();
    Running { child, address }
}

fn ask(running: &Running, verb: &str, target: &str, key: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(&running.address).unwrap();
    let head =
        format!("{verb} {target} HTTP/1.1\r\nhost: {}\r\nx-api-key: {key}\r\nconnection: close\r\n", running.address);
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn data_survive_a_kill_and_a_restart() {
    let data = folder("killed");
    let arguments = ["--data", data.to_str().unwrap(), "--clock", "2026-03-01T12:00:00Z"];
    let running = start(&arguments);
    assert_eq!(
        ask(&running, "PATCH", "/api/clients/42", "demo-admin-key", r#"{"credit": 1000}"#),
        (200, "true".into())
    );
    let before = ask(&running, "GET", "/api/clients/42", "demo-admin-key", "");
    assert!(before.1.contains(r#""credit":1000.00"#), "{}", before.1);
    drop(running);
    let again = start(&arguments);
    assert_eq!(
        ask(&again, "GET", "/api/clients/42", "demo-admin-key", ""),
        before,
        "the data, and the keys that know the credential"
    );
    let secret = std::fs::metadata(data.join("secret.json")).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&secret.permissions()) & 0o777, 0o600);
}

#[test]
fn two_processes_kept_apart_by_their_folders_know_nothing_of_each_other() {
    let (one, two) = (folder("one"), folder("two"));
    let (one, two) = (start(&["--data", one.to_str().unwrap()]), start(&["--data", two.to_str().unwrap()]));
    assert_eq!(ask(&one, "DELETE", "/api/clients/1", "demo-admin-key", "").0, 200);
    assert_eq!(ask(&one, "GET", "/api/clients/1", "demo-admin-key", "").0, 404);
    assert_eq!(ask(&two, "GET", "/api/clients/1", "demo-admin-key", "").0, 200);
}

#[test]
fn a_fixture_is_loaded_and_a_wrong_one_is_refused_with_its_path() {
    let folder = folder("fixtures");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let base = r#""id": "acme", "name": "Acme", "base_currency": "USD", "timezone": "UTC", "currencies": [{"id": 1, "code": "USD"}]"#;
    let user = r#"{"id": 1, "login": "admin", "password": "correct horse", "name": "A", "email": null, "timezone": null, "reseller_id": null, "api_key": "k"}"#;
    let good = write("good.json", &format!(r#"{{"tenants": [{{{base}, "users": [{user}]}}]}}"#));
    let running = start(&["--memory", "--load", &good]);
    assert_eq!(ask(&running, "GET", "/api/clients", "k", ""), (200, "[]".into()));
    assert_eq!(ask(&running, "GET", "/api/clients", "demo-admin-key", "").0, 401, "no demo tenant beside a fixture");
    let bad = write("bad.json", &format!(r#"{{"tenants": [{{{base}, "users": [], "usres": []}}]}}"#));
    for (arguments, words) in [
        (vec!["--memory", "--load", &bad], "tenants[0].usres: unknown field `usres`"),
        (vec!["--memory", "--load", "/nowhere.json"], "/nowhere.json"),
        (vec!["--memory", "--clock", "yesterday"], "not an instant such as 2020-01-01T00:00:00Z"),
        (vec!["--memory", "--data", "x"], "cannot be used with"),
        (vec!["--colour"], "unexpected argument '--colour'"),
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_local")).args(&arguments).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success() && said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn the_books_are_checked_from_the_command_line() {
    let data = folder("verified");
    let kept = ["--data", data.to_str().unwrap(), "--clock", "2026-03-01T12:00:00Z"];
    let running = start(&kept);
    let payment = r#"{"clients_id": 42, "type": "payment", "amount": 12.5}"#;
    assert_eq!(ask(&running, "POST", "/api/accounting/transactions", "demo-admin-key", payment).0, 200);
    drop(running);
    let verify = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_local")).args(kept).arg("verify").args(more).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, _) = verify(&[]);
    assert_eq!(
        (code, said.trim()),
        (Some(0), "demo: 1 documents, 1 journal entries, 1 balances, 1 numbers: the books agree with the documents")
    );
    let (code, said, _) = verify(&["demo", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report[0]["count"], &report[0]["documents"]), (Some(0), &0.into(), &1.into()));
    let (code, _, why) = verify(&["nobody"]);
    assert_eq!((code, why.trim()), (Some(1), "error: there is no tenant nobody"));
}

/// What a command says: its status, standard output and standard error.
fn command(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_local")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_tenant_is_exported_restored_and_taken_over() {
    let clock = ["--clock", "2026-03-01T12:00:00Z"];
    let (one, two) = (folder("exported"), folder("restored"));
    let at = |folder: &PathBuf, more: &[&str]| {
        let mut all = vec!["--data".to_owned(), folder.to_str().unwrap().to_owned()];
        all.extend(clock.iter().chain(more).map(|word| (*word).to_owned()));
        command(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let data = one.to_str().unwrap().to_owned();
    let running = start(&["--data", &data, clock[0], clock[1]]);
    let invoice = r#"{"clients_id": 42, "start_dt": "2026-02-01", "stop_dt": "2026-03-01", "items": [{"description": "x", "amount": 7}]}"#;
    assert_eq!(ask(&running, "POST", "/api/accounting/invoices", "demo-admin-key", invoice).0, 200);
    let url = format!("http://{}", running.address);
    // A second tenant takes over the first one's books through its API, while that is served.
    let three = folder("taken");
    let tenant = r#"{"tenants": [{"id": "new", "name": "New", "base_currency": "USD", "timezone": "UTC", "users": [], "currencies": [{"id": 1, "code": "USD"}]}]}"#;
    std::fs::create_dir_all(&three).unwrap();
    let fixture = three.join("new.json");
    std::fs::write(&fixture, tenant).unwrap();
    assert_eq!(at(&three, &["load", fixture.to_str().unwrap()]).0, Some(0));
    let from = ["import", "--from", "cloudonex", "--url", &url, "--key", "demo-admin-key", "new"];
    let (code, said, why) = at(&three, &from);
    assert_eq!(code, Some(0), "{said}{why}");
    assert!(said.contains("new: customer: 48 read, 48 created, 0 known, 0 skipped, 0 failed"), "{said}");
    assert!(said.contains("new: invoice: 1 read, 1 created, 0 known, 0 skipped, 0 failed"), "{said}");
    let (_, said, _) = at(&three, &[&from[..], &["--json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&report["kinds"]["customer"]["known"], &report["kinds"]["customer"]["created"]),
        (&48.into(), &0.into())
    );
    assert!(at(&three, &["verify", "new"]).1.contains("1 documents"));
    drop(running);
    // Export, restore elsewhere, export again.
    let (code, first, why) = at(&one, &["export"]);
    assert_eq!(code, Some(0), "{why}");
    assert!(why.contains("items written"), "{why}");
    let file = one.join("demo.jsonl");
    std::fs::write(&file, &first).unwrap();
    let file = file.to_str().unwrap();
    let (code, said, why) = at(&two, &["import", file, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{why}"));
    assert_eq!((code, &report["tenant"], &report["written"]), (Some(0), &"demo".into(), &report["items"]));
    assert_eq!(at(&two, &["export"]).1, first, "byte-equal");
    assert!(at(&two, &["import", file]).1.contains("0 written"));
    let (code, _, why) = at(&one, &["import", file]);
    assert_eq!(code, Some(1));
    assert!(why.contains("tenant demo has data already"), "{why}");
    assert!(at(&two, &["export", "--format", "beancount"]).1.contains("2026-03-01 * "));
    let books = two.join("books");
    let (code, said, _) = at(&two, &["export", "--format", "csv", "--out", books.to_str().unwrap(), "--json"]);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["written"]["customers.csv"]), (Some(0), &48.into()));
    assert!(books.join("journal.csv").exists());
    for (arguments, words) in [
        (vec!["export", "--format", "csv"], "--out"),
        (vec!["export", "nobody"], "there is no tenant nobody"),
        (vec!["import", "nowhere.jsonl"], "nowhere.jsonl"),
        (vec!["import", "--from", "cloudonex", "demo"], "--url"),
        (vec!["import", "--from", "billmora", "--url", &url, "demo"], "Billmora wants a token"),
        (vec!["import", "--from", "racknap", "--url", "http://rack.example", "demo"], "over https only"),
    ] {
        let (code, _, why) = at(&two, &arguments);
        assert!(code != Some(0) && why.contains(words), "{arguments:?}: {why}");
    }
}
