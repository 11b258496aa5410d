//! Leaves, bodies and their templates, times.

use optrail::evidence::body::{join, place_of_request_id, split};
use optrail::evidence::codec::{Codec, compress, decompress};
use optrail::evidence::leaf::{Leaf, ServerDate};
use optrail::model::{UtcMillis, parse_cloud_time};

use crate::{pick, text};

/// A body comes back from its template, byte for byte.
pub fn body(bytes: &[u8]) {
    let parts = split(bytes);
    let request_id = parts.request_id.as_ref();
    let place = request_id.map(|(offset, text)| (*offset, text.as_str()));
    assert_eq!(join(&parts.template, place).expect("its own place"), bytes);
    match place_of_request_id(bytes) {
        Some((offset, id)) => {
            assert_eq!(Some((offset, id)), place);
            assert!((1..=64).contains(&id.len()));
            assert_eq!(&bytes[offset..offset + id.len()], id.as_bytes());
        }
        None => assert_eq!(parts.template, bytes),
    }
    // A place that a changed row states.
    let (offset, rest) = pick(bytes);
    let _ = join(rest, Some((offset, "R")));
    let _ = join(rest, Some((usize::MAX - offset, "R")));
}

/// Two bytes state a length; the rest is what is stored.
pub fn template(bytes: &[u8]) {
    let (high, rest) = pick(bytes);
    let (low, data) = pick(rest);
    let length = high << 8 | low;
    for codec in [Codec::Plain, Codec::Zstd] {
        // A length far beyond costs no memory.
        for length in [length, length << 24, usize::MAX] {
            if let Ok(template) = decompress(codec, data, length) {
                assert_eq!(template.len(), length);
            }
        }
    }
    let (codec, stored) = compress(data);
    assert!(stored.len() <= data.len());
    let back = decompress(codec, &stored, data.len()).expect("what was packed");
    assert_eq!(back, data);
}

/// What reads is written, and reads as the same.
pub fn leaf(bytes: &[u8]) {
    let Some(line) = text(bytes) else { return };
    let leaf = match Leaf::parse(line) {
        Ok(leaf) => leaf,
        Err(error) => {
            let told = error.to_string();
            assert!(told.len() < 4_096, "a message of {} bytes", told.len());
            return;
        }
    };
    let _ = leaf.at();
    let written = leaf.to_line();
    assert!(!written.contains('\n'));
    let again = Leaf::parse(&written).expect("its own line");
    assert_eq!(again, leaf);
    assert_eq!(again.to_line(), written);
}

/// The first two bytes are minutes of an offset.
pub fn time(bytes: &[u8]) {
    let (high, rest) = pick(bytes);
    let (low, rest) = pick(rest);
    let Some(written) = text(rest) else { return };
    let date = ServerDate::from_header(written);
    assert_eq!(date.to_header().as_deref(), Some(written));
    let offset = i32::from(i16::from_be_bytes([high as u8, low as u8]));
    let instants = [
        parse_cloud_time(written, offset),
        UtcMillis::parse_rfc3339(written),
    ];
    for at in instants.into_iter().flatten() {
        let text = at.to_string();
        assert_eq!(text.len(), 24);
        assert_eq!(UtcMillis::parse_rfc3339(&text), Some(at));
        assert_eq!(parse_cloud_time(&text, offset), Some(at));
        assert_eq!(at.to_seconds_text().len(), 20);
    }
}
