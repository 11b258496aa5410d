//! What the program tells, read back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bench::Bench;

/// A report in JSON.
pub struct Told {
    pub json: Value,
}

impl Told {
    /// Asks for one that must be written, and end with 0.
    pub fn ask(bench: &Bench, options: &[&str]) -> Self {
        let arguments = [&["report", "compliance", "--format", "json"], options].concat();
        Self::of(&bench.out(&arguments))
    }

    pub fn of(text: &str) -> Self {
        Self {
            json: serde_json::from_str(text).unwrap(),
        }
    }

    pub fn sections(&self) -> &[Value] {
        self.json["sections"].as_array().unwrap()
    }

    pub fn section(&self, id: &str) -> &Value {
        let found = self.sections().iter().find(|section| section["id"] == id);
        found.unwrap_or_else(|| panic!("no section {id}"))
    }

    pub fn rows(&self, id: &str) -> &[Value] {
        self.section(id)["rows"].as_array().unwrap()
    }

    /// The rows of a section, each with the values of some columns, as JSON writes them.
    pub fn values(&self, id: &str, columns: &[&str]) -> Vec<String> {
        let of = |row: &Value| {
            let values = columns.iter().map(|column| {
                let value = row.get(*column);
                value
                    .unwrap_or_else(|| panic!("{id} has no {column}"))
                    .to_string()
            });
            values.collect::<Vec<_>>().join(" ")
        };
        self.rows(id).iter().map(of).collect()
    }

    /// Paragraphs of a section: tone and text.
    pub fn paragraphs(&self, id: &str) -> Vec<(&str, &str)> {
        let paragraphs = self.section(id)["paragraphs"].as_array().unwrap().iter();
        paragraphs
            .map(|said| {
                (
                    said["tone"].as_str().unwrap(),
                    said["text"].as_str().unwrap(),
                )
            })
            .collect()
    }

    /// Figures of completeness that are neither 0 nor unknown.
    pub fn figures(&self) -> BTreeMap<String, i64> {
        let rows = self.rows("completeness").iter();
        let figures = rows.filter_map(|row| {
            let value = row["value"].as_i64().filter(|value| *value != 0)?;
            Some((row["figure"].as_str().unwrap().to_owned(), value))
        });
        figures.collect()
    }

    /// The leaves of a figure, written out.
    pub fn leaves_of(&self, figure: &str) -> Vec<i64> {
        let mut rows = self.rows("completeness").iter();
        let row = rows.find(|row| row["figure"] == figure).unwrap();
        leaves(&row["evidence"])
    }

    pub fn fact(&self, id: &str) -> &Value {
        let facts = self.json["facts"].as_array().unwrap();
        let fact = facts.iter().find(|fact| fact["id"] == id);
        &fact.unwrap_or_else(|| panic!("no fact {id}"))["value"]
    }
}

/// `12-15 88` written out.
pub fn leaves(evidence: &Value) -> Vec<i64> {
    let ranges = evidence.as_str().unwrap().split_ascii_whitespace();
    let number = |text: &str| text.parse::<i64>().unwrap();
    ranges
        .flat_map(|range| match range.split_once('-') {
            Some((first, last)) => number(first)..=number(last),
            None => number(range)..=number(range),
        })
        .collect()
}

/// Pairs as a map.
pub fn map(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value));
    pairs.collect()
}
