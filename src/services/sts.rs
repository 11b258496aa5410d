//! Security Token Service: whose credentials ask, and so whose account an answer belongs to.

use super::Request;
use super::document::Document;
use super::reading::{InvalidAnswer, Reading, Unknowns};
use crate::model::{Action, CallerIdentity};

const IDENTITY_TYPES: [&str; 3] = ["Account", "RAMUser", "AssumedRoleUser"];

/// Asks whose credentials these are.
pub fn caller_identity() -> Request {
    Request {
        action: Action::GetCallerIdentity,
        parameters: Vec::new(),
    }
}

/// Reads the identity. An answer without AccountId is invalid: every key begins with it.
pub fn read_identity(document: &Document) -> Result<Reading<CallerIdentity>, InvalidAnswer> {
    let mut unknowns = Unknowns::default();
    let mut fields = document.fields("CallerIdentity");
    let identity = CallerIdentity {
        account_id: fields.required_text("AccountId")?,
        arn: fields.text("Arn")?,
        identity_type: fields.text("IdentityType")?,
        principal_id: fields.text("PrincipalId")?,
        role_id: fields.text("RoleId")?,
        user_id: fields.text("UserId")?,
    };
    fields.finish(&mut unknowns);
    unknowns.word_outside(
        &IDENTITY_TYPES,
        "CallerIdentity.IdentityType",
        identity.identity_type.as_deref(),
    );
    Ok(unknowns.reading(identity))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_needs_its_account() {
        let read = |body: &str| read_identity(&Document::parse(body.as_bytes()).unwrap());
        let body = r#"{"AccountId":1234567890123456,"Arn":"acs:ram::1234567890123456:user/u",
            "IdentityType":"RAMUser","PrincipalId":"p","UserId":"u","RequestId":"R"}"#;
        let reading = read(body).unwrap();
        assert_eq!(reading.value.account_id, "1234567890123456");
        assert_eq!(reading.value.role_id, None);
        assert_eq!(reading.value.user_id.as_deref(), Some("u"));
        assert!(reading.unknown.is_empty());
        let error = read(r#"{"Arn":"a"}"#).expect_err("no account");
        assert_eq!(error.reason, "CallerIdentity.AccountId is missing");
        assert!(caller_identity().parameters.is_empty());
    }
}
