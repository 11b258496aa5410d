//! The one way in for whoever holds an answer: bytes and what was asked, to outcome and reading.
//!
//! Recording comes here while it collects, and again whenever it derives rows from kept evidence, so this
//! depends on nothing but its arguments. [`super::Body`] is the door.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alidns::{BatchAnswer, read_batch_count, read_batch_detail};
use super::bpstudio::{BpstudioAnswer, read_result};
use super::classify::classify;
use super::document::{Document, text_of};
use super::reading::{InvalidAnswer, Reading};
use super::request::Request;
use super::ros::{
    read_group_operations, read_groups, read_operation, read_page, read_page_typed, read_regions,
};
use super::sts::read_identity;
use crate::model::{
    Action, BatchDetail, CallerIdentity, ListPage, ListedOperation, Outcome, ResultsPage,
    RosOperation, RosRegion, StackGroup,
};

/// The business parameters of the request that an answer belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    parameters: BTreeMap<String, String>,
}

impl Asked {
    /// The value of a parameter, if it was sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        request.parameters.iter().cloned().collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Asked {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(parameters: I) -> Self {
        Self {
            parameters: parameters
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What became of the request.
    pub outcome: Outcome,
    /// The cloud's error code as sent; `None` for [`Outcome::Ok`].
    pub code: Option<String>,
    /// The cloud's message as sent; `None` for [`Outcome::Ok`].
    pub message: Option<String>,
    /// The id that the cloud gave the request.
    pub request_id: Option<String>,
    /// What was read.
    pub content: Content,
}

impl Answer {
    /// Why it is not plain ok, in words: the cloud's own, or ours where it has none. `None` where the code
    /// says all.
    pub fn explanation(&self, http_status: u16) -> Option<String> {
        match &self.content {
            Content::Unreadable(invalid) => Some(invalid.reason.clone()),
            Content::WrongEntity(mismatch) => Some(format!(
                "asked for {} {}, answered {}",
                mismatch.parameter, mismatch.asked, mismatch.answered
            )),
            Content::Bpstudio(_) if self.outcome == Outcome::Expired => {
                Some("the answer has no Data: the id is past its hour, or never was one".to_owned())
            }
            Content::Batch(_) if self.outcome == Outcome::NotFound => {
                Some("Status -1: the account has no such task".to_owned())
            }
            _ if self.message.is_none() && self.code.is_none() => {
                Some(format!("HTTP {http_status} without a code"))
            }
            _ => self.message.clone(),
        }
    }
}

/// What was read from an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing: the answer is a failure, and outcome, code and message say all.
    Nothing,
    /// With [`Outcome::InvalidAnswer`] alone: why it cannot be read.
    Unreadable(InvalidAnswer),
    /// With [`Outcome::WrongEntity`] alone: what it is about instead. Nothing is derived from it.
    WrongEntity(Mismatch),
    /// A stack-group operation.
    RosOperation(Box<Reading<RosOperation>>),
    /// A page of results.
    ResultsPage(Arc<Reading<ResultsPage>>),
    /// A stop was accepted; the answer says no more.
    Stopped,
    /// A CADT operation, or its expiry (outcome `expired`).
    Bpstudio(Box<Reading<BpstudioAnswer>>),
    /// Counts of a DNS batch, or that there is none: with outcome `not_found` if it was asked for
    /// by id, with `ok` if the account's last task was.
    Batch(Box<Reading<BatchAnswer>>),
    /// The regions in which the service has stack groups.
    Regions(Reading<Vec<RosRegion>>),
    /// A page of stack groups.
    StackGroupsPage(Reading<ListPage<StackGroup>>),
    /// A page of the operations of the stack groups of one name.
    GroupOperationsPage(Reading<ListPage<ListedOperation>>),
    /// A page of the rows of a DNS batch.
    BatchDetailsPage(Reading<ListPage<BatchDetail>>),
    /// Whose credentials ask.
    CallerIdentity(Box<Reading<CallerIdentity>>),
}

/// The entity that was asked for and the one that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The parameter that names the entity.
    pub parameter: &'static str,
    /// Its value in the request.
    pub asked: String,
    /// Its value in the answer.
    pub answered: String,
}

/// A page of results in its usual form.
#[derive(Debug)]
pub(super) struct UsualPage {
    request_id: Option<String>,
    reading: Arc<Reading<ResultsPage>>,
}

impl UsualPage {
    /// Whether an answer to `action` with that status may be one.
    pub(super) fn may_answer(action: Action, http_status: u16) -> bool {
        action == Action::ListStackGroupOperationResults && http_status == 200
    }

    /// What it says to whoever asked so.
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        let (outcome, content) = checked_page(asked, &self.reading);
        Answer {
            outcome,
            code: None,
            message: None,
            request_id: self.request_id.clone(),
            content,
        }
    }
}

/// Reads a page of results in its usual form; `None` where it has another.
pub(super) fn usual_page(body: &[u8]) -> Option<UsualPage> {
    let (request_id, reading) = read_page_typed(text_of(body).ok()?)?;
    Some(UsualPage {
        request_id,
        reading: Arc::new(reading),
    })
}

/// Reads an answer that is no page of results in its usual form.
pub(super) fn read_other(action: Action, asked: &Asked, http_status: u16, body: &[u8]) -> Answer {
    let document = Document::parse(body);
    let classified = classify(action, http_status, document.as_ref());
    let mut answer = Answer {
        outcome: classified.outcome,
        code: classified.code,
        message: classified.message,
        request_id: document.as_ref().ok().and_then(Document::request_id),
        content: Content::Nothing,
    };
    match document {
        Ok(document) if answer.outcome == Outcome::Ok => {
            (answer.outcome, answer.content) = read_success(action, asked, &document);
            if answer.outcome == Outcome::Expired {
                // What the cloud says beside the missing Data is not documented, so it is told.
                answer.code = document.code();
                answer.message = document.message();
            }
        }
        Ok(_) if answer.outcome == Outcome::InvalidAnswer => {
            let reason = match answer.code {
                None => format!("HTTP {http_status} without a code"),
                Some(_) => format!("HTTP {http_status} is a status that no service answers with"),
            };
            answer.content = Content::Unreadable(InvalidAnswer::new(reason));
        }
        Err(invalid) if answer.outcome == Outcome::InvalidAnswer => {
            answer.content = Content::Unreadable(invalid);
        }
        Ok(_) | Err(_) => {}
    }
    answer
}

fn read_success(action: Action, asked: &Asked, document: &Document) -> (Outcome, Content) {
    let read = match action {
        Action::GetStackGroupOperation => read_operation(document).map(|reading| {
            let answered = reading.value.operation_id.clone();
            checked(asked, "OperationId", answered, || {
                Content::RosOperation(Box::new(reading))
            })
        }),
        Action::ListStackGroupOperationResults => {
            read_page(document).map(|reading| checked_page(asked, &Arc::new(reading)))
        }
        Action::StopStackGroupOperation => read_stop(document),
        Action::GetExecuteOperationResult => {
            read_result(document).map(|reading| checked_bpstudio(asked, reading))
        }
        Action::DescribeBatchResultCount => {
            read_batch_count(document).and_then(|reading| checked_batch(asked, reading))
        }
        Action::GetCallerIdentity => read_identity(document)
            .map(|reading| (Outcome::Ok, Content::CallerIdentity(Box::new(reading)))),
        Action::DescribeRegions => {
            read_regions(document).map(|reading| (Outcome::Ok, Content::Regions(reading)))
        }
        Action::ListStackGroups => read_groups(document)
            .map(|reading| checked_list(asked, reading, Content::StackGroupsPage)),
        Action::ListStackGroupOperations => {
            read_group_operations(document).map(|reading| checked_group_operations(asked, reading))
        }
        Action::DescribeBatchResultDetail => read_batch_detail(document)
            .map(|reading| checked_list(asked, reading, Content::BatchDetailsPage)),
        Action::AssumeRole | Action::AssumeRoleWithOidc => Err(InvalidAnswer::new(
            "an answer that is a credential is not kept, and so not read",
        )),
    };
    read.unwrap_or_else(|invalid| (Outcome::InvalidAnswer, Content::Unreadable(invalid)))
}

/// The answer to a stop is its request id; without one nothing says that it was accepted.
fn read_stop(document: &Document) -> Result<(Outcome, Content), InvalidAnswer> {
    match document.request_id() {
        Some(_) => Ok((Outcome::Ok, Content::Stopped)),
        None => Err(InvalidAnswer::new("RequestId is missing")),
    }
}

fn checked_page(asked: &Asked, reading: &Arc<Reading<ResultsPage>>) -> (Outcome, Content) {
    checked_number(asked, reading.value.page_number, || {
        Content::ResultsPage(Arc::clone(reading))
    })
}

fn checked_list<T>(
    asked: &Asked,
    reading: Reading<ListPage<T>>,
    content: fn(Reading<ListPage<T>>) -> Content,
) -> (Outcome, Content) {
    checked_number(asked, reading.value.page_number, || content(reading))
}

/// Another page than was asked for is an answer to somebody else.
fn checked_number(
    asked: &Asked,
    page_number: Option<i64>,
    content: impl FnOnce() -> Content,
) -> (Outcome, Content) {
    let answered = page_number.map(|number| number.to_string());
    checked(asked, "PageNumber", answered, content)
}

/// A row of another group than was asked for makes the whole page another's.
fn checked_group_operations(
    asked: &Asked,
    reading: Reading<ListPage<ListedOperation>>,
) -> (Outcome, Content) {
    let stranger = asked.get("StackGroupName").and_then(|name| {
        let names = reading.value.rows.iter();
        names
            .filter_map(|row| row.stack_group_name.as_deref())
            .find(|answered| !is_same("StackGroupName", name, answered))
            .map(str::to_owned)
    });
    match stranger {
        Some(answered) => checked(asked, "StackGroupName", Some(answered), || Content::Nothing),
        None => checked_list(asked, reading, Content::GroupOperationsPage),
    }
}

fn checked_bpstudio(asked: &Asked, reading: Reading<BpstudioAnswer>) -> (Outcome, Content) {
    let answered = match &reading.value {
        BpstudioAnswer::Expired => {
            return (Outcome::Expired, Content::Bpstudio(Box::new(reading)));
        }
        BpstudioAnswer::Operation(operation) => operation.operation_id.clone(),
    };
    checked(asked, "OperationId", answered, || {
        Content::Bpstudio(Box::new(reading))
    })
}

/// A task that is not named by the answer is the one asked for; if none was, whose counts these are
/// cannot be known.
fn checked_batch(
    asked: &Asked,
    reading: Reading<BatchAnswer>,
) -> Result<(Outcome, Content), InvalidAnswer> {
    let answered = match &reading.value {
        BatchAnswer::NoTask => {
            let outcome = match asked.get("TaskId") {
                Some(_) => Outcome::NotFound,
                None => Outcome::Ok,
            };
            return Ok((outcome, Content::Batch(Box::new(reading))));
        }
        BatchAnswer::Count(count) => count.task_id.map(|id| id.to_string()),
    };
    if answered.is_none() && asked.get("TaskId").is_none() {
        return Err(InvalidAnswer::new("BatchCount.TaskId is missing"));
    }
    Ok(checked(asked, "TaskId", answered, || {
        Content::Batch(Box::new(reading))
    }))
}

/// `content`, unless the answer names another entity than was asked for. An answer that names
/// none, or an empty one, contradicts nothing.
fn checked(
    asked: &Asked,
    parameter: &'static str,
    answered: Option<String>,
    content: impl FnOnce() -> Content,
) -> (Outcome, Content) {
    match (asked.get(parameter), answered) {
        (Some(asked), Some(answered)) if !is_same(parameter, asked, &answered) => {
            let mismatch = Mismatch {
                parameter,
                asked: asked.to_owned(),
                answered,
            };
            (Outcome::WrongEntity, Content::WrongEntity(mismatch))
        }
        _ => (Outcome::Ok, content()),
    }
}

/// Whether the answer is about what was asked: page and task are numbers (`07` asks for task 7),
/// an operation's id and a group's name are opaque text.
fn is_same(parameter: &str, asked: &str, answered: &str) -> bool {
    let (asked, answered) = (asked.trim(), answered.trim());
    let is_number = matches!(parameter, "PageNumber" | "TaskId");
    answered.is_empty()
        || asked == answered
        || (is_number
            && answered
                .parse::<i64>()
                .is_ok_and(|answered| asked.parse() == Ok(answered)))
}

#[cfg(test)]
mod tests;
