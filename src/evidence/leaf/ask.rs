//! What was asked: whole listings, single calls, and the pages that belong to a listing.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fields::word;
use crate::model::Action;

/// `listing`: one reading of all pages begins. It says once what its pages would all repeat, so that
/// their leaves can be short; they name it by its sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The run.
    pub run: i64,
    /// The cloud account whose credentials ask.
    pub account: String,
    /// The call that each page is.
    #[serde(with = "word")]
    pub action: Action,
    /// The region asked; empty where the service has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The operation or task whose rows are read; empty where the list is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// What every page was asked with beside account, region, operation and paging (StackGroupName; Lang,
    /// BatchType).
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
    /// Rows asked for on each page.
    pub page_size: u32,
    /// The watch for which it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<i64>,
}

/// What one request asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A page of a listing; the listing's leaf says the rest.
    Page {
        /// The listing, by the sequence number of its leaf.
        listing: i64,
        /// The page, from 1.
        page: u32,
    },
    /// A call that stands for itself.
    Call(Call),
}

/// A call that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The account by its name in the configuration, where one was configured.
    pub label: Option<String>,
    /// The cloud account whose credentials ask; absent while nobody has told it (GetCallerIdentity).
    pub account: Option<String>,
    /// The call.
    pub action: Action,
    /// The region asked; absent where the service has none.
    pub region: Option<String>,
    /// Business parameters: never a credential, a signature or a nonce.
    pub parameters: Parameters,
    /// The intervention that it carries out, by the sequence number of its leaf.
    pub intervention: Option<i64>,
    /// The watch for which it is made, where the call names no operation: what it asks follows from the
    /// watch alone.
    pub watch: Option<i64>,
}

/// Names and values of a call, in the order in which they are kept: an object of strings in the line.
/// Names are unique.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// The values in order, unless a name comes twice; the name that does is the error.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            if parameters.get(&name).is_some() {
                return Err(name);
            }
            parameters.0.push((name, value));
        }
        Ok(parameters)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Keeps the order, which a map type would not.
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Parameters::new(pairs).map_err(|name| {
                    A::Error::custom(format_args!("the parameter '{name}' comes twice"))
                })
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
