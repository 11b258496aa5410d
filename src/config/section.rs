//! A table of the configuration file, read key by key: each value with its line, each error with file, line
//! and key, and no error with a value.
//!
//! It does not know the keys; who reads a table says which it has. Depends on nothing of ours.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::origin::{Origin, Origins, Place};
use super::values::{nearest, repeatable_key};

/// Words in keys of secrets, without `_` and `-`. None of our keys holds one of them.
const SECRET_WORDS: [&str; 6] = [
    "secret",
    "password",
    "token",
    "accesskey",
    "privatekey",
    "credential",
];

/// The file that is read, for its lines.
#[derive(Debug)]
pub(super) struct Source<'a> {
    path: &'a Path,
    text: &'a str,
    /// Where each line ends, so that thousands of values find their lines quickly.
    line_ends: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let line_ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self {
            path,
            text,
            line_ends,
        }
    }

    /// Reads the text as TOML. `known` are the keys that an error of syntax may name.
    pub(super) fn parse(&self, known: &[&str]) -> Result<DeTable<'a>, ConfigError> {
        match DeTable::parse(self.text) {
            Ok(table) => Ok(table.into_inner()),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                Err(ConfigError::Syntax {
                    place: self.place(at),
                    key: self.key_on_line(at, known),
                    message: error.message().to_owned(),
                })
            }
        }
    }

    /// The key on the line of a byte, if we know it: what else stands before a `=` may be half a secret.
    fn key_on_line(&self, at: usize, known: &[&str]) -> Option<String> {
        let before = self.text.get(..at)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let key = self.text.get(start..)?.split(['=', '\n']).next()?.trim();
        known.contains(&key).then(|| key.to_owned())
    }

    /// The line of a byte.
    pub(super) fn place(&self, at: usize) -> Place {
        Place {
            file: self.path.to_owned(),
            line: self.line_ends.partition_point(|end| *end < at) as u64 + 1,
        }
    }

    /// A path of the file: relative ones stand below the file's directory, for the working directory of a
    /// cron job means nothing.
    pub(super) fn below(&self, path: &str) -> PathBuf {
        match self.path.parent() {
            Some(directory) => directory.join(path),
            None => PathBuf::from(path),
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A table of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    /// Dotted name; empty for the whole file.
    name: &'static str,
    table: &'a DeTable<'a>,
    at: usize,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn whole(
        source: &'a Source<'a>,
        table: &'a DeTable<'a>,
        known: &[&str],
    ) -> Result<Self, ConfigError> {
        let at = 0;
        let name = "";
        let section = Self {
            source,
            name,
            table,
            at,
        };
        section.only(known)?;
        Ok(section)
    }

    /// Refuses keys that the table does not have.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        let mut unknown: Vec<_> = self
            .table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .collect();
        // The first one in the file, rather than in the alphabet.
        unknown.sort_by_key(|key| key.span().start);
        let Some(key) = unknown.first() else {
            return Ok(());
        };
        let place = self.source.place(key.span().start);
        let word = key.get_ref().as_ref();
        let lower = word.to_ascii_lowercase();
        if is_of_secret(word) {
            // Others write such a key with capitals.
            let key = repeatable_key(&lower).map(|_| self.dotted(word));
            return Err(ConfigError::Secret { place, key });
        }
        Err(ConfigError::UnknownKey {
            place,
            key: repeatable_key(word).map(|key| self.dotted(key)),
            nearest: nearest(&lower, known.iter().copied()).map(str::to_owned),
        })
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> Place {
        self.source.place(self.at)
    }

    /// Where a key's value stands; the table's beginning where it has no such key.
    pub(super) fn place_of(&self, key: &str) -> Place {
        match self.value(key) {
            Some(value) => self.source.place(value.span().start),
            None => self.place(),
        }
    }

    /// Whether the table has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// An error about a key's value.
    pub(super) fn wrong(&self, key: &str, reason: impl Into<String>) -> ConfigError {
        ConfigError::Value {
            place: self.place_of(key),
            key: self.dotted(key),
            reason: reason.into(),
        }
    }

    /// Notes where the values of this table came from, under `prefix`.
    pub(super) fn note(&self, origins: &mut Origins, prefix: &str) {
        for (key, value) in self.table.iter() {
            let place = self.source.place(value.span().start);
            let key = join(prefix, key.get_ref());
            origins.set(key, Origin::File(place));
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        self.read(key, |text| Ok(text.to_owned()))
    }

    /// A text that may be empty, which means: none.
    pub(super) fn text_or_empty(&self, key: &str) -> Result<Option<String>, ConfigError> {
        if self
            .value(key)
            .is_some_and(|v| v.get_ref().as_str() == Some(""))
        {
            return Ok(None);
        }
        self.text(key)
    }

    /// A path, below the file's directory where it is relative.
    pub(super) fn path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        Ok(self.text(key)?.map(|path| self.source.below(&path)))
    }

    /// A path below the file's directory.
    pub(super) fn below(&self, path: &str) -> PathBuf {
        self.source.below(path)
    }

    /// A text that `parse` reads.
    pub(super) fn read<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let text = self.as_text(key, value)?;
        parse(text)
            .map(Some)
            .map_err(|reason| self.wrong(key, reason))
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<Option<T>, ConfigError> {
        self.read(key, |text| {
            let found = all.iter().copied().find(|&value| word(value) == text);
            found.ok_or_else(|| {
                let words: Vec<_> = all.iter().map(|&value| word(value)).collect();
                format!("write {}", words.join(" or "))
            })
        })
    }

    /// A whole number within a range.
    pub(super) fn integer(
        &self,
        key: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let number = as_integer(value.get_ref());
        let fits = number.filter(|number| range.contains(number));
        let help = || {
            let (least, most) = (range.start(), range.end());
            self.wrong(key, format!("write a whole number from {least} to {most}"))
        };
        fits.map(Some).ok_or_else(help)
    }

    /// A number above zero and up to `most`.
    pub(super) fn positive(&self, key: &str, most: f64) -> Result<Option<f64>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let number: Option<f64> = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            other => as_integer(other)
                .and_then(|whole| i32::try_from(whole).ok())
                .map(f64::from),
        };
        let fits = number.filter(|number| *number > 0.0 && *number <= most);
        let help = || self.wrong(key, format!("write a number above 0, at most {most}"));
        fits.map(Some).ok_or_else(help)
    }

    /// A time, as TOML writes it or as text, which `parse` reads.
    pub(super) fn time<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        match self.value(key).map(Spanned::get_ref) {
            Some(DeValue::Datetime(time)) => parse(&time.to_string())
                .map(Some)
                .map_err(|reason| self.wrong(key, reason)),
            _ => self.read(key, parse),
        }
    }

    /// A list of texts, none of them empty; whole numbers count as texts where `numbers` says so.
    pub(super) fn texts(&self, key: &str, numbers: bool) -> Result<Vec<String>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(array) = value.get_ref() else {
            return Err(self.wrong(key, "write a list, as in [\"a\", \"b\"]"));
        };
        let mut texts: Vec<String> = Vec::with_capacity(array.len());
        for item in array.iter() {
            let text = match as_integer(item.get_ref()).filter(|_| numbers) {
                Some(number) => number.to_string(),
                None => self.as_text(key, item)?.to_owned(),
            };
            if texts.contains(&text) {
                return Err(self.wrong(key, "the list names something twice"));
            }
            texts.push(text);
        }
        Ok(texts)
    }

    /// A table in this one, which has these keys.
    pub(super) fn table(
        &self,
        key: &str,
        name: &'static str,
        known: &[&str],
    ) -> Result<Option<Section<'a>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let section = self.section(value, name).ok_or_else(|| {
            self.wrong(key, format!("this is a table: write [{name}] and its keys"))
        })?;
        section.only(known)?;
        Ok(Some(section))
    }

    /// The tables of an array of tables.
    pub(super) fn tables(
        &self,
        key: &str,
        name: &'static str,
    ) -> Result<Vec<Section<'a>>, ConfigError> {
        let help = || {
            self.wrong(
                key,
                format!("these are tables: write [[{name}]] and its keys"),
            )
        };
        match self.value(key).map(Spanned::get_ref) {
            None => Ok(Vec::new()),
            Some(DeValue::Array(array)) => array
                .iter()
                .map(|item| self.section(item, name).ok_or_else(help))
                .collect(),
            Some(_) => Err(help()),
        }
    }

    fn section(&self, value: &'a Spanned<DeValue<'a>>, name: &'static str) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            return None;
        };
        Some(Section {
            source: self.source,
            name,
            table,
            at: value.span().start,
        })
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn as_text(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<&'a str, ConfigError> {
        let wrong = |reason: &str| ConfigError::Value {
            place: self.source.place(value.span().start),
            key: self.dotted(key),
            reason: reason.to_owned(),
        };
        let DeValue::String(text) = value.get_ref() else {
            return Err(wrong("write a text in quotes"));
        };
        if text.trim().is_empty() {
            return Err(wrong("an empty text will not do; leave the key out"));
        }
        if text.chars().any(char::is_control) {
            return Err(wrong(
                "the text holds a line feed or another control character",
            ));
        }
        Ok(text)
    }

    fn dotted(&self, key: &str) -> String {
        join(self.name, key)
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

/// The whole number that a value is, in any notation of TOML.
fn as_integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Whether somebody who writes this key means a secret.
fn is_of_secret(key: &str) -> bool {
    let bare = |word: &str| word.to_ascii_lowercase().replace(['_', '-', ' '], "");
    let key = bare(key);
    SECRET_WORDS.into_iter().any(|word| key.contains(word))
}
