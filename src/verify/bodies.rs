//! Bodies: what a leaf states of its own, and whether template and RequestId give exactly that.
//!
//! Pure: where templates come from is the business of `templates`.

use crate::evidence::body::{join, place_of_request_id};
use crate::evidence::digest::Digest;
use crate::evidence::leaf::{KeptBody, Leaf};
use crate::store::evidence::RawLeaf;

/// The body that a leaf states.
pub(super) enum Body {
    /// By length and digest.
    Kept {
        length: u64,
        digest: Digest,
        is_redacted: bool,
    },
    /// Of a leaf that only a newer program can read: it may have one.
    Unknown,
}

impl Body {
    pub(super) fn stated_by(leaf: Leaf) -> Option<Self> {
        let kept = |body: KeptBody| Self::Kept {
            length: body.length,
            digest: body.digest,
            is_redacted: !body.redacted.is_empty(),
        };
        match leaf {
            Leaf::Exchange(exchange) => Some(kept(exchange.body)),
            Leaf::NoAnswer(no_answer) => no_answer.partial.map(kept),
            Leaf::Plan(plan) => Some(Self::Kept {
                length: plan.length,
                digest: plan.body,
                is_redacted: false,
            }),
            Leaf::Config(config) => Some(Self::Kept {
                length: config.length,
                digest: config.body,
                is_redacted: false,
            }),
            Leaf::Other { .. } => Some(Self::Unknown),
            Leaf::Genesis(_)
            | Leaf::RunStart(_)
            | Leaf::Listing(_)
            | Leaf::RunEnd(_)
            | Leaf::RunAborted(_)
            | Leaf::RunSkipped(_)
            | Leaf::Note(_)
            | Leaf::Credential(_)
            | Leaf::Clock(_)
            | Leaf::Key(_)
            | Leaf::Restore(_)
            | Leaf::Schema(_)
            | Leaf::Watch(_)
            | Leaf::Intervention(_) => None,
        }
    }

    pub(super) fn is_redacted(&self) -> bool {
        matches!(self, Self::Kept { is_redacted, .. } if *is_redacted)
    }
}

/// Compares the body with what its leaf states, and its parts with those into which it falls: RequestId and
/// offset are shown to people, and the same bytes could be cut in another place.
pub(super) fn compare(
    template: &[u8],
    row: &RawLeaf<'_>,
    length: u64,
    digest: Digest,
) -> Result<(), String> {
    let request_id = match (row.request_id_offset, row.request_id) {
        (Some(offset), Some(text)) => {
            let offset = usize::try_from(offset).map_err(|error| error.to_string())?;
            let text = std::str::from_utf8(text).map_err(|_| "request_id is not UTF-8")?;
            Some((offset, text))
        }
        _ => None,
    };
    let body = join(template, request_id).map_err(|error| error.to_string())?;
    if body.len() as u64 != length {
        return Err(format!(
            "its body has {} bytes, the leaf says {length}",
            body.len()
        ));
    }
    if Digest::of(&body) != digest {
        return Err("its body has another digest than the leaf says".to_owned());
    }
    if place_of_request_id(&body) != request_id {
        return Err("its RequestId was cut out of the body in another place".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_cut_in_another_place_is_not_the_same() {
        let body = br#"{"RequestId":"R-1"}"#;
        let row = |offset, request_id| RawLeaf {
            sequence: 0,
            record: b"",
            hash: b"",
            template_id: Some(1),
            request_id_offset: offset,
            request_id,
        };
        let check = |template: &[u8], row| compare(template, &row, 19, Digest::of(body));
        let cut = br#"{"RequestId":""}"#;
        assert_eq!(check(cut, row(Some(14), Some(b"R-1"))), Ok(()));
        assert!(check(cut, row(Some(13), Some(b"R-1"))).is_err());
        assert!(check(cut, row(Some(14), Some(b"R-2"))).is_err());
        assert!(check(cut, row(None, None)).is_err());
        // The same bytes, cut elsewhere.
        assert!(check(body, row(None, None)).is_err());
        assert!(check(br#"{"RequestId":"1"}"#, row(Some(14), Some(b"R-"))).is_err());
    }
}
