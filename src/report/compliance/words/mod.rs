//! Every title, label and sentence of the report, in English and in Chinese. Nothing else in the report speaks.
//!
//! Each text is a constant that cannot be made without both languages. What stands in `{braces}` is filled in.
//! Words of the cloud and of the recorder (statuses, outcomes, causes) are the same in both languages and not
//! here. Chinese uses the terms of Alibaba Cloud's own console and documentation.

pub(super) mod columns;
pub(super) mod figures;
pub(super) mod limits;
pub(super) mod sentences;
pub(super) mod titles;

use crate::export::document::Language;

/// One text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) en: &'static str,
    pub(super) zh: &'static str,
}

impl Text {
    /// As it stands.
    pub(super) const fn of(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Zh => self.zh,
        }
    }

    /// With each `{name}` filled in. Values are not looked into for more names.
    pub(super) fn fill(self, language: Language, values: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let mut rest = self.of(language);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(value.map_or("?", |(_, value)| value));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// Declares texts, and for tests the list of them.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident: $en:literal, $zh:literal;)*) => {
        $($(#[$meta])* pub(in crate::report::compliance) const $name: $crate::report::compliance::words::Text =
            $crate::report::compliance::words::Text { en: $en, zh: $zh };)*

        #[cfg(test)]
        pub(in crate::report::compliance) const ALL: &[(&str, $crate::report::compliance::words::Text)] =
            &[$((stringify!($name), $name)),*];
    };
}
pub(super) use texts;

/// A whole number with its thousands apart: `4,870,113`.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as people read them: `90 s`, `15 min`, `1 h 45 min`, `3 d 2 h`.
pub(super) fn seconds(language: Language, seconds: i64) -> String {
    const UNITS: [(i64, Text); 4] = [
        (
            86_400,
            Text {
                en: " d",
                zh: " 天",
            },
        ),
        (
            3_600,
            Text {
                en: " h",
                zh: " 小时",
            },
        ),
        (
            60,
            Text {
                en: " min",
                zh: " 分钟",
            },
        ),
        (
            1,
            Text {
                en: " s",
                zh: " 秒",
            },
        ),
    ];
    let mut parts = Vec::new();
    let mut rest = seconds.max(0);
    for (size, unit) in UNITS {
        if rest >= size {
            parts.push(format!("{}{}", number(rest / size), unit.of(language)));
            rest %= size;
        }
    }
    match parts.is_empty() {
        true => format!("0{}", UNITS[3].1.of(language)),
        false => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    fn names(text: &str) -> BTreeSet<&str> {
        let parts = text.split('{').skip(1);
        parts.map(|part| part.split_once('}').unwrap().0).collect()
    }

    #[test]
    fn every_text_is_there_in_both_languages_and_says_the_same_names() {
        let all = [
            columns::ALL,
            figures::ALL,
            limits::ALL,
            sentences::ALL,
            titles::ALL,
        ];
        let mut seen = BTreeSet::new();
        for (name, text) in all.into_iter().flatten() {
            assert!(
                !text.en.trim().is_empty() && !text.zh.trim().is_empty(),
                "{name}"
            );
            assert_eq!(names(text.en), names(text.zh), "{name}");
            assert!(text.en.is_ascii(), "{name}: {}", text.en);
            let is_chinese = text
                .zh
                .chars()
                .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            // What stands between the parts of a list is no word.
            assert!(is_chinese || *name == "AND", "{name}: {}", text.zh);
            seen.insert(name);
        }
        assert!(seen.len() > 200, "{}", seen.len());
    }

    #[test]
    fn names_are_filled_and_values_are_not_read() {
        let text = Text {
            en: "{a} and {b}, {a}",
            zh: "无",
        };
        let filled = text.fill(Language::En, &[("a", "{b}"), ("b", "2")]);
        assert_eq!(filled, "{b} and 2, {b}");
    }

    #[test]
    fn numbers_and_times_read_well() {
        let written = [0, 7, 999, 1_000, 4_870_113, -12_345].map(number);
        assert_eq!(written, ["0", "7", "999", "1,000", "4,870,113", "-12,345"]);
        assert_eq!(seconds(Language::En, 0), "0 s");
        assert_eq!(seconds(Language::En, 6_300), "1 h 45 min");
        assert_eq!(seconds(Language::Zh, 86_461), "1 天 1 分钟 1 秒");
    }
}
