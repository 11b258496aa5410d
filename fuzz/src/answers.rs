//! Answers of the cloud, and what people pipe into `watch add --from-answer`.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use optrail::cli::from_answer;
use optrail::cloud::exchange::{Framing, RETRY_AFTER_LIMIT_MS};
use optrail::cloud::head::Head;
use optrail::cloud::retry::next_delay;
use optrail::model::{Action, Outcome, Service};
use optrail::services::document::Document;
use optrail::services::{Answer, Asked, Body, Content, embedded_json};

use crate::{pick, text};

/// Statuses that services and gateways answer with.
const STATUSES: [u16; 10] = [200, 201, 400, 401, 403, 404, 429, 500, 503, 302];

/// What the seeds are answers to.
fn asked() -> Asked {
    [
        ("OperationId", "645d0eed-f1e6-40b0-8e8f-0e1eaa34da6f"),
        ("TaskId", "123456"),
        ("RegionId", "cn-hangzhou"),
        ("PageNumber", "1"),
        ("PageSize", "50"),
        ("StackGroupName", "MyStackGroup"),
    ]
    .into_iter()
    .collect()
}

/// The first byte picks the action, the second the status.
pub fn answer(bytes: &[u8]) {
    let (action, bytes) = pick(bytes);
    let (status, body) = pick(bytes);
    let action = Action::ALL[action % Action::ALL.len()];
    let status = STATUSES[status % STATUSES.len()];
    let asked = asked();
    let read = |status| Body::from(body.to_vec()).read(action, &asked, status);
    let answer = read(status);
    assert_eq!(answer, read(status));
    let _ = answer.explanation(status);
    let document = Document::parse(body);
    if document.is_err() {
        assert_ne!(answer.outcome, Outcome::Ok, "read from what is no document");
        assert!(matches!(
            answer.content,
            Content::Nothing | Content::Unreadable(_)
        ));
    }
    if answer.outcome == Outcome::Ok {
        assert!((200..300).contains(&status));
        assert_eq!((&answer.code, &answer.message), (&None, &None));
    }
    unknown_is_bounded(&answer);
    if status == 200 {
        // The short way for usual pages and the long one for all others read the same.
        let slow = read(201);
        assert_eq!(answer, slow);
    }
    if let Some(text) = text(body)
        && let Some(json) = embedded_json(text)
    {
        assert_eq!(embedded_json(&json).as_ref(), Some(&json));
    }
}

/// What the program does not know of an answer has an end, however much there is.
fn unknown_is_bounded(answer: &Answer) {
    let (unknown, extra) = match &answer.content {
        Content::RosOperation(reading) => (&reading.unknown, &reading.extra),
        Content::ResultsPage(reading) => (&reading.unknown, &reading.extra),
        Content::Bpstudio(reading) => (&reading.unknown, &reading.extra),
        Content::Batch(reading) => (&reading.unknown, &reading.extra),
        Content::Regions(reading) => (&reading.unknown, &reading.extra),
        Content::StackGroupsPage(reading) => (&reading.unknown, &reading.extra),
        Content::GroupOperationsPage(reading) => (&reading.unknown, &reading.extra),
        Content::BatchDetailsPage(reading) => (&reading.unknown, &reading.extra),
        Content::CallerIdentity(reading) => (&reading.unknown, &reading.extra),
        Content::Nothing | Content::Unreadable(_) | Content::WrongEntity(_) | Content::Stopped => {
            return;
        }
    };
    assert!(unknown.len() <= 1_000);
    let short = |text: &str| text.chars().count() <= 201;
    assert!(
        unknown
            .iter()
            .all(|item| short(&item.name) && short(&item.value))
    );
    if let Some(extra) = extra {
        assert!(extra.as_object().is_some_and(|extra| extra.len() <= 1_000));
    }
}

/// The first byte picks the service that is meant, if any.
pub fn from_answer(bytes: &[u8]) {
    let (service, bytes) = pick(bytes);
    let Some(text) = text(bytes) else { return };
    let services = [
        None,
        Some(Service::Ros),
        Some(Service::Bpstudio),
        Some(Service::Alidns),
    ];
    let service = services[service % services.len()];
    if let Ok(started) = from_answer::read(text, service) {
        assert!(service.is_none_or(|wanted| wanted == started.service));
        assert!(!started.operation_id.trim().is_empty());
    }
}

/// The longest delay that anybody waits, ms: what a service may ask for, and the range of chance on top of it.
const DELAY_MS_MAX: u128 = 120_000 + 20_000;

/// Lines of a head, behind a byte for the status. What is read has bounds, whatever is announced.
pub fn head(bytes: &[u8]) {
    let (status, bytes) = pick(bytes);
    let status = STATUSES[status % STATUSES.len()];
    let status = StatusCode::from_u16(status).expect("a status");
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(parts.next().unwrap_or_default());
        let value = HeaderValue::from_bytes(parts.next().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let head = Head::read(status, &headers);
    let is_ascii = |text: &Option<String>| text.as_ref().is_none_or(|text| text.is_ascii());
    assert!(is_ascii(&head.date) && is_ascii(&head.content_type));
    if let Some(ms) = head.retry_after_ms {
        assert!((1..=RETRY_AFTER_LIMIT_MS).contains(&ms));
    }
    if head.announced_bytes.is_some() {
        assert_eq!(head.framing, Framing::Length);
    }
    for attempt in 1..=4 {
        let delay = next_delay(
            Outcome::Throttled,
            None,
            attempt,
            head.retry_after_ms,
            0.999,
        );
        assert_eq!(delay.is_none(), attempt == 4);
        assert!(delay.is_none_or(|delay| delay.as_millis() <= DELAY_MS_MAX));
    }
}
