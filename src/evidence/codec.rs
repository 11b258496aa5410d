//! How a template is stored: zstd, or as it is where that is no longer. Digests are those of the
//! bytes before, so the codec is a matter of space alone and may change from row to row.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

/// zstd's own default, and the knee of the curve: 8 times smaller on pages of results at about
/// 0.3 GB/s; higher levels gain a few per cent for many times the work.
const ZSTD_LEVEL: i32 = 3;

/// The longest template that is kept and unpacked, in bytes: four times the longest answer. Longer plans are cut into
/// several. A stored length above it is damage or malice, and would be memory asked for on its word.
pub const TEMPLATE_LONGEST_BYTES: usize = 64 * 1024 * 1024;

/// How a template's bytes are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// As they are.
    Plain,
    /// One zstd frame.
    Zstd,
}

impl Codec {
    /// The number that stands for it in the database.
    pub const fn number(self) -> i64 {
        match self {
            Self::Plain => 0,
            Self::Zstd => 1,
        }
    }

    /// The codec of that number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Plain),
            1 => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Stored bytes that do not unpack to what they should be.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The stored length is over [`TEMPLATE_LONGEST_BYTES`]; nothing was unpacked.
    #[error("a template of {length} bytes is over the limit of {TEMPLATE_LONGEST_BYTES}")]
    TooLong {
        /// The length that the row states.
        length: usize,
    },
    /// zstd refuses the bytes, or they unpack to more than the stated length.
    #[error("a template of {length} bytes does not unpack: {source}")]
    Damaged {
        /// The length that the row states.
        length: usize,
        /// What zstd says.
        source: std::io::Error,
    },
    /// They unpack to another length than the row states.
    #[error("a template of {expected} bytes unpacks to {found}")]
    Length {
        /// The length that the row states.
        expected: usize,
        /// The length that came out.
        found: usize,
    },
}

thread_local! {
    // A context is tens of kilobytes that are cleared when it is made: more work than a small page itself.
    // `None` where there is no memory for one.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::new(ZSTD_LEVEL).ok());
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> =
        RefCell::new(Decompressor::new().ok());
}

/// The bytes to store for a template. Cannot fail: what zstd cannot make smaller is stored as it is.
pub fn compress(template: &[u8]) -> (Codec, Vec<u8>) {
    match COMPRESSOR.with_borrow_mut(|zstd| zstd.as_mut().map(|zstd| zstd.compress(template))) {
        Some(Ok(data)) if data.len() < template.len() => (Codec::Zstd, data),
        _ => (Codec::Plain, template.to_vec()),
    }
}

/// The template of `length` bytes from its stored bytes; never unpacks more than `length`.
pub fn decompress(codec: Codec, data: &[u8], length: usize) -> Result<Vec<u8>, CodecError> {
    if length > TEMPLATE_LONGEST_BYTES {
        return Err(CodecError::TooLong { length });
    }
    let template = match codec {
        Codec::Plain if data.len() == length => data.to_vec(),
        Codec::Plain => {
            return Err(CodecError::Length {
                expected: length,
                found: data.len(),
            });
        }
        Codec::Zstd => DECOMPRESSOR
            .with_borrow_mut(|zstd| match zstd {
                Some(zstd) => zstd.decompress(data, length),
                None => zstd::bulk::decompress(data, length),
            })
            .map_err(|source| CodecError::Damaged { length, source })?,
    };
    if template.len() == length {
        Ok(template)
    } else {
        Err(CodecError::Length {
            expected: length,
            found: template.len(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_shrinks_is_packed_and_what_does_not_is_not() {
        let page = br#"{"Status":"SUCCEEDED"},"#.repeat(100);
        let (codec, data) = compress(&page);
        assert_eq!(codec, Codec::Zstd);
        assert!(data.len() * 20 < page.len());
        for short in [&b""[..], b"x", b"{}"] {
            assert_eq!(compress(short), (Codec::Plain, short.to_vec()));
        }
    }

    #[test]
    fn no_more_is_unpacked_than_the_length_says() {
        let zeros = vec![0; 1 << 20];
        let (codec, data) = compress(&zeros);
        for wrong in [0, 1000, zeros.len() - 1] {
            let error = decompress(codec, &data, wrong).unwrap_err();
            assert!(matches!(error, CodecError::Damaged { .. }), "{error}");
        }
        let error = decompress(codec, &data, zeros.len() + 1).unwrap_err();
        assert!(matches!(error, CodecError::Length { .. }), "{error}");
        let error = decompress(codec, &data, usize::MAX).unwrap_err();
        assert!(matches!(error, CodecError::TooLong { .. }), "{error}");
        let error = decompress(Codec::Plain, b"abc", 2).unwrap_err();
        assert!(matches!(error, CodecError::Length { .. }), "{error}");
    }

    #[test]
    fn numbers_come_back() {
        for codec in [Codec::Plain, Codec::Zstd] {
            assert_eq!(Codec::from_number(codec.number()), Some(codec));
        }
        assert_eq!(Codec::from_number(2), None);
    }

    proptest! {
        #[test]
        fn every_template_comes_back(
            chunk in prop::collection::vec(any::<u8>(), 0..200),
            times in 0_usize..20,
        ) {
            let template = chunk.repeat(times);
            let (codec, data) = compress(&template);
            prop_assert!(data.len() <= template.len());
            prop_assert_eq!(decompress(codec, &data, template.len()).unwrap(), template);
        }

        #[test]
        fn damage_is_an_error_or_other_bytes_and_never_a_panic(
            data in prop::collection::vec(any::<u8>(), 0..300),
            length in 0_usize..5000,
        ) {
            if let Ok(template) = decompress(Codec::Zstd, &data, length) {
                prop_assert_eq!(template.len(), length);
            }
        }
    }
}
