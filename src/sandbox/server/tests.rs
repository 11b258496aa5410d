//! The server over real connections, with a client that writes and reads bytes.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};

use serde_json::Value;

use super::*;
use crate::model::{Clock, ManualClock};
use crate::sandbox::scenario::{demo, paging};
use crate::sandbox::test_client::{BPSTUDIO, ROS, STS, TestClient};
use crate::sandbox::{DEFAULT_ACCOUNT_ID, Fault, FaultKind, Key};

const NOW: UtcMillis = UtcMillis(1_767_323_045_000);

/// One connection that stays open from request to request.
struct Connection {
    stream: std::net::TcpStream,
    client: TestClient,
}

/// Head and body of an answer; the body may be shorter than promised.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn content_length(&self) -> usize {
        let mut lines = self.head.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        length.unwrap().parse().unwrap()
    }
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let mut client = TestClient::new(Key::default());
        client.host = address.to_string();
        Self {
            stream: std::net::TcpStream::connect(address).unwrap(),
            client,
        }
    }

    /// Sends a request as bytes; `None`: the connection ended without an answer.
    fn send(&mut self, raw: &RawRequest) -> Option<Answer> {
        let query = String::from_utf8(raw.query.clone()).unwrap();
        let mut bytes = format!("{} {}?{query} HTTP/1.1\r\n", raw.method, raw.path).into_bytes();
        for (name, value) in &raw.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", raw.body.len()).as_bytes());
        bytes.extend_from_slice(&raw.body);
        self.stream.write_all(&bytes).unwrap();
        self.receive()
    }

    fn receive(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if self.stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let mut answer = Answer {
            head: String::from_utf8(head).unwrap(),
            body: Vec::new(),
        };
        let promised = answer.content_length();
        let limited = &mut (&mut self.stream).take(promised as u64);
        limited.read_to_end(&mut answer.body).ok()?;
        Some(answer)
    }

    fn list(&mut self, operation_id: &str, page_number: u32) -> Answer {
        let page_number = page_number.to_string();
        let query = [
            ("RegionId", "cn-hangzhou"),
            ("OperationId", operation_id),
            ("PageNumber", &page_number),
            ("PageSize", "50"),
        ];
        let call = (ROS, "ListStackGroupOperationResults");
        let raw = self.client.v3(NOW, call, &query, &[]);
        self.send(&raw).unwrap()
    }
}

/// Serves a sandbox in the background while `test` runs against it on this thread.
fn with_sandbox(test: impl FnOnce(SocketAddr, &World)) {
    with_latency(0, test);
}

/// The same, whose every answer takes so long.
fn with_latency(latency_ms: u64, test: impl FnOnce(SocketAddr, &World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOW));
    let config = SandboxConfig {
        latency_ms,
        ..SandboxConfig::new(clock)
    };
    let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
    assert!(sandbox.endpoint().starts_with("http://127.0.0.1:"));
    test(sandbox.addr(), &sandbox.world());
    let address = sandbox.addr();
    runtime.block_on(sandbox.shutdown());
    assert!(std::net::TcpStream::connect(address).is_err(), "closed");
}

#[test]
fn both_signature_versions_are_answered_over_http() {
    with_sandbox(|address, world| {
        let ids = demo(world, DEFAULT_ACCOUNT_ID);
        let mut connection = Connection::open(address);
        let call = (BPSTUDIO, "GetExecuteOperationResult");
        let form = [("OperationId", &*ids.bpstudio_succeeding)];
        let raw = connection.client.v3(NOW, call, &[], &form);
        let v3 = connection.send(&raw).unwrap();
        assert!(v3.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", v3.head);
        assert!(v3.head.contains("date: Fri, 02 Jan 2026 03:04:05 GMT\r\n"));
        assert_eq!(v3.json()["Data"]["Status"], "INIT");

        let query = [("Format", "JSON")];
        let raw = connection.client.v1(NOW, call, &query, &form);
        let v1 = connection.send(&raw).unwrap();
        assert_eq!(v1.json()["Data"], v3.json()["Data"]);

        let mut wrong = connection.client.v3(NOW, call, &[], &form);
        wrong.body[0] ^= 1;
        let refused = connection.send(&wrong).unwrap();
        assert!(refused.head.starts_with("HTTP/1.1 400 "));
        assert_eq!(refused.json()["HostId"], "127.0.0.1");
    });
}

#[test]
fn broken_deliveries_break_on_the_wire() {
    with_sandbox(|address, world| {
        let identity = |connection: &mut Connection| {
            let call = (STS, "GetCallerIdentity");
            let raw = connection.client.v3(NOW, call, &[], &[]);
            connection.send(&raw)
        };
        world.script(Fault::once(FaultKind::CutBody));
        let mut connection = Connection::open(address);
        let cut = identity(&mut connection).unwrap();
        assert!(!cut.body.is_empty());
        assert_eq!(cut.body.len(), cut.content_length() / 2);

        world.script(Fault::once(FaultKind::Disconnect { carried_out: true }));
        let mut connection = Connection::open(address);
        assert!(identity(&mut connection).is_none(), "ended without a word");
        let statuses: Vec<_> = world.requests().iter().map(|r| r.http_status).collect();
        assert_eq!(statuses, [Some(200), None]);
    });
}

#[test]
fn a_request_is_judged_when_it_comes_and_answered_when_it_is_time() {
    // Long, so that a busy machine does not look like a server that waits first.
    const LATENCY_MS: u64 = 3_000;
    let latency = Duration::from_millis(LATENCY_MS);
    with_latency(LATENCY_MS, |address, world| {
        let mut connection = Connection::open(address);
        let call = (STS, "GetCallerIdentity");
        let raw = connection.client.v3(NOW, call, &[], &[]);
        let begun = Instant::now();
        let asked = std::thread::spawn(move || connection.send(&raw).unwrap());
        while world.request_count() == 0 {
            assert!(begun.elapsed() < latency, "it was not judged at once");
            std::thread::sleep(Duration::from_millis(1));
        }
        let answer = asked.join().unwrap();
        assert!(begun.elapsed() >= latency);
        assert!(answer.head.starts_with("HTTP/1.1 200 "), "{}", answer.head);
    });
}

#[test]
fn a_hundred_thousand_results_come_page_by_page_none_twice_none_missing() {
    with_sandbox(|address, world| {
        let operations = paging(world, DEFAULT_ACCOUNT_ID).operations;
        let (count, operation_id) = operations.last().unwrap();
        let mut connection = Connection::open(address);
        let mut targets = std::collections::HashSet::new();
        for page_number in 1..=count / 50 {
            let page = connection.list(operation_id, page_number).json();
            assert_eq!(page["TotalCount"], *count);
            assert_eq!(page["PageNumber"], page_number);
            for row in page["StackGroupOperationResults"].as_array().unwrap() {
                let target = (row["AccountId"].to_string(), row["RegionId"].to_string());
                assert!(targets.insert(target), "{row} came twice");
            }
        }
        assert_eq!(targets.len(), 100_000);
    });
}
