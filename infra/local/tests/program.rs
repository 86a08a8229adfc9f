//! The program as people call it. Building this test builds `target/debug/local` as tests are built, with optimisation: the
//! second model is best driven against that (docs/model.md).

use std::process::Command;

#[test]
fn help_shows_examples_and_a_wrong_word_is_named() {
    let tessera = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_local")).args(arguments).output().unwrap();
    let help = tessera(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("Examples"), "{text}");
    let wrong = tessera(&["--listn", "127.0.0.1:0"]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.contains("--listn") && wrong.stdout.is_empty(), "{said}");
}
