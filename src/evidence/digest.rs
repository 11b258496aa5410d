//! The name of a body: its SHA-256, and the text form that leaves carry.

use std::fmt;
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes. Its text is 64 lower-case hexadecimal digits, as `sha256sum` prints them:
/// base64 would save 21 bytes a leaf and cost every outsider a conversion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Bytes of its text.
    pub const TEXT_BYTES: usize = 64;

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// A text that is no digest.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no digest: a SHA-256 is 64 lower-case hexadecimal digits")]
pub struct NotADigest(String);

impl FromStr for Digest {
    type Err = NotADigest;

    /// Accepts the one canonical text of each digest and nothing else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NotADigest(text.to_owned());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let pairs = <&[[u8; 2]; 32]>::try_from(pairs).map_err(|_| refused())?;
        let mut digest = [0; 32];
        // Each leaf has one: what is no digit is looked for once, behind all of them.
        let mut all = 0;
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
            all |= high | low;
            *byte = high << 4 | low;
        }
        if all == NO_DIGIT || !rest.is_empty() {
            return Err(refused());
        }
        Ok(Self(digest))
    }
}

/// What stands in [`DIGITS`] for a byte that is no digit.
const NO_DIGIT: u8 = 0xff;

/// The value of each hexadecimal digit, lower case.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Reads the text where it stands: there is one in each page's leaf.
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Digest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a digest in hexadecimal")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Digest, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_sha256sum() {
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), text);
        assert_eq!(text.parse::<Digest>().unwrap(), Digest::of(b""));
    }

    #[test]
    fn each_digest_has_one_text() {
        let text = Digest::of(b"").to_string();
        for other in [
            String::new(),
            text.to_uppercase(),
            text[1..].to_owned(),
            format!("{text}0"),
            format!(" {}", &text[1..]),
            format!("g{}", &text[1..]),
        ] {
            assert!(other.parse::<Digest>().is_err(), "{other}");
        }
    }
}
