//! Words of a command that people paste into a shell.
//!
//! Ids, statuses and names are written by others. A command that is shown has to mean the same when it is pasted: no
//! character of a word may end it, begin another command, or be taken for an option; and what a terminal would obey
//! or hide stands as an escape. Pure; depends on `escape` alone.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::escape::is_unsafe;

/// A text as one word: plain, in single quotes, or where it holds what a terminal would not show, as `$'…'`, which
/// POSIX.1-2024 has, and bash, zsh and ksh for long.
pub fn word(text: &str) -> Cow<'_, str> {
    // `=` at the start is a path to zsh.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@,".contains(c);
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    if !text.chars().any(is_unsafe) {
        return Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")));
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            // Octal ends after three digits, whatever follows; other escapes do not in every shell.
            c if is_unsafe(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to a String has no way to fail.
                    let _ = write!(word, "\\{byte:03o}");
                }
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    Cow::Owned(word)
}

/// A text as the last argument of a command, which is no option however it begins.
pub fn operand(text: &str) -> String {
    let dashes = if text.starts_with('-') { "-- " } else { "" };
    format!("{dashes}{}", word(text))
}

/// An option with its value, which is no option of its own however it begins.
pub fn option(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{between}{}", word(value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_word() {
        for (text, expected) in [
            ("6da106ca-1784", "6da106ca-1784"),
            ("2026-01-31T08:00:00.000Z", "2026-01-31T08:00:00.000Z"),
            ("log+1a2b+c3d=", "log+1a2b+c3d="),
            ("=ls", "'=ls'"),
            ("网络", "'网络'"),
            ("it's $HOME; rm", r"'it'\''s $HOME; rm'"),
            (r"a\b", r"'a\b'"),
            ("", "''"),
            ("~", "'~'"),
            ("a\u{1b}[2J'\\\n1", r"$'a\033[2J\'\\\0121'"),
            ("\u{202e}", r"$'\342\200\256'"),
        ] {
            assert_eq!(word(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_value_is_taken_for_an_option() {
        assert_eq!(operand("a b"), "'a b'");
        assert_eq!(operand("-x"), "-- -x");
        assert_eq!(option("--status", "FAILED"), "--status FAILED");
        assert_eq!(option("--status", "-x y"), "--status='-x y'");
        assert_eq!(option("--status", ""), "--status ''");
    }

    #[test]
    fn a_shell_reads_what_was_written() {
        for text in [
            "it's; $(x) `y` \\ \"z\"",
            "-n",
            "a\nb",
            "\u{1b}[2J1\u{202e}'\\",
            "网 络",
        ] {
            let script = format!("printf %s {}", word(text));
            let shells = match text.chars().any(is_unsafe) {
                true => &["bash"][..],
                false => &["sh", "bash"],
            };
            for shell in shells {
                let command = std::process::Command::new(shell)
                    .args(["-c", &script])
                    .output();
                // A machine without that shell has nothing to say.
                if let Ok(said) = command {
                    assert_eq!(
                        String::from_utf8(said.stdout).unwrap(),
                        text,
                        "{shell}: {script}"
                    );
                }
            }
        }
    }
}
