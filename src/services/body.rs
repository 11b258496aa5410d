//! The bytes of an answer together with what was read of them.
//!
//! A recorder reads an answer twice, once where it was asked and once where rows are derived from it. Nearly
//! all that is ever read are pages of results in their usual form, and such a page is parsed once: by whoever
//! comes first. Depends on nothing of ours beside this room.

use std::sync::{Arc, OnceLock};

use super::answer::{Answer, Asked, UsualPage, read_other, usual_page};
use crate::model::Action;

/// The body of an answer, shared: a clone is a reference.
#[derive(Debug, Clone)]
pub struct Body(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bytes: Vec<u8>,
    /// What it says as a page of results in its usual form; `None` within where it has another.
    page: OnceLock<Option<UsualPage>>,
}

impl Body {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Reads it as an answer to `action`. Never fails: what cannot be read is an outcome, too.
    pub fn read(&self, action: Action, asked: &Asked, http_status: u16) -> Answer {
        let page = match UsualPage::may_answer(action, http_status) {
            true => self.0.page.get_or_init(|| usual_page(self.bytes())),
            false => &None,
        };
        match page {
            Some(page) => page.answer(asked),
            None => read_other(action, asked, http_status, self.bytes()),
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Shared {
            bytes,
            page: OnceLock::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn one_body_may_answer_several_requests() {
        let body = Body::from(
            br#"{"PageNumber":2,"TotalCount":0,"StackGroupOperationResults":[]}"#.to_vec(),
        );
        let asked = |page: &str| -> Asked { [("PageNumber", page)].into_iter().collect() };
        let results = Action::ListStackGroupOperationResults;
        for (action, asked, http_status, outcome) in [
            (results, asked("2"), 200, Outcome::Ok),
            (results, asked("1"), 200, Outcome::WrongEntity),
            (results, asked("2"), 500, Outcome::ServerError),
            (
                Action::GetStackGroupOperation,
                asked("2"),
                200,
                Outcome::InvalidAnswer,
            ),
        ] {
            let read = body.read(action, &asked, http_status);
            assert_eq!(read.outcome, outcome, "{action} {http_status}");
            let anew = Body::from(body.bytes().to_vec());
            assert_eq!(read, anew.read(action, &asked, http_status));
        }
    }
}
