//! A text in lines of a certain width, which is terminal columns: East Asian text takes two for each character.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Narrowest room for words beside an indent; less would be a column of letters.
const NARROWEST: usize = 16;

/// Appends a text that was escaped before, the line standing at column `at` already, and ends the line. Further
/// lines begin at column `indent`. A word that no line holds is broken. `None`: one line, as long as it gets.
pub fn wrap(text: &str, at: usize, indent: usize, width: Option<usize>, out: &mut String) {
    wrap_as(text, at, indent, (width, LongWord::Broken), out);
}

/// The same, but a word that no line holds stays whole, so that it can be copied.
pub fn wrap_words(text: &str, at: usize, indent: usize, width: usize, out: &mut String) {
    wrap_as(text, at, indent, (Some(width), LongWord::Whole), out);
}

/// What becomes of a word that no line holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWord {
    Broken,
    Whole,
}

fn wrap_as(
    text: &str,
    at: usize,
    indent: usize,
    (width, long): (Option<usize>, LongWord),
    out: &mut String,
) {
    let Some(width) = width.map(|width| width.max(indent + NARROWEST)) else {
        out.push_str(text);
        out.push('\n');
        return;
    };
    let mut column = at;
    let mut is_begun = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let blank = usize::from(is_begun);
        if column + blank + word.width() > width && column > indent {
            next_line(indent, out);
            column = indent;
        } else if is_begun {
            out.push(' ');
            column += 1;
        }
        column = match long {
            LongWord::Broken => push_word(word, column, indent, width, out),
            LongWord::Whole => {
                out.push_str(word);
                column + word.width()
            }
        };
        is_begun = true;
    }
    out.push('\n');
}

fn next_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Appends one word, broken where it has to be; tells the column behind it.
fn push_word(word: &str, column: usize, indent: usize, width: usize, out: &mut String) -> usize {
    let mut column = column;
    for c in word.chars() {
        let wide = c.width().unwrap_or(0);
        if column + wide > width {
            next_line(indent, out);
            column = indent;
        }
        out.push(c);
        column += wide;
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(text: &str, at: usize, indent: usize, width: Option<usize>) -> String {
        let mut out = "x".repeat(at);
        wrap(text, at, indent, width, &mut out);
        out
    }

    #[test]
    fn words_go_on_below_the_first() {
        assert_eq!(wrapped("aa bb", 4, 4, None), "xxxxaa bb\n");
        let expected = "xxxxaaaaaaaa\n    bbbbbbbbbb c\n";
        assert_eq!(wrapped("aaaaaaaa bbbbbbbbbb c", 4, 4, Some(20)), expected);
        assert_eq!(wrapped("", 2, 2, Some(20)), "xx\n");
        let long = wrapped(&"操".repeat(20), 0, 2, Some(20));
        assert_eq!(long.lines().count(), 3, "{long}");
    }

    #[test]
    fn a_word_may_stay_whole() {
        let url = "https://example.com/a/long/one";
        let mut out = String::new();
        wrap_words(&format!("see {url} 操操操操操操操操 b"), 0, 2, 20, &mut out);
        assert_eq!(out, format!("see\n  {url}\n  操操操操操操操操 b\n"));
    }

    proptest! {
        #[test]
        fn no_line_is_wider(text in "[a-z操é ]{0,200}", indent in 0..20_usize, width in 36..120_usize) {
            for line in wrapped(&text, indent, indent, Some(width)).lines() {
                prop_assert!(line.width() <= width, "{line}");
            }
        }
    }
}
