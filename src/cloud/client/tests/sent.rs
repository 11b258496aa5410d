//! What is sent, byte by byte, and how often.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::sync::Barrier;

use super::*;

#[tokio::test]
async fn a_v3_request_on_the_wire() {
    let server = RawServer::start(vec![send(OK)]);
    let client = client(
        &server.address("http"),
        SignatureVersion::V3,
        Limits::default(),
    );
    let request = request(Action::GetStackGroupOperation);
    client.send(&request, &credentials(), None).await;

    let sent = server.requests().remove(0);
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(
        lines.next(),
        Some("POST /?OperationId=op_test%20ecs&RegionId=cn-hangzhou HTTP/1.1")
    );
    let mut headers: Vec<_> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    headers.sort();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "host",
            "user-agent",
            "x-acs-accesskey-id",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-security-token",
            "x-acs-signature-nonce",
            "x-acs-version"
        ]
    );
    let value = |name: &str| headers.iter().find(|(n, _)| *n == name).unwrap().1;
    assert_eq!(value("accept"), "application/json");
    assert_eq!(value("accept-encoding"), "identity");
    assert_eq!(value("content-length"), "0");
    assert_eq!(format!("http://{}", value("host")), server.address("http"));
    assert_eq!(
        value("user-agent"),
        concat!("optrail/", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(value("x-acs-date"), "2026-01-02T03:04:05Z");
    assert_eq!(value("x-acs-signature-nonce").len(), 32);
    assert_eq!(body, "");
}

#[tokio::test]
async fn bpstudio_parameters_travel_in_a_form_with_both_signatures() {
    for signature in [SignatureVersion::V1, SignatureVersion::V3] {
        let server = RawServer::start(vec![send(OK)]);
        let client = client(&server.address("http"), signature, Limits::default());
        let request = request(Action::GetExecuteOperationResult);
        client.send(&request, &credentials(), None).await;
        let sent = server.requests().remove(0);
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "OperationId=op_test+ecs");
        assert!(head.contains("content-type: application/x-www-form-urlencoded"));
        assert!(head.contains("content-length: 23"));
        assert_eq!(head.matches("content-length").count(), 1);
        assert!(!head.lines().next().unwrap().contains("OperationId"));
    }
}

#[tokio::test]
async fn fault_46_each_attempt_has_its_own_nonce_on_one_kept_connection() {
    let server = RawServer::start(vec![send(OK)]);
    let client = client(
        &server.address("http"),
        SignatureVersion::V3,
        Limits::default(),
    );
    let request = request(Action::GetCallerIdentity);
    for _ in 0..3 {
        client.send(&request, &credentials(), None).await;
        settle().await;
    }
    let distinct: HashSet<String> = nonces(&server).into_iter().collect();
    assert_eq!(distinct.len(), 3);
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_requests_are_in_flight_together() {
    const IN_FLIGHT: usize = 16;
    // Nobody is answered before all have asked.
    let all_here = Barrier::new(IN_FLIGHT);
    let server = RawServer::answering(move |_| {
        all_here.wait();
        vec![send(OK)]
    });
    let client = client(
        &server.address("http"),
        SignatureVersion::V3,
        Limits::default(),
    );
    let client = Arc::new(client);
    let asked = || {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            let request = request(Action::GetCallerIdentity);
            client.send(&request, &credentials(), None).await.end
        })
    };
    for _ in 0..2 {
        for ended in (0..IN_FLIGHT).map(|_| asked()).collect::<Vec<_>>() {
            assert!(matches!(ended.await.unwrap(), End::Answer(_)));
        }
    }
    assert!(server.connections() < 2 * IN_FLIGHT, "connections are kept");
}

#[tokio::test]
async fn a_kept_connection_that_closes_never_sends_a_request_twice() {
    let server = RawServer::start(vec![send(OK), Act::Finish]);
    let address = server.address("http");
    let client = client(&address, SignatureVersion::V3, patient());
    let request = request(Action::StopStackGroupOperation);
    for _ in 0..50 {
        // Whether the close is seen before the next request goes out is a race; either will do.
        client.send(&request, &credentials(), None).await;
    }
    let sent = nonces(&server);
    let distinct: HashSet<&String> = sent.iter().collect();
    assert_eq!(distinct.len(), sent.len());
    assert!(server.connections() > 1);
}
