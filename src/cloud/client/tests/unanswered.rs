//! Attempts without an answer, and deadlines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;

use super::*;

#[tokio::test]
async fn a_connection_closed_without_an_answer() {
    let server = RawServer::start(vec![Act::Finish]);
    let none = no_answer_from(&server.address("http"), patient()).await;
    assert_unreachable(&none, "connection closed before an answer");
    let none = no_answer(vec![send("HTTP/1.1 200 OK\r\ncontent-le"), Act::Finish]).await;
    assert_unreachable(&none, "connection closed before an answer");
    let none = no_answer(vec![Act::Reset]).await;
    assert_unreachable(&none, "reset");
    assert_eq!(server.requests().len(), 1, "it was asked once");
}

#[tokio::test]
async fn fault_63_a_kept_connection_that_closes_costs_one_attempt_and_no_second_sending() {
    let server = RawServer::answering(|number| match number {
        0 => vec![send(OK)],
        _ => vec![Act::Finish],
    });
    let client = client(&server.address("http"), SignatureVersion::V3, patient());
    let request = request(Action::StopStackGroupOperation);
    let first = client.send(&request, &credentials(), None).await;
    assert!(matches!(first.end, End::Answer(_)));
    settle().await;
    let second = client.send(&request, &credentials(), None).await;
    let End::NoAnswer(none) = second.end else {
        panic!("{second:?}")
    };
    assert_unreachable(&none, "connection closed before an answer");
    settle().await;
    assert_eq!(server.requests().len(), 2);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn something_else_than_http() {
    let none = no_answer(vec![send("220 mail.example.com ESMTP\r\n"), Act::Finish]).await;
    assert_unreachable(&none, "not HTTP");
    let two_lengths = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}";
    assert_unreachable(&no_answer(vec![send(two_lengths)]).await, "not HTTP");
}

#[tokio::test]
async fn silence() {
    let none = no_answer_in_time(vec![Act::Pause(Duration::from_secs(2))]).await;
    assert_unreachable(&none, "timeout");
}

#[tokio::test]
async fn nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    assert_unreachable(
        &no_answer_from(&address, patient()).await,
        "connect: refused",
    );
}

#[tokio::test]
async fn a_server_without_tls_sees_no_request() {
    let server = RawServer::start(vec![send("HTTP/1.1 400 Bad Request\r\n\r\n"), Act::Finish]);
    let none = no_answer_from(&server.address("https"), patient()).await;
    assert_unreachable(&none, "tls: not TLS");
    assert!(!server.requests().concat().contains("POST"));
}

#[tokio::test]
async fn a_deadline_ends_an_attempt_or_keeps_it_from_beginning() {
    let server = RawServer::start(vec![Act::Pause(Duration::from_secs(5))]);
    let client = client(
        &server.address("http"),
        SignatureVersion::V3,
        Limits::default(),
    );
    let request = request(Action::GetCallerIdentity);
    let begun = Instant::now();
    let soon = begun + Duration::from_millis(600);
    let exchange = client.send(&request, &credentials(), Some(soon)).await;
    assert_eq!(
        exchange.end,
        End::NoAnswer(NoAnswer::unreachable("deadline"))
    );
    assert!(begun.elapsed() < Duration::from_secs(4));

    let exchange = client.send(&request, &credentials(), Some(soon)).await;
    assert_eq!(
        exchange.end,
        End::NoAnswer(NoAnswer::unreachable("deadline"))
    );
    assert_eq!(server.requests().len(), 1);
}
