//! The keys of notes: the public half that anybody may have, and the secret half that signs.
//!
//! Both have a text of one line, that of C2SP and of Go's `sumdb/note`:
//! ```text
//! NAME+ID+base64(0x01 ‖ 32 bytes of public key)
//! PRIVATE+KEY+NAME+ID+base64(0x01 ‖ 32 bytes of seed)
//! ID = the first 4 bytes, in hexadecimal, of SHA-256(NAME ‖ 0x0A ‖ 0x01 ‖ public key)
//! ```
//! It makes no random bytes and reads no file. No message holds anything of a secret text.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::evidence::lines::{from_base64, to_base64};
use crate::model::hex;

/// The byte that stands for Ed25519 before a key: the only type that is understood.
const ED25519_TYPE: u8 = 0x01;

/// How the text of a secret key begins. The pluses keep it from being read as a name.
const SECRET_START: &str = "PRIVATE+KEY+";

/// The longest name of a key: a host name (253 bytes), a path, and as much again.
pub const KEY_NAME_LONGEST_BYTES: usize = 512;

/// The longest text of a key that is looked at: a name, and the rest with room to spare.
const KEY_TEXT_LONGEST_BYTES: usize = KEY_NAME_LONGEST_BYTES + 256;

/// Why a key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text does not have the form of a key.
    #[error(
        "this is no {kind} key: it is one line, {form}, with nothing before or after; copy it again"
    )]
    Form {
        /// Which half was expected.
        kind: &'static str,
        /// How it is written.
        form: &'static str,
    },
    /// The name cannot be that of a key.
    #[error(
        "this cannot be the name of a key: a name has 1 to {KEY_NAME_LONGEST_BYTES} bytes without blanks, control characters and '+'; choose another"
    )]
    Name,
    /// The key is of a type other than Ed25519.
    #[error(
        "key {name} is of type {key_type:#04x}, and only Ed25519 (0x01) is understood; ask for the log's Ed25519 key"
    )]
    UnknownType {
        /// The name of the key.
        name: String,
        /// The byte before it.
        key_type: u8,
    },
    /// The id does not belong to name and key.
    #[error(
        "key {name} does not have the id that stands in it: a character of it was changed; copy it again"
    )]
    WrongId {
        /// The name of the key.
        name: String,
    },
    /// No key pair could be made of the seed.
    #[error("key {name} has a seed of which no key can be made; restore its file from a copy")]
    Unusable {
        /// The name of the key.
        name: String,
    },
}

/// Whether a key may have this name.
pub(in crate::evidence) fn is_key_name(name: &str) -> bool {
    let is_refused = |c: char| c.is_whitespace() || c < ' ' || c == '+';
    (1..=KEY_NAME_LONGEST_BYTES).contains(&name.len()) && !name.contains(is_refused)
}

/// The key that tells who signed: a *vkey*.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key_id: [u8; 4],
    public_key: [u8; 32],
}

impl VerifierKey {
    fn new(name: &str, public_key: [u8; 32]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let [a, b, c, d, ..]: [u8; 32] = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519_TYPE])
            .chain_update(public_key)
            .finalize()
            .into();
        Ok(Self {
            name: name.to_owned(),
            key_id: [a, b, c, d],
            public_key,
        })
    }

    /// The name: for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id, which follows from name and key: it tells keys apart, and proves nothing.
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// The Ed25519 key (RFC 8032).
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// `name+id`, by which messages name the key.
    pub(super) fn label(&self) -> String {
        format!("{}+{}", self.name, self.id_text())
    }

    fn id_text(&self) -> String {
        hex(&self.key_id)
    }

    /// Whether `signature` is this key's over `text`.
    pub(super) fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public_key)
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

/// The vkey: `name+id+base64`.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519_TYPE], self.public_key.as_slice()].concat();
        write!(f, "{}+{}", self.label(), to_base64(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    /// Accepts the one text of each key and nothing else.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let refused = || KeyError::Form {
            kind: "verifier",
            form: "NAME+ID+KEY",
        };
        let (name, id, key) = parts(text).ok_or_else(refused)?;
        let key = from_base64(key).ok_or_else(refused)?;
        let public_key = *key_bytes(name, &key)?.ok_or_else(refused)?;
        let key = Self::new(name, public_key)?;
        key.with_id(id)
    }
}

impl VerifierKey {
    /// This key, if that is its id.
    fn with_id(self, id: &str) -> Result<Self, KeyError> {
        if self.id_text() == id {
            Ok(self)
        } else {
            Err(KeyError::WrongId { name: self.name })
        }
    }
}

/// The three parts of a key's text. The last may hold pluses of its own.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    if text.len() > KEY_TEXT_LONGEST_BYTES {
        return None;
    }
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    is_key_name(name).then_some((name, id, key))
}

/// The key after its type; `None` where it has another length than a key.
fn key_bytes<'a>(name: &str, key: &'a [u8]) -> Result<Option<&'a [u8; 32]>, KeyError> {
    match key.split_first() {
        None => Ok(None),
        Some((&ED25519_TYPE, bytes)) => Ok(bytes.try_into().ok()),
        Some((&key_type, _)) => Err(KeyError::UnknownType {
            name: name.to_owned(),
            key_type,
        }),
    }
}

/// The key that signs. Its seed is wiped when it is dropped, and printed by
/// [`SignerKey::secret_text`] alone.
pub struct SignerKey {
    verifier: VerifierKey,
    seed: Zeroizing<[u8; 32]>,
}

impl SignerKey {
    /// The key of that name whose secret is `seed`: 32 bytes that nobody can guess.
    pub fn generate(name: &str, seed: impl Into<Zeroizing<[u8; 32]>>) -> Result<Self, KeyError> {
        let seed = seed.into();
        let unusable = || KeyError::Unusable {
            name: name.to_owned(),
        };
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let pair = pair(&seed).ok_or_else(unusable)?;
        let public_key = pair.public_key().as_ref().try_into();
        let verifier = VerifierKey::new(name, public_key.map_err(|_| unusable())?)?;
        Ok(Self { verifier, seed })
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The whole secret, as one line without its newline. For the file of the key and nothing else.
    pub fn secret_text(&self) -> Zeroizing<String> {
        let mut key = Zeroizing::new([ED25519_TYPE; 33]);
        key[1..].copy_from_slice(self.seed.as_slice());
        // Room for all of it: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(KEY_TEXT_LONGEST_BYTES));
        text.push_str(SECRET_START);
        text.push_str(&self.verifier.label());
        text.push('+');
        STANDARD.encode_string(key.as_slice(), &mut text);
        text
    }

    /// The signature over `text`, the same each time. The key pair is made for each signature: `ring`
    /// does not wipe it, so it does not live longer than that.
    pub(super) fn sign(&self, text: &str) -> Option<[u8; 64]> {
        let signature = pair(&self.seed)?.sign(text.as_bytes());
        signature.as_ref().try_into().ok()
    }
}

/// `None` is not expected: any 32 bytes are a seed.
fn pair(seed: &[u8; 32]) -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(seed).ok()
}

/// Shows the public half.
impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey(of {})", self.verifier)
    }
}

impl FromStr for SignerKey {
    type Err = KeyError;

    /// Accepts the one text of each key and nothing else.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let refused = || KeyError::Form {
            kind: "signing",
            form: "PRIVATE+KEY+NAME+ID+SEED",
        };
        let (name, id, key) = text
            .strip_prefix(SECRET_START)
            .and_then(parts)
            .ok_or_else(refused)?;
        let key = Zeroizing::new(from_base64(key).ok_or_else(refused)?);
        let seed = Zeroizing::new(*key_bytes(name, &key)?.ok_or_else(refused)?);
        let Self { verifier, seed } = Self::generate(name, seed)?;
        let verifier = verifier.with_id(id)?;
        Ok(Self { verifier, seed })
    }
}

#[cfg(test)]
mod tests;
