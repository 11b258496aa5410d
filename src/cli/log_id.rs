//! The name of a new log.

use crate::model::hex;

/// Bytes of randomness in a name: as many as in a UUID, so that two logs never share one.
const LOG_ID_BYTES: usize = 16;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error(
    "the operating system gave no random bytes for the name of a log; see that /dev/urandom can be read"
)]
pub struct NoRandomness;

/// 32 lower-case hexadecimal digits from the operating system.
pub fn random() -> Result<String, NoRandomness> {
    let mut bytes = [0; LOG_ID_BYTES];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| NoRandomness)?;
    Ok(hex(&bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hexadecimal_and_differ() {
        let (a, b) = (random().unwrap(), random().unwrap());
        assert_ne!(a, b);
        assert!(a.len() == 32 && a.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')));
    }
}
