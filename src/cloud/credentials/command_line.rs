//! A command line as words, by the rules of a POSIX shell for blanks, quotes and backslashes, and by none of
//! its others: nothing is expanded, nothing is run by a shell. The official libraries split it likewise.

/// The words; `None` where a quote or a backslash is left open, or there is no word.
pub fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut characters = line.trim().chars().peekable();
    let mut word: Option<String> = None;
    while let Some(c) = characters.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' if characters.peek().is_some_and(|c| "\"\\$`\n".contains(*c)) => {
                            word.extend(characters.next());
                        }
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::words;

    #[test]
    fn blanks_quotes_and_backslashes() {
        let cases: &[(&str, &[&str])] = &[
            ("a  b\tc", &["a", "b", "c"]),
            ("'/opt/my tool' --x=\"a b\"", &["/opt/my tool", "--x=a b"]),
            (r#"a\ b "c\"d\e" '\'"#, &["a b", r#"c"d\e"#, r"\"]),
            ("a '' b", &["a", "", "b"]),
            ("echo $HOME; rm *", &["echo", "$HOME;", "rm", "*"]),
        ];
        for (line, expected) in cases {
            assert_eq!(words(line).unwrap(), *expected, "{line}");
        }
        for open in ["", "  ", "a 'b", "a \"b", "a\\"] {
            assert_eq!(words(open), None, "{open}");
        }
    }
}
