//! Keys and their names: an origin is made of the host and of 16 digits that no other key has.

use zeroize::Zeroizing;

use super::{LogState, SealError, Who};
use crate::evidence::leaf::{Key, KeyChange};
use crate::evidence::note::SignerKey;
use crate::model::hex;
use crate::record::MadeKey;

/// Hexadecimal digits of an origin that tell it from every other.
const ORIGIN_DIGITS: usize = 16;

/// The word between host and digits, so that a reader of a log file knows what it is.
const ORIGIN_WORD: &str = "/optrail/";

/// `PREFIX/optrail/DIGITS`. The digits are the first of `digits`.
pub(super) fn origin(prefix: &str, digits: &str) -> String {
    let digits: String = digits.chars().take(ORIGIN_DIGITS).collect();
    format!("{}{ORIGIN_WORD}{digits}", name_of_host(prefix))
}

/// What tells this origin from others: its digits, fit for a file name.
pub(super) fn digits_of(origin: &str) -> String {
    let end = origin.rsplit('/').next().unwrap_or_default();
    end.chars().filter(char::is_ascii_hexdigit).collect()
}

/// A host's name as part of a key's name, which has no blanks and no plus.
fn name_of_host(prefix: &str) -> String {
    let clean: String = prefix
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '+')
        .collect();
    if clean.is_empty() {
        "localhost".to_owned()
    } else {
        clean
    }
}

/// Makes a key of this name from the operating system's randomness.
pub(super) fn generate(origin: &str) -> Result<SignerKey, SealError> {
    let mut seed = Zeroizing::new([0; 32]);
    fill(seed.as_mut())?;
    SignerKey::generate(origin, seed).map_err(|error| SealError::Origin {
        origin: origin.to_owned(),
        reason: error.to_string(),
    })
}

/// Fresh digits for an origin.
pub(super) fn random_digits() -> Result<String, SealError> {
    let mut bytes = [0; ORIGIN_DIGITS / 2];
    fill(&mut bytes)?;
    Ok(hex(&bytes))
}

fn fill(bytes: &mut [u8]) -> Result<(), SealError> {
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(bytes)
        .map_err(|_| SealError::NoRandomness)
}

/// The leaf that says that a key was made.
pub(super) fn made(key: &SignerKey, who: &Who) -> Key {
    let verifier = key.verifier();
    let vkey = verifier.to_string();
    leaf(KeyChange::Made, verifier.name(), &vkey, who, None)
}

/// The leaf that says what became of a key.
pub(super) fn leaf(
    made: KeyChange,
    origin: &str,
    vkey: &str,
    who: &Who,
    reason: Option<String>,
) -> Key {
    Key {
        at: who.at,
        change: made,
        origin: origin.to_owned(),
        vkey: vkey.to_owned(),
        user: who.user.clone(),
        host: who.host.clone(),
        reason,
    }
}

/// The key that signs for `made`: it must be there and be that one.
pub(super) fn signer(state: &LogState, made: &MadeKey) -> Result<SignerKey, SealError> {
    let unusable = |reason: String| SealError::Key {
        path: state.key_path(),
        reason,
    };
    let key = state
        .key()?
        .ok_or_else(|| unusable("it is not there".to_owned()))?;
    if key.verifier().to_string() == made.vkey {
        return Ok(key);
    }
    Err(unusable(format!(
        "it is the key of {}, and this log is signed with {}",
        key.verifier(),
        made.vkey
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_key_name_whatever_the_host_is_called() {
        let log = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            origin("a.example", log),
            "a.example/optrail/0123456789abcdef"
        );
        assert_eq!(origin(" a+b\n", log), "ab/optrail/0123456789abcdef");
        assert_eq!(origin("", log), "localhost/optrail/0123456789abcdef");
        assert_eq!(
            digits_of("a.example/optrail/0123456789abcdef"),
            "0123456789abcdef"
        );
        assert_eq!(digits_of("x/../.."), "");
    }
}
