//! Webhooks lead nowhere that only this machine or its network can reach, however the address is spelled.

use std::sync::atomic::Ordering;

use deliverer::Post;
use tests::{Does, Receiver};

/// Spellings of addresses that only this machine or its network can reach.
const PRIVATE: [&str; 41] = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.000.000.001:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://a.localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:7f00:0001]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fd00:ec2::254]:{port}/",
    "https://10.0.0.1:{port}/",
    "https://172.16.0.1:{port}/",
    "https://192.168.0.1:{port}/",
    "https://100.64.0.1:{port}/",
    "https://169.254.169.254:{port}/latest/meta-data/",
    "https://0xa9fea9fe:{port}/",
    "https://2852039166:{port}/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    "http://user@127.0.0.1:{port}/",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_private_address_is_connected_to() {
    let receiver = Receiver::start(|_| Does::Answers(200, "")).await;
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    let post = Post::new(false, std::time::Duration::from_secs(2));
    for url in PRIVATE {
        let heard = post.ask(&url.replace("{port}", &port), &[], "{}").await;
        let why = heard.error.unwrap_or_else(|| panic!("{url} was connected to"));
        assert!(why.contains("not public") || why.contains("no address"), "{url}: {why}");
    }
    // A name whose addresses are looked at only when the connection is made.
    let own = std::process::Command::new("hostname")
        .output()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    for name in own.into_iter().filter(|name| !name.is_empty()) {
        let heard = post.ask(&format!("https://{name}:{port}/"), &[], "{}").await;
        assert!(heard.status.is_none(), "{name}");
    }
    assert_eq!(receiver.connections.load(Ordering::SeqCst), 0);
    // The receiver is there.
    let post = Post::new(true, std::time::Duration::from_secs(2));
    assert_eq!(post.ask(&format!("http://127.0.0.1:{port}/"), &[], "{}").await.status, Some(200));
    println!("webhooks: {} spellings of addresses that are not public, 0 connections", PRIVATE.len());
}
