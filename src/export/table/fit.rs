//! How wide each column may be, and how a text is made to fit. Widths are terminal columns: East
//! Asian text takes two for each character.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Between two columns.
pub(super) const GAP: &str = "  ";

/// Narrowest width to which a column is cut, in terminal columns: less shows nothing of an
/// identifier. Columns that need less than this take less.
const NARROWEST: usize = 8;

/// The end of a text that was cut; one column wide.
const ELLIPSIS: char = '…';

/// Asks for the colored form of the character before it, which is two columns wide.
const EMOJI_FORM: char = '\u{fe0f}';

/// Widths of columns that together with their gaps fit into `total`: the widest are cut, to one
/// common width, and what the common width leaves over goes to the first of them. `None` where
/// that would cut a column below [`NARROWEST`].
pub(super) fn widths_that_fit(natural: &[usize], total: usize) -> Option<Vec<usize>> {
    let gaps = GAP.len() * natural.len().saturating_sub(1);
    let budget = total.checked_sub(gaps)?;
    let sum_at = |cap: usize| natural.iter().map(|&width| width.min(cap)).sum::<usize>();
    let widest = natural.iter().copied().max().unwrap_or(0);
    if sum_at(widest) <= budget {
        return Some(natural.to_vec());
    }
    // The sum grows with the cap; `widest` itself does not fit, so the last fitting one is below.
    let cap = (NARROWEST..widest)
        .take_while(|&cap| sum_at(cap) <= budget)
        .last()?;
    let mut spare = budget - sum_at(cap);
    let widths = natural.iter().map(|&width| {
        let extra = usize::from(width > cap && spare > 0);
        spare -= extra;
        width.min(cap) + extra
    });
    Some(widths.collect())
}

/// A text of at most `width` terminal columns, with an ellipsis where it was cut.
pub fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let room = width.saturating_sub(1);
    let mut used = 0;
    let mut end = 0;
    for (start, c) in text.char_indices() {
        // The selector of emoji form widens the character before it.
        used += if c == EMOJI_FORM {
            1
        } else {
            c.width().unwrap_or(0)
        };
        if used > room {
            break;
        }
        end = start + c.len_utf8();
    }
    let mut kept = text[..end].to_owned();
    if width > 0 {
        kept.push(ELLIPSIS);
    }
    Cow::Owned(kept)
}

/// Appends a text padded with blanks to `width` terminal columns.
pub(super) fn push_padded(out: &mut Vec<u8>, text: &str, width: usize, to_the_right: bool) {
    let blanks = width.saturating_sub(text.width());
    if to_the_right {
        out.resize(out.len() + blanks, b' ');
        out.extend_from_slice(text.as_bytes());
    } else {
        out.extend_from_slice(text.as_bytes());
        out.resize(out.len() + blanks, b' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_widest_columns_give_way_first() {
        assert_eq!(widths_that_fit(&[4, 30, 30], 80), Some(vec![4, 30, 30]));
        assert_eq!(widths_that_fit(&[4, 30, 60], 80), Some(vec![4, 30, 42]));
        assert_eq!(widths_that_fit(&[4, 60, 60], 79), Some(vec![4, 36, 35]));
        assert_eq!(widths_that_fit(&[20; 10], 80), None);
        assert_eq!(widths_that_fit(&[], 80), Some(vec![]));
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        assert_eq!(shorten("操作失败", 8), "操作失败");
        assert_eq!(shorten("操作失败", 7), "操作失…");
        assert_eq!(shorten("操作失败", 6), "操作…");
        assert_eq!(shorten("abc", 1), "…");
        assert_eq!(shorten("abc", 0), "");
    }

    proptest! {
        #[test]
        fn what_fits_fits(
            natural in prop::collection::vec(0..200_usize, 1..12),
            total in 0..300_usize,
        ) {
            if let Some(widths) = widths_that_fit(&natural, total) {
                let taken = widths.iter().sum::<usize>() + GAP.len() * (natural.len() - 1);
                prop_assert!(taken <= total);
                for (&width, &wanted) in widths.iter().zip(&natural) {
                    prop_assert!(width == wanted || (NARROWEST..wanted).contains(&width));
                }
            }
        }

        #[test]
        fn a_shortened_text_fits(text in "[ -~操作é❤️]{0,40}", width in 0..30_usize) {
            prop_assert!(shorten(&text, width).width() <= width);
        }
    }
}
