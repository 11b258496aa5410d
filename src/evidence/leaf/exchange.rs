//! What came of one request: an answer, or none.

use serde::{Deserialize, Serialize};

use super::ask::{Ask, Call, Parameters};
use super::date::ServerDate;
use super::fields::{millis, optional_word, words};
use crate::evidence::digest::Digest;
use crate::evidence::redact::Span;
use crate::model::{Action, Outcome, UtcMillis};

/// The attempt that a line does not mention.
pub(super) const FIRST_ATTEMPT: u32 = 1;

/// The HTTP status that an `exchange` does not mention.
pub(super) const HTTP_OK: u16 = 200;

/// `exchange`: one HTTP answer, whatever it says. Code, Message, TotalCount and RequestId are in the
/// body and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The run.
    pub run: i64,
    /// What was asked.
    pub ask: Ask,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// When the request was sent.
    pub requested_at: UtcMillis,
    /// When the last byte of the answer was there.
    pub received_at: UtcMillis,
    /// The HTTP status.
    pub http_status: u16,
    /// The `Date` header.
    pub date: Option<ServerDate>,
    /// How long the cloud asks to wait (header `x-acs-retry-after`).
    pub retry_after_ms: Option<u64>,
    /// How the end of the body was known.
    pub framing: Framing,
    /// The body.
    pub body: KeptBody,
}

/// `no_answer`: an attempt that brought no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// The run.
    pub run: i64,
    /// What was asked.
    pub ask: Ask,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// When the request was begun.
    pub requested_at: UtcMillis,
    /// When the attempt was given up.
    pub received_at: UtcMillis,
    /// In which way there is no answer.
    pub outcome: Lack,
    /// In short words why: `dns`, `connect`, `body ended after 17 of 4096 bytes`.
    pub reason: String,
    /// The HTTP status, where the head of an answer arrived.
    pub http_status: Option<u16>,
    /// The bytes that did arrive, where some were kept. They are never read as an answer.
    pub partial: Option<KeptBody>,
}

/// A body as kept: after redaction, before the split into template and RequestId.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBody {
    /// Its length in bytes.
    pub length: u64,
    /// Its digest.
    pub digest: Digest,
    /// What was cut out of it.
    pub redacted: Vec<Span>,
}

/// How the end of a body was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// By a Content-Length; the line does not mention it.
    Length,
    /// By the last chunk.
    Chunked,
    /// By the end of the connection: nothing but the body itself says that it is whole.
    Close,
}

words!(Framing, "framing", { Length => "length", Chunked => "chunked", Close => "close" });

/// The ways in which there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lack {
    /// Nothing: name, connection, TLS, time.
    Unreachable,
    /// It broke off.
    Truncated,
    /// It went over the size limit.
    TooLarge,
}

words!(Lack, "outcome without an answer", {
    Unreachable => "unreachable",
    Truncated => "truncated",
    TooLarge => "too_large",
});

impl From<Lack> for Outcome {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Unreachable => Self::Unreachable,
            Lack::Truncated => Self::Truncated,
            Lack::TooLarge => Self::TooLarge,
        }
    }
}

/// Both leaves as they stand in a line, flat: the fields of both, in the one order that holds for
/// both. The public shapes are made from it and into it.
#[derive(Serialize, Deserialize)]
pub(super) struct AttemptFields {
    run: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(
        default,
        with = "optional_word",
        skip_serializing_if = "Option::is_none"
    )]
    action: Option<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Parameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervention: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(with = "millis")]
    requested_at: UtcMillis,
    #[serde(with = "millis")]
    received_at: UtcMillis,
    #[serde(
        default,
        with = "optional_word",
        skip_serializing_if = "Option::is_none"
    )]
    outcome: Option<Lack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<ServerDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(
        default,
        with = "optional_word",
        skip_serializing_if = "Option::is_none"
    )]
    framing: Option<Framing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Digest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    redacted: Vec<Span>,
}

/// A field that this leaf cannot do without, or cannot have beside the others.
#[derive(Debug, thiserror::Error)]
pub(super) enum FieldsError {
    #[error("missing field `{0}`")]
    Missing(&'static str),
    #[error("a page of a listing and a call of its own at once")]
    TwoAsks,
}

impl AttemptFields {
    /// The part that both leaves share; what neither mentions is absent.
    fn of(
        run: i64,
        ask: &Ask,
        attempt: u32,
        requested_at: UtcMillis,
        received_at: UtcMillis,
    ) -> Self {
        let (page, call) = match ask {
            Ask::Page { listing, page } => (Some((*listing, *page)), None),
            Ask::Call(call) => (None, Some(call)),
        };
        Self {
            run,
            listing: page.map(|(listing, _)| listing),
            page: page.map(|(_, page)| page),
            label: call.and_then(|call| call.label.clone()),
            account: call.and_then(|call| call.account.clone()),
            action: call.map(|call| call.action),
            region: call.and_then(|call| call.region.clone()),
            parameters: call.map(|call| call.parameters.clone()),
            intervention: call.and_then(|call| call.intervention),
            watch: call.and_then(|call| call.watch),
            attempt: Some(attempt).filter(|attempt| *attempt != FIRST_ATTEMPT),
            requested_at,
            received_at,
            outcome: None,
            reason: None,
            http_status: None,
            date: None,
            retry_after_ms: None,
            framing: None,
            length: None,
            body: None,
            redacted: Vec::new(),
        }
    }

    fn with_body(mut self, body: &KeptBody) -> Self {
        self.length = Some(body.length);
        self.body = Some(body.digest);
        self.redacted = body.redacted.clone();
        self
    }

    fn take_ask(&mut self) -> Result<Ask, FieldsError> {
        if let Some(listing) = self.listing {
            if self.action.is_some() {
                return Err(FieldsError::TwoAsks);
            }
            let page = self.page.ok_or(FieldsError::Missing("page"))?;
            return Ok(Ask::Page { listing, page });
        }
        Ok(Ask::Call(Call {
            label: self.label.take(),
            account: self.account.take(),
            action: self.action.ok_or(FieldsError::Missing("action"))?,
            region: self.region.take(),
            parameters: self
                .parameters
                .take()
                .ok_or(FieldsError::Missing("parameters"))?,
            intervention: self.intervention,
            watch: self.watch,
        }))
    }

    fn take_body(&mut self) -> Result<Option<KeptBody>, FieldsError> {
        let Some(digest) = self.body else {
            return Ok(None);
        };
        Ok(Some(KeptBody {
            length: self.length.ok_or(FieldsError::Missing("length"))?,
            digest,
            redacted: std::mem::take(&mut self.redacted),
        }))
    }
}

impl From<&Exchange> for AttemptFields {
    fn from(leaf: &Exchange) -> Self {
        Self {
            http_status: Some(leaf.http_status).filter(|status| *status != HTTP_OK),
            date: leaf.date.clone(),
            retry_after_ms: leaf.retry_after_ms,
            framing: Some(leaf.framing).filter(|framing| *framing != Framing::Length),
            ..Self::of(
                leaf.run,
                &leaf.ask,
                leaf.attempt,
                leaf.requested_at,
                leaf.received_at,
            )
            .with_body(&leaf.body)
        }
    }
}

impl TryFrom<AttemptFields> for Exchange {
    type Error = FieldsError;

    fn try_from(mut fields: AttemptFields) -> Result<Self, Self::Error> {
        Ok(Self {
            run: fields.run,
            ask: fields.take_ask()?,
            attempt: fields.attempt.unwrap_or(FIRST_ATTEMPT),
            requested_at: fields.requested_at,
            received_at: fields.received_at,
            http_status: fields.http_status.unwrap_or(HTTP_OK),
            body: fields.take_body()?.ok_or(FieldsError::Missing("body"))?,
            date: fields.date,
            retry_after_ms: fields.retry_after_ms,
            framing: fields.framing.unwrap_or(Framing::Length),
        })
    }
}

impl From<&NoAnswer> for AttemptFields {
    fn from(leaf: &NoAnswer) -> Self {
        let shared = Self::of(
            leaf.run,
            &leaf.ask,
            leaf.attempt,
            leaf.requested_at,
            leaf.received_at,
        );
        let shared = match &leaf.partial {
            Some(body) => shared.with_body(body),
            None => shared,
        };
        Self {
            outcome: Some(leaf.outcome),
            reason: Some(leaf.reason.clone()),
            http_status: leaf.http_status,
            ..shared
        }
    }
}

impl TryFrom<AttemptFields> for NoAnswer {
    type Error = FieldsError;

    fn try_from(mut fields: AttemptFields) -> Result<Self, Self::Error> {
        Ok(Self {
            run: fields.run,
            ask: fields.take_ask()?,
            attempt: fields.attempt.unwrap_or(FIRST_ATTEMPT),
            requested_at: fields.requested_at,
            received_at: fields.received_at,
            outcome: fields.outcome.ok_or(FieldsError::Missing("outcome"))?,
            partial: fields.take_body()?,
            reason: fields.reason.ok_or(FieldsError::Missing("reason"))?,
            http_status: fields.http_status,
        })
    }
}
