//! A cloud of one socket: it keeps every request and answers as the test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::cloud::{
    Attempt, Client, Credentials, Endpoint, Endpoints, Observer, Retry, Scheme, Settings, Timeouts,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn query(&self) -> &str {
        let target = self.line.split(' ').nth(1).unwrap();
        target.strip_prefix("/?").unwrap()
    }

    /// A parameter as it stands on the wire, from the query or the body.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query().split('&').chain(self.body.split('&'));
        pairs.filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

/// What the cloud does with a request.
pub(crate) enum Reply {
    /// A whole answer.
    Answer(u16, String),
    /// These bytes, and the connection is closed.
    Bytes(String),
    /// Nothing, for ever.
    Silence,
}

pub(crate) fn refuse(status: u16, code: &str) -> Reply {
    Reply::Answer(status, format!(r#"{{"RequestId": "R-1", "Code": "{code}", "Message": "m"}}"#))
}

pub(crate) fn accept() -> Reply {
    Reply::Answer(200, r#"{"RequestId": "R-1"}"#.to_owned())
}

type Script = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

pub(crate) struct Cloud {
    host: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    listening: JoinHandle<()>,
}

impl Cloud {
    /// Answers request `n`, counted from 0, by `script`.
    pub(crate) async fn new(
        script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&seen));
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { host, seen, listening }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Quick settings: a test has no minutes.
    pub(crate) fn settings(&self) -> Settings {
        settings(&self.host)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.settings(), Arc::new(())).unwrap()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

pub(crate) fn settings(host: &str) -> Settings {
    let endpoint = Endpoint::parse(host, Scheme::Http).unwrap();
    let credentials = Credentials::new("id", "secret", None).unwrap();
    let endpoints = Endpoints { ecs: endpoint.clone(), vpc: endpoint };
    Settings {
        retry: Retry {
            attempts: 4,
            first: Duration::from_millis(2),
            most: Duration::from_millis(10),
            total: Duration::from_secs(20),
        },
        timeouts: Timeouts { connect: Duration::from_secs(5), attempt: Duration::from_secs(10) },
        ..Settings::new("cn-hangzhou", endpoints, credentials)
    }
}

async fn serve(stream: TcpStream, script: Arc<Script>, seen: Arc<Mutex<Vec<Seen>>>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(request) = read(&mut reader).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        match script(number, &request) {
            Reply::Answer(status, body) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                // A client that has given up is not the server's concern.
                let _ = writer.write_all((head + &body).as_bytes()).await;
            }
            Reply::Bytes(bytes) => {
                let _ = writer.write_all(bytes.as_bytes()).await;
                return;
            }
            Reply::Silence => std::future::pending().await,
        }
    }
}

async fn read(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: BTreeMap<_, _> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    Some(Seen { line: lines.swap_remove(0), headers, body: String::from_utf8(body).unwrap() })
}

/// Keeps what an observer hears: number and code of each attempt, and how long it had waited.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<(u32, String, Duration)>>);

impl Notes {
    pub(crate) fn codes(&self) -> Vec<(u32, String)> {
        self.0.lock().unwrap().iter().map(|(number, code, _)| (*number, code.clone())).collect()
    }

    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap().iter().map(|(_, _, waited)| *waited).collect()
    }
}

impl Observer for Notes {
    fn attempt(&self, attempt: &Attempt<'_>) {
        let code = attempt.outcome.code().to_owned();
        self.0.lock().unwrap().push((attempt.number, code, attempt.waited));
    }
}
