//! Answers that began and broke off, or never ended.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[tokio::test]
async fn a_body_shorter_than_announced() {
    let half = send("HTTP/1.1 200 OK\r\ncontent-length: 409\r\n\r\n{\"RequestId\":\"R\"}");
    let none = no_answer(vec![half, Act::Finish]).await;
    assert_truncated(
        &none,
        "body: ended after 17 of 409 bytes",
        "{\"RequestId\":\"R\"}",
    );
}

#[tokio::test]
async fn a_connection_broken_within_the_body() {
    let half = send("HTTP/1.1 200 OK\r\ncontent-length: 409\r\n\r\n{\"a\":");
    let pause = Act::Pause(Duration::from_millis(100));
    let none = no_answer(vec![half, pause, Act::Reset]).await;
    assert_truncated(&none, "body: reset after 5 of 409 bytes", "{\"a\":");
}

#[tokio::test]
async fn chunks_without_the_last() {
    let half = send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n");
    let none = no_answer(vec![half, Act::Finish]).await;
    assert_truncated(&none, "body: ended after 5 bytes", "{\"a\":");
}

#[tokio::test]
async fn a_body_that_falls_silent() {
    let half = send("HTTP/1.1 200 OK\r\ncontent-length: 409\r\n\r\n{");
    let none = no_answer_in_time(vec![half, Act::Pause(Duration::from_secs(2))]).await;
    assert_truncated(&none, "body: timeout after 1 of 409 bytes", "{");
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_whole_attempt() {
    let mut script = vec![send("HTTP/1.1 200 OK\r\ncontent-length: 409\r\n\r\n")];
    for _ in 0..100 {
        script.extend([send("x"), Act::Pause(Duration::from_millis(50))]);
    }
    let begun = Instant::now();
    let none = no_answer_in_time(script).await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!(none.outcome, Outcome::Truncated);
    assert!(none.reason.starts_with("body: timeout after "), "{none:?}");
    assert!((1..40).contains(&none.partial.len()), "{none:?}");
}

#[tokio::test]
async fn a_body_over_the_limit_announced_or_not() {
    let announced = send("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n");
    let none = no_answer(vec![announced, Act::Pause(Duration::from_secs(1))]).await;
    assert_eq!(none.outcome, Outcome::TooLarge);
    assert_eq!(none.reason, "body of 1001 bytes, over the limit of 1000");
    assert_eq!((none.http_status, none.partial.len()), (Some(200), 0));

    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(500_000));
    let none = no_answer(vec![send(&endless), Act::Pause(Duration::from_secs(1))]).await;
    assert_eq!(none.outcome, Outcome::TooLarge);
    assert_eq!(none.reason, "body over the limit of 1000 bytes");
    assert!(none.partial.len() > 1_000);
    assert!(none.partial.len() <= crate::cloud::receive::TOO_LARGE_KEPT_BYTES);

    let exact = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}",
        "x".repeat(1000)
    );
    assert_eq!(answer(vec![send(&exact)]).await.body.len(), 1_000);
}

#[tokio::test]
async fn headers_over_the_limit() {
    let many = "x: y\r\n".repeat(101);
    let none = no_answer(vec![send(&format!("HTTP/1.1 200 OK\r\n{many}\r\n"))]).await;
    assert_eq!(none.outcome, Outcome::TooLarge);
    let long = "y".repeat(2_000_000);
    let none = no_answer(vec![send(&format!("HTTP/1.1 200 OK\r\nx: {long}\r\n\r\n"))]).await;
    assert_eq!(none.outcome, Outcome::TooLarge);
    assert_eq!(none.reason, "headers too large");
}
