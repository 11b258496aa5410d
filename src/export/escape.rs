//! What the cloud says, made safe to show on a terminal.
//!
//! Names, reasons and error messages are written by others, and a terminal obeys what it is sent:
//! an escape sequence can clear the screen, change the title or the clipboard, and a character of
//! direction can show a text in another order than it has (CWE-150, CVE-2021-42574). So on a
//! terminal every such character is shown as its name, `\n` or `\u{1b}`. A backslash stays as it
//! is: this is for reading; the exact bytes are in the exports.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How an unsafe character is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// `\u{1b}`: for people.
    Braces,
    /// `\u001b`: what stands in a JSON string, so that JSON on a terminal is still the same JSON.
    Json,
}

/// Whether a terminal might act on a character, or show nothing for it, instead of showing it.
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        // C0 (ESC, BEL, line ends, tabulator), DEL, C1 (8-bit CSI and OSC).
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, grapheme joiner, Arabic letter mark, Mongolian vowel separator: no width.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
        // Fillers of Hangul: letters that show nothing.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        // Zero-width characters and direction marks.
        | '\u{200b}'..='\u{200f}'
        // Line and paragraph separators, embeddings and overrides of direction.
        | '\u{2028}'..='\u{202e}'
        // Word joiner, invisible operators, isolates of direction, deprecated format characters.
        | '\u{2060}'..='\u{206f}'
        // Byte order mark, interlinear annotation, beams and slurs of musical notation, language tags.
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}'
        // Variation selectors in which whole texts can be hidden; the sixteen that emoji need (U+FE0F) stay.
        | '\u{e0100}'..='\u{e01ef}'
    )
}

/// A text as one line that is safe on a terminal. Borrowed where nothing had to be changed.
pub fn terminal(text: &str) -> Cow<'_, str> {
    escape(text, Notation::Braces, is_unsafe)
}

/// The same, but line feeds stay: for messages and documents of several lines.
pub fn terminal_lines(text: &str, notation: Notation) -> Cow<'_, str> {
    escape(text, notation, |c| c != '\n' && is_unsafe(c))
}

fn escape(text: &str, notation: Notation, is_unsafe: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_unsafe) else {
        return Cow::Borrowed(text);
    };
    let (safe, rest) = text.split_at(first);
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(safe);
    for c in rest.chars() {
        if is_unsafe(c) {
            push_escaped(&mut shown, c, notation);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn push_escaped(out: &mut String, c: char, notation: Notation) {
    match (c, notation) {
        ('\n', _) => out.push_str("\\n"),
        ('\r', _) => out.push_str("\\r"),
        ('\t', _) => out.push_str("\\t"),
        // Writing to a String has no way to fail.
        (_, Notation::Braces) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        (_, Notation::Json) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_text_is_not_copied() {
        for plain in ["", "quota exceeded", "操作失败 é ❤️ \\n"] {
            assert!(matches!(terminal(plain), Cow::Borrowed(_)), "{plain}");
            assert_eq!(terminal(plain), plain);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_shown_instead() {
        for (hostile, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]52;c;eA==\u{7}", "\\u{1b}]52;c;eA==\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\r\nb\tc\u{7f}", "a\\r\\nb\\tc\\u{7f}"),
            (
                "\u{202e}evil\u{2066}\u{2069}",
                "\\u{202e}evil\\u{2066}\\u{2069}",
            ),
            ("\u{2028}\u{200b}\u{feff}", "\\u{2028}\\u{200b}\\u{feff}"),
            ("a\u{34f}b\u{3164}", "a\\u{34f}b\\u{3164}"),
            ("\u{115f}\u{1160}\u{ffa0}", "\\u{115f}\\u{1160}\\u{ffa0}"),
            ("\u{1d173}\u{1d17a}", "\\u{1d173}\\u{1d17a}"),
            ("\u{e0100}\u{e01ef}", "\\u{e0100}\\u{e01ef}"),
        ] {
            assert_eq!(terminal(hostile), shown);
        }
    }

    #[test]
    fn lines_stay_lines_where_asked() {
        assert_eq!(
            terminal_lines("a\nb\u{1b}\r\n", Notation::Braces),
            "a\nb\\u{1b}\\r\n"
        );
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!terminal(&text).chars().any(is_unsafe));
        }

        #[test]
        fn json_stays_the_same_json(text in "[\u{0}-\u{ff}\u{2028}\u{202e}\u{e0001}]*") {
            let json = serde_json::to_string(&text).unwrap();
            let shown = terminal_lines(&json, Notation::Json);
            prop_assert!(!shown.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
