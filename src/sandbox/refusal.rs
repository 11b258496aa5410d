//! An error as the cloud words it: HTTP status, Code, Message.
//!
//! Codes and statuses are those that the products' error pages document; texts follow theirs.

use std::fmt;

/// A call that is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Status of the HTTP answer.
    pub http_status: u16,
    /// `Code`.
    pub code: String,
    /// `Message`.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(http_status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            http_status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// A parameter or header that must be there and is not.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(
            400,
            "MissingParameter",
            format!("{name} is mandatory for this action."),
        )
    }

    /// A parameter whose value cannot be.
    pub(super) fn invalid(name: &str, reason: &str) -> Self {
        Self::new(
            400,
            "InvalidParameter",
            format!("The specified parameter {name} is invalid, {reason}."),
        )
    }

    /// Signing that is not even of the right form.
    pub(super) fn incomplete_signature(reason: &str) -> Self {
        Self::new(
            400,
            "IncompleteSignature",
            format!("The request signature does not conform to Aliyun standards: {reason}."),
        )
    }

    /// A signature that is not ours. Like the real gateway it shows what *it* has signed, with
    /// every secret that is part of that.
    pub(super) fn signature_mismatch(string_to_sign: &str) -> Self {
        Self::new(
            400,
            "SignatureDoesNotMatch",
            format!(
                "Specified signature is not matched with our calculation. \
                 server string to sign is:{string_to_sign}"
            ),
        )
    }

    /// A key that nobody has.
    pub(super) fn unknown_key() -> Self {
        Self::new(
            404,
            "InvalidAccessKeyId.NotFound",
            "Specified access key is not found.",
        )
    }

    /// A token that is not that of the key.
    pub(super) fn token_mismatch() -> Self {
        Self::new(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        )
    }

    /// A token that is no token.
    pub(super) fn token_malformed() -> Self {
        Self::new(
            400,
            "InvalidSecurityToken.Malformed",
            "Specified SecurityToken is malformed.",
        )
    }

    /// An action that the product does not have.
    pub(super) fn unknown_action() -> Self {
        Self::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }

    /// A key that was switched off.
    pub(super) fn disabled_key() -> Self {
        let message = "Specified access key is disabled.";
        Self::new(400, "InvalidAccessKeyId.Inactive", message)
    }

    /// Temporary credentials whose time is over.
    pub(super) fn token_expired() -> Self {
        let message = "Specified SecurityToken is expired.";
        Self::new(400, "InvalidSecurityToken.Expired", message)
    }

    /// A life of temporary credentials that is too short or too long.
    pub(super) fn duration() -> Self {
        Self::new(
            400,
            "InvalidParameter.DurationSeconds",
            "The Min/Max value of DurationSeconds is 15min/MaxSessionDuration of the role.",
        )
    }

    /// More calls than are allowed.
    pub(super) fn throttled() -> Self {
        let message = "Request was denied due to user flow control.";
        Self::new(400, "Throttling.User", message)
    }

    /// A role that does not let itself be assumed by this caller.
    pub(super) fn no_permission() -> Self {
        Self::new(
            403,
            "NoPermission",
            "You are not authorized to do this action. You should be authorized by RAM.",
        )
    }

    /// A stack group that this account does not have in this region.
    pub(super) fn group_not_found(name: &str) -> Self {
        Self::new(
            404,
            "StackGroupNotFound",
            format!("The StackGroup ({name}) could not be found."),
        )
    }

    /// An operation that this account does not have in this region.
    pub(super) fn operation_not_found(operation_id: &str) -> Self {
        Self::new(
            404,
            "StackGroupOperationNotFound",
            format!("The StackGroupOperation ({operation_id}) could not be found."),
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HTTP {} {}: {}",
            self.http_status, self.code, self.message
        )
    }
}
