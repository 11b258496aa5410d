//! Answers for people hold no escape sequence but our own colors, and none of these unless they are wanted.

use super::bench::{Bench, said};

/// Everything that the program may write to change how a terminal looks.
const OURS: [&str; 6] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[36m",
];

const ANSWERS: [&[&str]; 5] = [
    &["status"],
    &["show", "6da1"],
    &["show", "op_1a2b3c"],
    &["check", "--since", "2026-01-01", "-v"],
    &["diff", "--from", "0"],
];

#[test]
fn colors_have_a_meaning_and_are_all_that_is_sent() {
    let bench = Bench::with_story();
    for answer in ANSWERS {
        let plain = bench.run(answer).out;
        assert!(!plain.contains('\u{1b}'), "{answer:?}: {plain}");
        let mut colored = bench.run(&[answer, &["--color", "always"]].concat()).out;
        for ours in OURS {
            colored = colored.replace(ours, "");
        }
        // Nothing is said by color alone.
        let without_times = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("Now "));
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(without_times(&colored), without_times(&plain), "{answer:?}");
    }
    let shown = bench.run(&["show", "6da1", "--color", "always"]).out;
    for painted in [
        "(\u{1b}[32msucceeded\u{1b}[0m)",
        "\u{1b}[31mFAILED\u{1b}[0m",
        "\u{1b}[36m█",
    ] {
        assert!(shown.contains(painted), "{painted:?} {shown:?}");
    }
}

#[test]
fn into_a_pipe_answers_are_the_same_everywhere() {
    let bench = Bench::with_story();
    for answer in ANSWERS.iter().skip(1) {
        let plain = bench.run(answer).out;
        for (name, value) in [
            ("COLUMNS", "40"),
            ("LC_ALL", "C"),
            ("LANG", "en_US.UTF-8"),
            ("TERM", "dumb"),
        ] {
            let elsewhere = said(bench.command(answer).env(name, value)).out;
            assert_eq!(elsewhere, plain, "{answer:?} with {name}={value}");
        }
    }
}
