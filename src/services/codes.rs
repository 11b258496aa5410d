//! The error codes of the gateway and the services, and the outcome each stands for.
//!
//! From the vendor's error references of RPC services and of CADT. Letter case is ignored, since
//! the references disagree on it (`InvalidTimeStamp`, `InvalidTimestamp`). A code such as
//! `InvalidTimeStamp.Expired` belongs to the family before its dot.

use crate::model::Outcome;

/// An id that the cloud does not know: facts about what was asked.
const NOT_FOUND: [&str; 4] = [
    "stackgroupoperationnotfound",
    "stackgroupnotfound",
    "stackinstancenotfound",
    "stacknotfound",
];

/// Families: the service failed.
const SERVER_ERROR: [&str; 3] = ["serviceunavailable", "internalerror", "unknownerror"];

/// Families: our timestamp refused.
const CLOCK: [&str; 2] = ["invalidtimestamp", "illegaltimestamp"];

/// Families: key, token or signature refused.
const CREDENTIAL: [&str; 8] = [
    "invalidaccesskeyid",
    "missingaccesskeyid",
    "invalidaccesskeysecret",
    "forbidden.accesskeydisabled",
    "invalidsecuritytoken",
    "missingsecuritytoken",
    "signaturedoesnotmatch",
    "incompletesignature",
];

/// Families: permission refused; besides, everything that begins with `Forbidden`.
const DENIED: [&str; 4] = [
    "nopermission",
    "actionunauthorized",
    "accessdenied",
    "unauthorized",
];

/// Families: the request itself refused. `NotFound` after the dot is about our call, not its
/// target. A repeated nonce is told from the rest by its code.
const INVALID_REQUEST: [&str; 12] = [
    "missingparameter",
    "invalidparameter",
    "unsupportedparameter",
    "unsupportedoperation",
    "unsupportedhttpmethod",
    "invalidaction",
    "invalidapi",
    "invalidproduct",
    "invalidversion",
    "nosuchversion",
    "invalidprotocol",
    "signaturenonceused",
];

/// The outcome of a code of the gateway or of ROS, AliDNS and STS; `None` for a code not known.
pub(super) fn code_outcome(code: &str) -> Option<Outcome> {
    let code = code.trim().to_ascii_lowercase();
    let in_family = |families: &[&str]| families.iter().any(|family| is_of(&code, family));
    // `Throttling`, `Throttling.User`, `Rejected.Throttling`, and whatever a service prefixes.
    if code.contains("throttling") {
        Some(Outcome::Throttled)
    } else if NOT_FOUND.contains(&code.as_str()) {
        Some(Outcome::NotFound)
    } else if in_family(&SERVER_ERROR) {
        Some(Outcome::ServerError)
    } else if in_family(&CLOCK) {
        Some(Outcome::Clock)
    } else if in_family(&CREDENTIAL) {
        Some(Outcome::Credential)
    } else if code.starts_with("forbidden") || in_family(&DENIED) {
        Some(Outcome::Denied)
    } else if in_family(&INVALID_REQUEST) {
        Some(Outcome::InvalidRequest)
    } else {
        None
    }
}

/// The outcome of a failure of BPStudio's own: a number as code, a key as message. The same
/// failure is seen as either, so each is enough. `None` where neither is known.
pub(super) fn business_outcome(code: &str, message: Option<&str>) -> Option<Outcome> {
    let key = message.unwrap_or_default().trim();
    match key {
        "bp.java.nopower" => return Some(Outcome::Denied),
        "bp.java.login" | "bp.java.userNotExist" => return Some(Outcome::Credential),
        _ => {}
    }
    match code.parse::<u16>().ok()? {
        429 => Some(Outcome::Throttled),
        500..=599 => Some(Outcome::ServerError),
        2001 | 2002 => Some(Outcome::Credential),
        2003 => Some(Outcome::Denied),
        _ => None,
    }
}

fn is_of(code: &str, family: &str) -> bool {
    code.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
