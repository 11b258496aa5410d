//! The container: POSIX ustar with one header for each name and size, and no other way to write it.
//!
//! Ours, and no library's, because the reader in `verify.py` compares each header byte for byte with the one that
//! name and size give: no owner, no time, no directory, no extension. A byte that is changed anywhere is found.

use std::io::{self, Write};

/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = 512;

/// Bytes of a name at most: the field of the header; ours have 80 at most.
const NAME_BYTES_MAX: usize = 100;

/// Bytes of a file at most: eleven octal digits.
const SIZE_MAX: u64 = (1 << 33) - 1;

/// The header of a file.
pub(super) fn header(name: &str, size: u64) -> io::Result<[u8; BLOCK_BYTES]> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.is_ascii() || size > SIZE_MAX {
        return Err(io::Error::other(format!(
            "no tar header can be made for {name} of {size} bytes"
        )));
    }
    let mut block = [0; BLOCK_BYTES];
    let mut put =
        |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0"); // mode
    put(108, "0000000\0"); // user
    put(116, "0000000\0"); // group
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0"); // time
    put(148, "        "); // the sum is taken with blanks in its place
    put(156, "0"); // a file
    put(257, "ustar\x0000");
    put(329, "0000000\0"); // device
    put(337, "0000000\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// What follows a file up to the next block.
pub(super) fn pad(size: u64, out: &mut dyn Write) -> io::Result<()> {
    let over = (size % BLOCK_BYTES as u64) as usize;
    match over {
        0 => Ok(()),
        _ => out.write_all(&[0; BLOCK_BYTES][over..]),
    }
}

/// The end: two blocks of zeros, and nothing after them.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK_BYTES])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_that_of_posix() {
        let block = header("README", 0o1234).unwrap();
        assert_eq!(&block[..7], b"README\0");
        assert_eq!(&block[124..136], b"00000001234\0");
        assert_eq!(&block[257..265], b"ustar\x0000");
        let stored = std::str::from_utf8(&block[148..154]).unwrap();
        let mut blank = block;
        blank[148..156].fill(b' ');
        let sum: u32 = blank.iter().map(|byte| u32::from(*byte)).sum();
        assert_eq!(u32::from_str_radix(stored, 8).unwrap(), sum);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(header("", 0).is_err());
        assert!(header(&"x".repeat(101), 0).is_err());
        assert!(header("é", 0).is_err());
        assert!(header("x", SIZE_MAX + 1).is_err());
        assert!(header("x", SIZE_MAX).is_ok());
    }

    #[test]
    fn files_end_with_their_block() {
        for (size, padding) in [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)] {
            let mut out = Vec::new();
            pad(size, &mut out).unwrap();
            assert_eq!(out.len(), padding);
        }
    }
}
