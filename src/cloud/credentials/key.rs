//! A key that signs, checked once and then known to fit into a header.

use std::fmt;

use super::{CredentialsError, Secret};

/// How much of a key id messages show.
const KEY_ID_TAIL_CHARS: usize = 4;

/// A key that signs, and a token if the key is a temporary one.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    access_key_secret: Secret,
    security_token: Option<Secret>,
    origin: String,
}

impl Credentials {
    /// Checks the parts; blanks around them, which come of line ends in files and variables, are cut
    /// off. `origin` says in words where they were found.
    ///
    /// # Errors
    /// [`CredentialsError::Incomplete`] where id or secret is empty, [`CredentialsError::Illegible`]
    /// where a part holds a character that can't stand in an HTTP header.
    pub fn new(
        access_key_id: &str,
        access_key_secret: Secret,
        security_token: Option<Secret>,
        origin: impl Into<String>,
    ) -> Result<Self, CredentialsError> {
        let origin = origin.into();
        let access_key_id = checked(access_key_id, "access key id", &origin)?.to_owned();
        let access_key_secret = checked_secret(&access_key_secret, "access key secret", &origin)?;
        let security_token = security_token
            .map(|token| checked_secret(&token, "security token", &origin))
            .transpose()?;
        Ok(Self {
            access_key_id,
            access_key_secret,
            security_token,
            origin,
        })
    }

    /// The id of the key; not secret, but shown in messages only by its tail.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The key itself.
    pub fn access_key_secret(&self) -> &Secret {
        &self.access_key_secret
    }

    /// The token of a temporary key.
    pub fn security_token(&self) -> Option<&Secret> {
        self.security_token.as_ref()
    }

    /// Where they were found, in words for a message.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The last four characters of the key id, or none of a key id that is hardly longer.
    pub fn key_id_tail(&self) -> &str {
        let length = self.access_key_id.len();
        if length < 2 * KEY_ID_TAIL_CHARS {
            return "";
        }
        // The id is printable ASCII, so that bytes are characters.
        &self.access_key_id[length - KEY_ID_TAIL_CHARS..]
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &format_args!("…{}", self.key_id_tail()))
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

fn checked_secret(
    secret: &Secret,
    field: &'static str,
    origin: &str,
) -> Result<Secret, CredentialsError> {
    checked(secret.expose(), field, origin).map(|text| Secret::new(text.to_owned()))
}

fn checked<'t>(
    text: &'t str,
    field: &'static str,
    origin: &str,
) -> Result<&'t str, CredentialsError> {
    let text = text.trim();
    let origin = || origin.to_owned();
    if text.is_empty() {
        return Err(CredentialsError::Incomplete {
            origin: origin(),
            field,
        });
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialsError::Illegible {
            origin: origin(),
            field,
        });
    }
    Ok(text)
}
