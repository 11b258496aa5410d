//! What an answer says, as an ordered tree, and the two ways to write it: JSON and XML.
//!
//! The tree keeps the order of its fields, so that the documented order reaches the wire. It knows
//! nothing of services. Depends on nothing of ours.

mod json;
mod xml;

pub(super) use json::write_json;
pub(super) use xml::write_xml;

use std::borrow::Cow;

/// The name of a field, as the service spells it.
pub(super) type Name = Cow<'static, str>;

/// One node of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Int(i64),
    Text(Cow<'static, str>),
    List(Vec<Value>),
    Object(Object),
}

/// The fields of one node, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object(Vec<(Name, Value)>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// This object with one more field at its end.
    pub(super) fn with(mut self, name: impl Into<Name>, value: impl Into<Value>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// This object with one more field, unless there is no value: then the field is absent.
    pub(super) fn with_some<V: Into<Value>>(self, name: impl Into<Name>, value: Option<V>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub(super) fn fields(&self) -> &[(Name, Value)] {
        &self.0
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<&'static str> for Value {
    fn from(value: &'static str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Cow::Owned(value.clone()))
    }
}

impl From<Cow<'static, str>> for Value {
    fn from(value: Cow<'static, str>) -> Self {
        Self::Text(value)
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

impl From<&[String]> for Value {
    fn from(values: &[String]) -> Self {
        Self::List(values.iter().map(Self::from).collect())
    }
}

/// The two formats a service answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Format {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }

    /// The whole body. JSON has no wrapper element; in XML, `root` is the wrapper.
    pub(super) fn write(self, root: &str, object: &Object) -> Vec<u8> {
        match self {
            Self::Json => write_json(object).into_bytes(),
            Self::Xml => write_xml(root, object).into_bytes(),
        }
    }
}
