//! Answers, whatever they say.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::cloud::Framing;

#[tokio::test]
async fn an_answer_is_its_bytes_and_circumstances() {
    let answer = answer(vec![send(
        "HTTP/1.1 400 Bad Request\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nX-Acs-Retry-After: 1200\r\n\
         Content-Type: text/xml;charset=utf-8\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n\u{1f}not\u{0}gz",
    )])
    .await;
    let expected = Answer {
        http_status: 400,
        date: Some("Fri, 02 Jan 2026 03:04:05 GMT".to_owned()),
        retry_after_ms: Some(1200),
        framing: Framing::Length,
        content_type: Some("text/xml;charset=utf-8".to_owned()),
        body: b"\x1fnot\0gz".to_vec(),
    };
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn chunks_are_joined() {
    let chunks =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{\"\r\n1\r\n}\r\n0\r\n\r\n";
    let answer = answer(vec![send(chunks)]).await;
    assert_eq!(answer.framing, Framing::Chunked);
    assert_eq!(answer.body, b"{\"}");
}

#[tokio::test]
async fn a_body_ended_by_the_connection_is_marked_as_such() {
    let answer = answer(vec![send("HTTP/1.1 200 OK\r\n\r\n{\"half\":"), Act::Finish]).await;
    assert_eq!(answer.framing, Framing::Close);
    assert_eq!(answer.body, b"{\"half\":");
}

#[tokio::test]
async fn fault_61_a_redirect_is_an_answer_and_is_not_followed() {
    let second = RawServer::start(vec![send(OK)]);
    for status in [301, 302, 303, 307, 308] {
        let answer = answer(vec![send(&format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}/\r\ncontent-length: 0\r\n\r\n",
            second.address("http")
        ))])
        .await;
        assert_eq!(answer.http_status, status);
    }
    assert_eq!(second.connections(), 0);
}
