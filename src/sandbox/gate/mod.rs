//! The gateway: who asks, and was the request really signed by them?
//!
//! It works on the bytes of the request as they came in, with a decoder, an encoder and canonical
//! forms of its own, so that it cannot share a mistake with the client that signs. Pure but for
//! the memory of used nonces. It knows no action and no parameter of a service.

mod encoding;
mod nonce;
mod v1;
mod v3;

pub(super) use encoding::encode;
pub(super) use nonce::Nonces;

use crate::model::UtcMillis;

use super::answer::Format;
use super::key::Key;
use super::refusal::Refusal;
use encoding::{Malformed, decode_pairs};

/// How far a timestamp may be from the gateway's clock, in milliseconds: 15 minutes, after the
/// error texts (one page says 31).
pub(super) const SIGNATURE_WINDOW_MS: i64 = 15 * 60 * 1000;

/// A request as its bytes came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawRequest {
    /// The method, as sent.
    pub(super) method: String,
    /// The path, as sent.
    pub(super) path: String,
    /// What stands behind the question mark, as sent.
    pub(super) query: Vec<u8>,
    /// Names in lower case, values as sent, in the order in which they came.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    /// The body, as sent.
    pub(super) body: Vec<u8>,
}

impl RawRequest {
    /// The value of a header that stands there exactly once, without outer blanks.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let (_, value) = found.next()?;
        match found.next() {
            None => std::str::from_utf8(value).ok().map(str::trim_ascii),
            Some(_) => None,
        }
    }

    /// A header that has to be there.
    fn required_header(&self, name: &str) -> Result<&str, Refusal> {
        self.header(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::missing(name))
    }

    fn has_form(&self) -> bool {
        self.header("content-type").is_some_and(|content_type| {
            let media_type = content_type.split(';').next().unwrap_or_default();
            media_type.trim() == "application/x-www-form-urlencoded"
        })
    }

    /// The name of the host that was asked, without its port.
    pub(super) fn host(&self) -> &str {
        let host = self.header("host").unwrap_or_default();
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    }
}

/// Parameters in the order in which they came; names are unique.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// What a request asks for; nothing of it is checked yet but that it can be decoded.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The action.
    pub(super) action: String,
    /// The version of the API.
    pub(super) version: String,
    /// What stands in the query.
    pub(super) query: Pairs,
    /// What stands in the form body.
    pub(super) form: Pairs,
}

/// A request whose signature holds.
#[derive(Debug, Clone)]
pub(super) struct Signed<'a> {
    /// The key it was signed with.
    pub(super) key: &'a Key,
    /// What it asks for.
    pub(super) asked: Asked,
    /// Its nonce; not checked yet.
    pub(super) nonce: String,
    /// Its timestamp, inside the window.
    pub(super) timestamp: UtcMillis,
    /// What was signed.
    pub(super) string_to_sign: String,
    /// The signature.
    pub(super) signature: String,
}

/// Checks a request in the order of the gateway: form, key, token, time, signature. The nonce is
/// left to [`Nonces::spend`].
///
/// # Errors
/// The refusal that the gateway answers.
pub(super) fn check<'a>(
    raw: &RawRequest,
    keys: &'a [Key],
    now: UtcMillis,
) -> Result<Signed<'a>, Refusal> {
    let (query, form) = decoded(raw)?;
    if raw.headers.iter().any(|(name, _)| name == "authorization") {
        v3::check(raw, query, form, keys, now)
    } else {
        v1::check(raw, query, form, keys, now)
    }
}

/// Reads a request that bears no signature at all, as AssumeRoleWithOIDC is sent. Action and version
/// stand in parameters, in headers, or in both; a timestamp is checked where there is one.
///
/// # Errors
/// The refusal that the gateway answers.
pub(super) fn check_unsigned(raw: &RawRequest, now: UtcMillis) -> Result<Asked, Refusal> {
    let (query, form) = decoded(raw)?;
    let parameter = |name: &str| query.get(name).or_else(|| form.get(name));
    let either = |name: &str, header: &str| match parameter(name).or_else(|| raw.header(header)) {
        Some(value) if !value.is_empty() => Ok(value.to_owned()),
        _ => Err(Refusal::missing(name)),
    };
    let action = either("Action", "x-acs-action")?;
    let version = either("Version", "x-acs-version")?;
    if let Some(timestamp) = parameter("Timestamp").or_else(|| raw.header("x-acs-date")) {
        read_timestamp(timestamp, now)?;
    }
    Ok(Asked {
        action,
        version,
        query,
        form,
    })
}

/// Method, path, and the parameters of query and form.
fn decoded(raw: &RawRequest) -> Result<(Pairs, Pairs), Refusal> {
    if !matches!(&*raw.method, "GET" | "POST") {
        let message = "This http method is not supported.";
        return Err(Refusal::new(403, "UnsupportedHTTPMethod", message));
    }
    if raw.path != "/" {
        let message = "Specified api is not found, please check your url and method.";
        return Err(Refusal::new(404, "InvalidApi.NotFound", message));
    }
    let query = decode_pairs(&raw.query).map_err(|why| malformed("the query", why))?;
    let form = if raw.has_form() {
        decode_pairs(&raw.body).map_err(|why| malformed("the form", why))?
    } else if raw.body.is_empty() {
        Pairs::default()
    } else {
        // None of the served products takes another body, and V1 would leave it unsigned.
        return Err(Refusal::invalid(
            "content-type",
            "a body has to be application/x-www-form-urlencoded",
        ));
    };
    Ok((query, form))
}

fn malformed(place: &str, why: Malformed) -> Refusal {
    let reason = match why {
        Malformed::Syntax => "it is no list of encoded parameters",
        Malformed::Escape => "a percent sign is not followed by two upper-case hexadecimal digits",
        Malformed::Utf8 => "it is no UTF-8",
        Malformed::Duplicate => "a parameter stands there twice",
    };
    Refusal::invalid(place, reason)
}

/// The key of that id, if the token beside it is the key's.
fn find_key<'a>(keys: &'a [Key], id: &str, token: Option<&str>) -> Result<&'a Key, Refusal> {
    let key = keys.iter().find(|key| key.access_key_id == id);
    let key = key.ok_or_else(Refusal::unknown_key)?;
    let is_plausible = |token: &str| {
        !token.is_empty()
            && token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+/=-_.~".contains(&b))
    };
    match (token, &key.security_token) {
        (None, None) => Ok(key),
        (Some(token), _) if !is_plausible(token) => Err(Refusal::token_malformed()),
        (Some(token), Some(expected)) if token == expected => Ok(key),
        _ => Err(Refusal::token_mismatch()),
    }
}

/// A timestamp of the one accepted form, inside the window.
fn read_timestamp(text: &str, now: UtcMillis) -> Result<UtcMillis, Refusal> {
    let is_of_form = text.len() == "2026-01-02T03:04:05Z".len()
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let timestamp = UtcMillis::parse_rfc3339(text).filter(|_| is_of_form);
    let timestamp = timestamp.ok_or_else(|| {
        let message = "Specified time stamp or date value is not well formatted.";
        Refusal::new(400, "InvalidTimeStamp.Format", message)
    })?;
    if timestamp.0.abs_diff(now.0) > SIGNATURE_WINDOW_MS.unsigned_abs() {
        let message = "Specified time stamp or date value is expired.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Expired", message));
    }
    Ok(timestamp)
}

/// What a request says about itself, believed or not: for the log, and to know in which format it
/// wants to be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) format: Format,
    pub(super) action: String,
    pub(super) access_key_id: String,
    /// Whether there is anything that claims to be a signature.
    pub(super) is_signed: bool,
    /// Business parameters: those of the query, then those of the form.
    pub(super) parameters: Vec<(String, String)>,
}

impl Claims {
    pub(super) fn of(raw: &RawRequest) -> Self {
        let query = decode_pairs(&raw.query).unwrap_or_default();
        let form = decode_pairs(&raw.body).unwrap_or_default();
        let is_v3 = raw.headers.iter().any(|(name, _)| name == "authorization");
        let parameter = |name: &str| query.get(name).or_else(|| form.get(name));
        let (wants_json, action, access_key_id) = if is_v3 {
            let accept = raw.header("accept").unwrap_or_default();
            (
                accept.to_ascii_lowercase().contains("application/json"),
                raw.header("x-acs-action"),
                raw.header("authorization").and_then(v3::credential),
            )
        } else {
            let format = parameter("Format").unwrap_or_default();
            let accept = raw.header("accept").unwrap_or_default();
            let accepts_json = parameter("Signature").is_none() && accept.contains("json");
            (
                format.eq_ignore_ascii_case("json") || (format.is_empty() && accepts_json),
                // An unsigned request of the newest SDKs may name its action in a header alone.
                parameter("Action").or_else(|| raw.header("x-acs-action")),
                parameter("AccessKeyId"),
            )
        };
        let all = query.iter().chain(form.iter());
        let business = all.filter(|(name, _)| is_v3 || !v1::is_common_parameter(name));
        Self {
            format: if wants_json {
                Format::Json
            } else {
                Format::Xml
            },
            action: action.unwrap_or_default().to_owned(),
            access_key_id: access_key_id.unwrap_or_default().to_owned(),
            is_signed: is_v3 || parameter("Signature").is_some(),
            parameters: business
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
