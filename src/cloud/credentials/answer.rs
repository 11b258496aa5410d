//! Reads answers that hold credentials: those of STS, of the metadata service and of a URI have the same
//! fields, a program prints others. Nothing of an answer is quoted in an error.

use serde::Deserialize;

use super::{Credentials, CredentialsError, Lease, Secret};
use crate::model::{UtcMillis, parse_cloud_time};

/// The word in `Code` of a metadata answer that succeeded.
const SUCCESS: &str = "Success";

/// No code is longer.
const CODE_LIMIT_BYTES: usize = 64;

/// Credentials, as STS names their fields.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    access_key_id: String,
    access_key_secret: Secret,
    security_token: Option<Secret>,
    expiration: Option<String>,
}

impl Answered {
    /// The lease, for which a token is a must: a key without one would sign as somebody else.
    fn lease(self, origin: &str) -> Result<Lease, CredentialsError> {
        let invalid = |reason: &str| CredentialsError::InvalidAnswer {
            origin: origin.to_owned(),
            reason: reason.to_owned(),
        };
        let token = self
            .security_token
            .filter(|token| !token.expose().is_empty())
            .ok_or_else(|| invalid("no SecurityToken"))?;
        let expires_at = match self.expiration.as_deref() {
            None | Some("") => None,
            Some(text) => Some(instant(text).ok_or_else(|| invalid("Expiration is no time"))?),
        };
        let secret = self.access_key_secret;
        let credentials = Credentials::new(&self.access_key_id, secret, Some(token), origin)?;
        Ok(Lease {
            credentials,
            expires_at,
        })
    }
}

/// An answer of STS.
#[derive(Deserialize)]
struct OfSts {
    #[serde(rename = "Credentials")]
    credentials: Answered,
    #[serde(rename = "RequestId")]
    request_id: Option<String>,
}

/// What an answer of STS says that holds credentials.
pub struct Granted {
    /// They, or what is wrong with them.
    pub lease: Result<Lease, CredentialsError>,
    /// The cloud's id of the request.
    pub request_id: Option<String>,
}

/// Reads an answer of STS; `None` where it holds no credentials.
pub fn read_sts(body: &[u8], origin: &str) -> Option<Granted> {
    let read: OfSts = serde_json::from_slice(body).ok()?;
    Some(Granted {
        lease: read.credentials.lease(origin),
        request_id: read.request_id,
    })
}

/// What a program prints.
#[derive(Deserialize)]
struct Printed {
    mode: Option<String>,
    access_key_id: String,
    access_key_secret: Secret,
    sts_token: Option<Secret>,
    expiration: Option<String>,
}

/// Reads what a program printed.
pub fn read_printed(printed: &[u8], origin: &str) -> Result<Lease, CredentialsError> {
    let failed = |reason: String| CredentialsError::Process {
        origin: origin.to_owned(),
        reason,
    };
    let printed: Printed = serde_json::from_slice(printed).map_err(|error| {
        failed(format!(
            "it printed no JSON with access_key_id and access_key_secret (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let token = printed.sts_token.filter(|token| !token.expose().is_empty());
    let token = match printed.mode.as_deref() {
        Some("AK") => None,
        Some("StsToken") => Some(token.unwrap_or_else(|| Secret::new(String::new()))),
        None | Some("") => token,
        Some(_) => return Err(failed("its mode is neither AK nor StsToken".to_owned())),
    };
    let expires_at = match printed.expiration.as_deref() {
        None | Some("") => None,
        Some(text) => {
            Some(instant(text).ok_or_else(|| failed("its expiration is no time".to_owned()))?)
        }
    };
    let secret = printed.access_key_secret;
    let credentials = Credentials::new(&printed.access_key_id, secret, token, origin)?;
    Ok(Lease {
        credentials,
        expires_at,
    })
}

/// The word beside credentials of the metadata service and of a URI.
#[derive(Deserialize)]
struct Coded {
    #[serde(rename = "Code")]
    code: Option<String>,
}

/// What an answer of the metadata service or of a URI says.
pub struct Flat {
    /// Its credentials, or what is wrong.
    pub lease: Result<Lease, CredentialsError>,
    /// Its code where it is another than success.
    pub code: Option<String>,
}

/// Reads an answer of the metadata service or of a URI; a missing `Code` counts as success, as for the
/// official libraries.
pub fn read_flat(body: &[u8], origin: &str) -> Flat {
    let failed = |reason: String, code| Flat {
        lease: Err(CredentialsError::InvalidAnswer {
            origin: origin.to_owned(),
            reason,
        }),
        code,
    };
    // The parser's words could quote a secret; the place can't.
    let unreadable = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        let reason =
            format!("no JSON with AccessKeyId and AccessKeySecret, line {line}, column {column}");
        failed(reason, None)
    };
    match serde_json::from_slice::<Coded>(body) {
        Err(error) => return unreadable(error),
        Ok(Coded { code: Some(code) }) if code != SUCCESS => {
            let reason = "its Code is not Success".to_owned();
            return failed(reason, Some(code).filter(|code| is_code(code)));
        }
        Ok(_) => {}
    }
    match serde_json::from_slice::<Answered>(body) {
        Err(error) => unreadable(error),
        Ok(answered) => Flat {
            lease: answered.lease(origin),
            code: None,
        },
    }
}

/// Whether the text looks like a code, such as `Fail` or `EntityNotExist.Role`: anything else is not told.
fn is_code(text: &str) -> bool {
    let in_code = |byte: u8| byte.is_ascii_alphabetic() || byte == b'.';
    text.len() <= CODE_LIMIT_BYTES && text.bytes().all(in_code)
}

/// An instant as the services write it: UTC, with or without saying so.
fn instant(text: &str) -> Option<UtcMillis> {
    UtcMillis::parse_rfc3339(text.trim()).or_else(|| parse_cloud_time(text, 0))
}

/// Refuses what has ended already: it would be refused by every service, one call after the other.
pub(super) fn not_ended(lease: Lease, now: UtcMillis) -> Result<Lease, CredentialsError> {
    match lease.expires_at {
        Some(expires_at) if !lease.holds(now, 0) => Err(CredentialsError::Ended {
            origin: lease.credentials.origin().to_owned(),
            expires_at,
        }),
        _ => Ok(lease),
    }
}
