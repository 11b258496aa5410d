//! Whole attempts against a server that answers well, badly or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answered;
mod broken;
mod environment;
mod network;
mod sent;
mod unanswered;

use super::raw_server::{Act, RawServer, send};
use super::*;
use crate::cloud::{Answer, Endpoint, Secret};
use crate::model::{Action, ManualClock, Outcome, UtcMillis};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
/// Stands for each secret; no reason and no debug text may hold it.
const CANARY: &str = "c4n4ry-s3cr3t";
/// 2026-01-02T03:04:05.678Z.
const NOW: UtcMillis = UtcMillis(1_767_323_045_678);

/// Patient, so that a busy machine changes nothing, with room for small bodies only.
fn patient() -> Limits {
    Limits {
        body_bytes: 1_000,
        ..Limits::default()
    }
}

/// For servers that keep us waiting.
fn impatient() -> Limits {
    Limits {
        read: Duration::from_millis(300),
        total: Duration::from_millis(1_000),
        ..patient()
    }
}

fn client(address: &str, signature: SignatureVersion, limits: Limits) -> Client {
    let config = ClientConfig {
        endpoints: Endpoints::everywhere(Endpoint::parse(address).unwrap()),
        signature,
        limits,
        network: Network::default(),
    };
    Client::trusting(Trust::Nobody, config, Arc::new(ManualClock::new(NOW))).unwrap()
}

fn request(action: Action) -> Request {
    let operation_id = ("OperationId", "op_test ecs".to_owned());
    Request {
        action,
        parameters: match action.service() {
            crate::model::Service::Sts => Vec::new(),
            crate::model::Service::Bpstudio => vec![operation_id],
            _ => vec![("RegionId", "cn-hangzhou".to_owned()), operation_id],
        },
    }
}

fn credentials() -> Credentials {
    let secret = || Secret::new(CANARY.to_owned());
    Credentials::new("STS.testid", secret(), Some(secret()), "a test").unwrap()
}

/// One attempt; with V1, whose URL holds the token.
async fn attempt(address: &str, limits: Limits) -> End {
    let client = client(address, SignatureVersion::V1, limits);
    let request = request(Action::GetStackGroupOperation);
    let exchange = client.send(&request, &credentials(), None).await;
    assert_eq!(exchange.requested_at, NOW);
    assert!(exchange.received_at >= NOW);
    let text = format!("{exchange:?}");
    assert!(
        !text.contains(CANARY) && !text.contains("127.0.0.1"),
        "{text}"
    );
    exchange.end
}

async fn answer(script: Vec<Act>) -> Answer {
    let address = RawServer::start(script).address("http");
    match attempt(&address, patient()).await {
        End::Answer(answer) => answer,
        End::NoAnswer(none) => panic!("{none:?}"),
    }
}

async fn no_answer(script: Vec<Act>) -> NoAnswer {
    no_answer_from(&RawServer::start(script).address("http"), patient()).await
}

async fn no_answer_in_time(script: Vec<Act>) -> NoAnswer {
    no_answer_from(&RawServer::start(script).address("http"), impatient()).await
}

async fn no_answer_from(address: &str, limits: Limits) -> NoAnswer {
    match attempt(address, limits).await {
        End::Answer(answer) => panic!("{answer:?}"),
        End::NoAnswer(none) => none,
    }
}

/// Lets a connection return to the pool, which it does some time after its answer.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// The nonces of V3 requests.
fn nonces(server: &RawServer) -> Vec<String> {
    let requests = server.requests();
    let lines = requests.iter().flat_map(|sent| sent.lines());
    lines
        .filter_map(|line| line.strip_prefix("x-acs-signature-nonce: "))
        .map(str::to_owned)
        .collect()
}

fn assert_unreachable(none: &NoAnswer, reason: &str) {
    assert_eq!(none, &NoAnswer::unreachable(reason));
}

fn assert_truncated(none: &NoAnswer, reason: &str, partial: &str) {
    let expected = NoAnswer {
        outcome: Outcome::Truncated,
        reason: reason.to_owned(),
        http_status: Some(200),
        partial: partial.as_bytes().to_vec(),
    };
    assert_eq!(none, &expected);
}
