//! Failures on purpose: which call fails, how, and how often.
//!
//! A fault strikes a call whose signature and parameters are right. Some faults stand before the
//! service, so that the call is not carried out; the others break, change or withhold an answer
//! after it was. The difference is what a recorder of a stop has to find out, so each kind of fault
//! says which it is.

use super::answer::{Object, Value};
use super::call::Call;
use super::world::Word;

/// Which calls a fault strikes; what is `None` matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matcher {
    /// Name of the action.
    pub action: Option<String>,
    /// The operation or task that is asked for.
    pub operation: Option<String>,
    /// The page that is asked for.
    pub page: Option<u32>,
    /// So many matching calls are let through first.
    pub skip: u32,
}

/// A scripted failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Which calls it strikes.
    pub matcher: Matcher,
    /// What happens.
    pub kind: FaultKind,
    /// How many calls it strikes; `u32::MAX`: all.
    pub times: u32,
}

impl Fault {
    /// Strikes the next call, whichever it is.
    pub fn once(kind: FaultKind) -> Self {
        Self::times(kind, 1)
    }

    /// Strikes the next `times` calls.
    pub fn times(kind: FaultKind, times: u32) -> Self {
        Self {
            matcher: Matcher::default(),
            kind,
            times,
        }
    }

    /// Only calls of this action.
    pub fn on_action(mut self, action: impl Into<String>) -> Self {
        self.matcher.action = Some(action.into());
        self
    }

    /// Only calls that ask for this operation or task.
    pub fn on_operation(mut self, operation: impl Into<String>) -> Self {
        self.matcher.operation = Some(operation.into());
        self
    }

    /// Only calls that ask for this page.
    pub fn on_page(mut self, page: u32) -> Self {
        self.matcher.page = Some(page);
        self
    }

    /// Only after so many matching calls.
    pub fn after(mut self, calls: u32) -> Self {
        self.matcher.skip = calls;
        self
    }

    fn matches(&self, call: &Call) -> bool {
        let Matcher {
            action,
            operation,
            page,
            skip: _,
        } = &self.matcher;
        action.as_deref().is_none_or(|a| a == call.action())
            && (operation.is_none() || *operation == call.operation())
            && (page.is_none() || *page == call.page())
    }
}

/// A spelling in which a secret can leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As it is.
    Plain,
    /// Percent-encoded.
    Percent,
    /// Percent-encoded twice.
    PercentTwice,
    /// Base64.
    Base64,
    /// Hexadecimal.
    Hex,
    /// Hexadecimal with blanks between the bytes.
    SpacedHex,
}

impl Spelling {
    /// Every spelling.
    pub const ALL: [Self; 6] = [
        Self::Plain,
        Self::Percent,
        Self::PercentTwice,
        Self::Base64,
        Self::Hex,
        Self::SpacedHex,
    ];
}

/// What happens to a call. Those from `Error` to `EchoSecrets` are answered instead of the call, which
/// is not carried out; all that follow break the answer to a call that was carried out, unless they
/// say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// Any error in the service's own form.
    Error {
        /// Status of the HTTP answer.
        http_status: u16,
        /// `Code`.
        code: String,
        /// `Message`.
        message: String,
    },
    /// HTTP 400 Throttling.User, with `x-acs-retry-after` if a time is given.
    Throttle {
        /// When to come again, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// HTTP 403 Forbidden.RAM.
    Denied,
    /// HTTP 503 ServiceUnavailable.
    ServiceUnavailable,
    /// HTTP 502 with a page of HTML, as a proxy answers.
    BadGateway,
    /// HTTP 200 with a page of HTML, as a captive portal answers.
    ProxyPage,
    /// HTTP 302 to another address; a client that follows it gives its token away.
    Redirect {
        /// Where to.
        location: String,
    },
    /// SignatureDoesNotMatch whose Message holds string to sign, signature, token and secret.
    EchoSecrets(Vec<Spelling>),
    /// HTTP 200 with no body.
    EmptyBody,
    /// HTTP 200 with the body `null`.
    NullBody,
    /// Half of the body that Content-Length promises, then the connection ends.
    CutBody,
    /// A body of the right length whose middle is no UTF-8.
    GarbledBody,
    /// A body of UTF-8 that ends too early, with the length of what there is: no JSON, no XML.
    BrokenJson,
    /// A body that goes on for at least so many bytes.
    Oversized {
        /// Length of the body, in bytes.
        bytes: usize,
    },
    /// The connection ends without an answer.
    Disconnect {
        /// Whether the call was carried out before.
        carried_out: bool,
    },
    /// The right answer after a while, in real time.
    Hang {
        /// How long it takes, in milliseconds.
        ms: u64,
    },
    /// The answer of another operation, task or page than the one that was asked for.
    WrongEntity,
    /// Every status is this word.
    UnknownWord(Word),
    /// One more field in the entity.
    UnknownField {
        /// Its name.
        name: Word,
        /// Its text.
        value: Word,
    },
}

impl FaultKind {
    /// Whether the answer reaches the client as the service meant it.
    pub(super) fn is_faithful(&self) -> bool {
        matches!(self, Self::Hang { .. })
    }

    /// Changes what an answer says, for the kinds that do.
    pub(super) fn distort(&self, call: &Call, answer: &mut Object) {
        match self {
            Self::WrongEntity => answer_for_another(call, answer),
            Self::UnknownWord(word) => for_each_entity(answer, &mut |entity| {
                if let Some(Value::Text(status)) = entity.get_mut("Status") {
                    *status = word.clone();
                }
            }),
            Self::UnknownField { name, value } => for_each_entity(answer, &mut |entity| {
                *entity = std::mem::take(entity).with(name.clone(), value.clone());
            }),
            _ => {}
        }
    }
}

/// The scripted faults of one sandbox, in the order in which they were scripted.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<Fault>);

impl Script {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The fault that strikes this call, if any; counts it. A fault that still lets calls through
    /// counts this one and leaves it to the next.
    pub(super) fn strike(&mut self, call: &Call) -> Option<FaultKind> {
        for fault in &mut self.0 {
            if fault.times == 0 || !fault.matches(call) {
                continue;
            }
            if fault.matcher.skip > 0 {
                fault.matcher.skip -= 1;
                continue;
            }
            if fault.times != u32::MAX {
                fault.times -= 1;
            }
            return Some(fault.kind.clone());
        }
        None
    }
}

/// The parts of an answer that describe an operation, a row or a task.
fn for_each_entity(answer: &mut Object, change: &mut dyn FnMut(&mut Object)) {
    for wrapper in ["StackGroupOperation", "Data"] {
        if let Some(Value::Object(entity)) = answer.get_mut(wrapper) {
            return change(entity);
        }
    }
    if let Some(Value::Object(details)) = answer.get_mut("BatchResultDetails") {
        return for_each_row(details, change);
    }
    for_each_row(answer, change);
}

/// The rows of a listing; the answer itself where it is none.
fn for_each_row(answer: &mut Object, change: &mut dyn FnMut(&mut Object)) {
    for list in [
        "StackGroupOperationResults",
        "StackGroupOperations",
        "StackGroups",
        "Regions",
        "BatchResultDetail",
    ] {
        if let Some(Value::List(rows)) = answer.get_mut(list) {
            for row in rows {
                if let Value::Object(row) = row {
                    change(row);
                }
            }
            return;
        }
    }
    change(answer);
}

fn answer_for_another(call: &Call, answer: &mut Object) {
    if let Some(Value::Int(page_number)) = answer.get_mut("PageNumber") {
        *page_number += 1;
    } else if call.operation().is_none() {
        // Whoever asks for the last task names none, and knows it from this answer alone: there is no other.
        return;
    }
    for_each_entity(answer, &mut |entity| {
        if let Some(Value::Text(id)) = entity.get_mut("OperationId") {
            // Stays an id by its form: the last character becomes another hexadecimal digit.
            let mut other = id.to_string();
            let last = if other.pop() == Some('0') { '1' } else { '0' };
            other.push(last);
            *id = other.into();
        }
        if let Some(Value::Int(task_id)) = entity.get_mut("TaskId") {
            *task_id = task_id.wrapping_add(1);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::call::{Lang, RosTarget, TaskFilter};

    fn identity() -> Call {
        Call::GetCallerIdentity
    }

    fn task(task_id: i64) -> Call {
        Call::DescribeBatchResultCount(TaskFilter {
            task_id: Some(task_id),
            batch_type: None,
            lang: Lang::En,
        })
    }

    #[test]
    fn a_fault_strikes_what_it_matches_as_often_as_it_says() {
        let mut script = Script::default();
        script.add(
            Fault::times(FaultKind::NullBody, 2)
                .on_action("DescribeBatchResultCount")
                .on_operation("7")
                .after(1),
        );
        script.add(Fault::once(FaultKind::Denied).on_action("GetCallerIdentity"));
        assert_eq!(script.strike(&task(8)), None);
        assert_eq!(script.strike(&task(7)), None, "let through");
        assert_eq!(script.strike(&identity()), Some(FaultKind::Denied));
        assert_eq!(script.strike(&identity()), None, "once is once");
        assert_eq!(script.strike(&task(7)), Some(FaultKind::NullBody));
        assert_eq!(script.strike(&task(7)), Some(FaultKind::NullBody));
        assert_eq!(script.strike(&task(7)), None);
    }

    #[test]
    fn another_entity_is_another_id_of_the_same_form() {
        let operation = |id: &'static str| {
            let entity = Object::new().with("OperationId", id);
            Object::new().with("StackGroupOperation", entity)
        };
        let id = "6da106ca-1784-4a6f-a7e1-e723863d0000";
        let call = Call::GetStackGroupOperation(RosTarget {
            region_id: "cn-hangzhou".to_owned(),
            operation_id: id.to_owned(),
        });
        let mut answer = operation(id);
        FaultKind::WrongEntity.distort(&call, &mut answer);
        assert_eq!(answer, operation("6da106ca-1784-4a6f-a7e1-e723863d0001"));
    }

    #[test]
    fn where_no_task_is_named_none_is_another() {
        let told = |call: &Call| {
            let mut answer = Object::new().with("TaskId", Value::Int(7));
            FaultKind::WrongEntity.distort(call, &mut answer);
            answer
        };
        let with = |task_id: i64| Object::new().with("TaskId", Value::Int(task_id));
        assert_eq!(told(&task(7)), with(8));
        let last = Call::DescribeBatchResultCount(TaskFilter {
            task_id: None,
            batch_type: None,
            lang: Lang::En,
        });
        assert_eq!(told(&last), with(7));
    }
}
