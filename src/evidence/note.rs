//! Signed notes, as C2SP's `signed-note` has them (<https://c2sp.org/signed-note>): some text, and
//! lines below it that say who signed it.
//!
//! ```text
//! text, one line or many, empty ones too
//!                                                  the last empty line
//! — KEY-NAME base64(4 bytes of key id ‖ signature)
//! ```
//!
//! It gives the text no meaning and reads no file. Only keys of type Ed25519 are understood; lines of
//! other keys are kept and ignored, as the format wants it.
//!
//! # What is signed
//! The text, to its last newline. The lines below are not: a line by a key that one does not ask for
//! may be added, changed or dropped, and a line may stand there twice. No such change can alter what
//! the text says, or make a key seem to have signed it.

mod key;

use std::fmt;
use std::str;

pub(super) use key::is_key_name;
pub use key::{KEY_NAME_LONGEST_BYTES, KeyError, SignerKey, VerifierKey};

use super::lines::{from_base64, to_base64};

/// The longest note that is read: three lines of checkpoint, and 16 signatures of nearly 5 kB (the
/// post-quantum ones, 6.7 kB in base64), which a verifier must accept.
pub const NOTE_LONGEST_BYTES: usize = 128 * 1024;

/// Signatures of one note at most: four times what a verifier must accept.
pub const SIGNATURES_MAX: usize = 64;

/// How a signature line begins: an em dash and a space.
const SIGNATURE_LINE_START: &str = "— ";

/// The bytes of key id before the signature itself.
const KEY_ID_BYTES: usize = 4;

/// Why a note is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Over [`NOTE_LONGEST_BYTES`]; nothing of it was read.
    #[error(
        "a note of {bytes} bytes is over the limit of {NOTE_LONGEST_BYTES}; is it the right file?"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Over [`SIGNATURES_MAX`]; none was read.
    #[error(
        "a note with {signatures} signatures is over the limit of {SIGNATURES_MAX}; keep the lines of the keys that you know"
    )]
    TooManySignatures {
        /// Signature lines.
        signatures: usize,
    },
    /// The bytes are no signed note.
    #[error("this is no signed note: {problem}; get the file again, byte for byte")]
    Malformed {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The key did not sign it.
    #[error(
        "the note bears no signature of key {key}; check that note and key belong to the same log"
    )]
    NotSignedBy {
        /// The key, as `name+id`.
        key: String,
    },
    /// A line claims the key's signature, and it is not one over this text.
    #[error(
        "the signature of key {key} is wrong: the text of the note or the signature was changed, or the key is another of the same id"
    )]
    WrongSignature {
        /// The key, as `name+id`.
        key: String,
    },
    /// The key cannot sign.
    #[error("key {key} could not sign a note; check its file against a copy")]
    CannotSign {
        /// The key, as `name+id`.
        key: String,
    },
}

fn malformed(problem: &'static str) -> NoteError {
    NoteError::Malformed { problem }
}

/// A note that is well formed. Nothing in it may be believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The whole note, byte for byte.
    whole: String,
    /// Where the text ends, after its last newline.
    text_end: usize,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    key_name: String,
    key_id: [u8; KEY_ID_BYTES],
    signature: Vec<u8>,
}

impl Note {
    /// Reads a note, and refuses whatever is not exactly one.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_LONGEST_BYTES {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let whole = str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        if whole.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(malformed(
                "it holds a control character, such as the carriage return of Windows",
            ));
        }
        let empty_line = whole
            .rfind("\n\n")
            .ok_or_else(|| malformed("no empty line stands between text and signatures"))?;
        let lines = whole[empty_line + 2..]
            .strip_suffix('\n')
            .ok_or_else(|| malformed("it does not end with a whole signature line"))?;
        // Counted before any is decoded.
        let count = lines.split('\n').count();
        if count > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures { signatures: count });
        }
        let signatures = lines
            .split('\n')
            .map(|line| NoteSignature::parse(line).ok_or_else(|| malformed("a line after the last empty line is no '— NAME BASE64' with a key id and a signature")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            whole: whole.to_owned(),
            text_end: empty_line + 1,
            signatures,
        })
    }

    /// What is signed; ends in a newline.
    pub fn text(&self) -> &str {
        &self.whole[..self.text_end]
    }

    /// All signatures, known or not, in the order of their lines.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Whether `key` signed the text. Lines of other keys are ignored, also those that share its name
    /// or its id. Each line that bears both must hold.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut is_signed = false;
        for line in &self.signatures {
            if line.key_name != key.name() || line.key_id != key.key_id() {
                continue;
            }
            if !key.has_signed(self.text(), &line.signature) {
                return Err(NoteError::WrongSignature { key: key.label() });
            }
            is_signed = true;
        }
        if is_signed {
            Ok(())
        } else {
            Err(NoteError::NotSignedBy { key: key.label() })
        }
    }
}

/// The exact bytes of the note.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (key_name, text) = line.strip_prefix(SIGNATURE_LINE_START)?.split_once(' ')?;
        let bytes = from_base64(text)?;
        let (key_id, signature) = bytes.split_first_chunk::<KEY_ID_BYTES>()?;
        (is_key_name(key_name) && !signature.is_empty()).then(|| Self {
            key_name: key_name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }

    /// The name of the key that is said to have signed.
    pub fn key_name(&self) -> &str {
        &self.key_name
    }

    /// The id of the key that is said to have signed.
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }
}

/// Signs `text`, which ends in a newline and holds no other control character. The same text and key
/// give the same bytes. What comes back was verified: a signature that a failing memory spoiled would
/// be found out only when it is needed.
pub fn sign(text: &str, key: &SignerKey) -> Result<Note, NoteError> {
    let verifier = key.verifier();
    let signature = key.sign(text).ok_or_else(|| NoteError::CannotSign {
        key: verifier.label(),
    })?;
    let signature = to_base64(&[verifier.key_id().as_slice(), &signature].concat());
    let name = verifier.name();
    let whole = format!("{text}\n{SIGNATURE_LINE_START}{name} {signature}\n");
    let note = Note::parse(whole.as_bytes())?;
    if note.text() != text {
        return Err(malformed("its text does not end with a newline"));
    }
    note.verify(verifier)?;
    Ok(note)
}

#[cfg(test)]
mod tests;
