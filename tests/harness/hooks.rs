//! Webhooks at work: the dispatcher and the deliverer of a world, driven by hand, and receivers of every kind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deliverer::Post;
use local::template::{BUILT_IN, Template};
use local::webhooks::Webhooks;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::World;

/// How long a receiver has in tests: long, so that a busy machine is not taken for a receiver that fails.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long one has that is waited for in vain.
pub const SHORT: Duration = Duration::from_millis(400);

/// A world's webhooks.
pub struct Hooks(Arc<Webhooks>);

impl World {
    /// The webhooks of this world, which follow its stream from now on.
    pub fn hooks(&self) -> Hooks {
        self.hooks_with(Post::new(true, PATIENCE))
    }

    /// The same, sending with this.
    pub fn hooks_with(&self, post: Post) -> Hooks {
        let template = Template::read(BUILT_IN).unwrap();
        let (store, secrets) = (&self.app.store, &self.app.secrets);
        Hooks(Arc::new(Webhooks::new(&template, &self.engine, store, secrets, &self.app.outside, post)))
    }
}

impl Hooks {
    /// Hand what is new to the dispatcher, until nothing is.
    pub async fn dispatch(&self) {
        loop {
            let records = self.0.unread();
            if records.is_empty() {
                return;
            }
            self.0.dispatch(records).await;
        }
    }

    /// Work on every message whose time has come, so many side by side; how many there were.
    pub async fn deliver(&self, side_by_side: usize) -> usize {
        let mut count = 0;
        loop {
            match self.deliver_some(side_by_side).await {
                0 => return count,
                some => count += some,
            }
        }
    }

    /// The same for so many messages at most.
    pub async fn deliver_some(&self, most: usize) -> usize {
        let messages = self.0.queue().take(most);
        let count = messages.len();
        let work = |message| {
            let webhooks = Arc::clone(&self.0);
            tokio::spawn(async move { webhooks.deliver(message).await })
        };
        for one in messages.into_iter().map(work).collect::<Vec<_>>() {
            one.await.unwrap();
        }
        count
    }

    /// Do all that can be done now, one thing after the other.
    pub async fn work(&self) {
        loop {
            self.dispatch().await;
            if self.deliver(1).await == 0 {
                return;
            }
        }
    }

    /// Let the clock go on to each next message until none is left; how often.
    pub async fn work_off(&self, world: &World, side_by_side: usize) -> usize {
        let mut times = 0;
        loop {
            self.dispatch().await;
            self.deliver(side_by_side).await;
            if !self.go_on(world) {
                return times;
            }
            times += 1;
        }
    }

    /// Let the clock go on to the next message; whether there is one.
    pub fn go_on(&self, world: &World) -> bool {
        let Some(next) = self.0.queue().next_at() else { return false };
        let wait = (next - world.app.outside.exactly_now()).num_seconds();
        world.pass(wait.max(-1) + 1);
        true
    }

    /// The webhooks themselves.
    pub fn all(&self) -> &Arc<Webhooks> {
        &self.0
    }
}

/// What a receiver got.
#[derive(Debug, Clone)]
pub struct Got {
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body's text.
    pub text: String,
    /// The body.
    pub json: Value,
    /// The path.
    pub path: String,
}

/// What a receiver does with what it got.
#[derive(Debug, Clone)]
pub enum Does {
    /// Answers with a status and these headers.
    Answers(u16, &'static str),
    /// Says nothing for too long.
    Hangs,
    /// Hangs up.
    Resets,
}

/// A receiver on a free port of this machine.
pub struct Receiver {
    /// Its address, without a last slash.
    pub url: String,
    /// What it got, in the order in which it came.
    pub got: Arc<Mutex<Vec<Got>>>,
    /// How many connections were made to it.
    pub connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// One that does what `decide` says.
    pub async fn start(decide: impl Fn(&Got) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (got, connections) = (Arc::<Mutex<Vec<Got>>>::default(), Arc::<AtomicUsize>::default());
        let decide = Arc::new(decide);
        let (all, count) = (Arc::clone(&got), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let (all, decide) = (Arc::clone(&all), Arc::clone(&decide));
                tokio::spawn(async move { receive(stream, &all, &*decide).await });
            }
        });
        Self { url, got, connections, task }
    }

    /// What it got so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn receive(mut stream: TcpStream, all: &Mutex<Vec<Got>>, decide: &(dyn Fn(&Got) -> Does + Send + Sync)) {
    let mut bytes = Vec::new();
    let got = loop {
        let mut some = [0; 8192];
        let Ok(count @ 1..) = stream.read(&mut some).await else { return };
        bytes.extend_from_slice(&some[..count]);
        if let Some(got) = parse(&bytes) {
            break got;
        }
    };
    all.lock().unwrap().push(got.clone());
    match decide(&got) {
        Does::Answers(status, headers) => {
            let answer = format!("HTTP/1.1 {status} X\r\n{headers}content-length: 2\r\n\r\nok");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Does::Hangs => tokio::time::sleep(SHORT * 3).await,
        Does::Resets => drop(stream.set_zero_linger()),
    }
}

fn parse(bytes: &[u8]) -> Option<Got> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    (body.len() >= length).then(|| Got {
        headers,
        text: body.to_owned(),
        json: serde_json::from_str(body).unwrap_or_default(),
        path,
    })
}
