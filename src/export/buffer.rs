//! The bytes an encoder has written and not yet handed on, and how numbers are spelled.
//!
//! It is not a `Write`: encoders append to a `Vec`, which is several times cheaper than a virtual
//! call for each cell.

use std::io::{self, Write};

/// Bytes gathered before they are handed on: large enough that system calls do not show in a
/// profile, small enough to stay in the second-level cache.
const FLUSH_BYTES: usize = 64 * 1024;

/// Bytes on their way to the output.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Append here.
    pub(super) bytes: Vec<u8>,
}

impl Buffer {
    /// Hands the bytes on once there are many. Called between rows, so that a piece never ends
    /// inside a character.
    pub(super) fn flush_if_full(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.bytes.len() < FLUSH_BYTES {
            return Ok(());
        }
        self.flush(out)
    }

    /// Hands all bytes on.
    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let written = out.write_all(&self.bytes);
        self.bytes.clear();
        written
    }
}

/// Appends a whole number in decimal.
pub(super) fn push_integer(out: &mut Vec<u8>, value: i64) {
    // 19 digits and a sign.
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        digits[start] = b'-';
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends the shortest decimal that reads back as the same number. SQLite has no NaN (it becomes
/// NULL); infinity is `1e999`, a number to every JSON reader and infinity once read.
pub(super) fn push_real(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        out.extend_from_slice(format!("{value:?}").as_bytes());
    } else if value.is_sign_negative() {
        out.extend_from_slice(b"-1e999");
    } else {
        out.extend_from_slice(b"1e999");
    }
}

/// Appends bytes as lower-case hexadecimal digits.
pub(super) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 0x0f)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn integers_are_written_to_the_ends_of_their_range() {
        for value in [0, 7, -1, 10, 1_000_000_007, i64::MAX, i64::MIN] {
            assert_eq!(text(|out| push_integer(out, value)), value.to_string());
        }
    }

    #[test]
    fn reals_read_back_as_the_same_number() {
        assert_eq!(text(|out| push_real(out, 1.0)), "1.0");
        assert_eq!(text(|out| push_real(out, 0.1)), "0.1");
        for value in [1e300, -2.5e-10, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(text(|out| push_real(out, value)).parse(), Ok(value));
        }
    }

    #[test]
    fn bytes_are_hexadecimal() {
        assert_eq!(text(|out| push_hex(out, &[0, 0xa5, 0xff])), "00a5ff");
    }
}
