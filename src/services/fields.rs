//! Typed, lenient getters over one object of an answer.
//!
//! The cloud sends numbers as text and text as numbers, leaves fields out, and adds new ones. A
//! getter takes what loses nothing (`"4"` and `4.0` are 4, `true` is the text `true`), takes absent
//! and null alike, and refuses an object or list where a scalar belongs: the field would otherwise
//! be recorded as something that the cloud did not say. An XML list of one row is a single
//! object, and an empty list an empty text, so list getters take both. Names that no getter asked
//! for are the unknown fields.

use serde_json::{Map, Number, Value};

use super::reading::{InvalidAnswer, Unknowns, kind_of};

/// Fields that every answer may bear and that say nothing about what was asked: they change with
/// each answer, or with the language of the account.
const PRESENTATION: [&str; 6] = [
    "RequestId",
    "requestId",
    "RequestID",
    "HostId",
    "Recommend",
    "LocalName",
];

/// The integers that a JSON number with a fraction or exponent holds exactly.
const EXACT_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

/// One object of an answer, the names asked for so far, and where it stands.
#[derive(Debug)]
pub(super) struct Fields<'d> {
    path: &'static str,
    object: &'d Map<String, Value>,
    asked: Vec<&'static str>,
    /// Of lists that an object wraps: the field, that object, and the name of the list in it.
    wrapped: Vec<(&'static str, &'d Map<String, Value>, &'static str)>,
}

impl<'d> Fields<'d> {
    /// The fields of `object`; `path` names them in messages and unknown items.
    pub(super) fn new(path: &'static str, object: &'d Map<String, Value>) -> Self {
        Self {
            path,
            object,
            asked: Vec::new(),
            wrapped: Vec::new(),
        }
    }

    /// A text as sent; numbers and booleans as their JSON form.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, InvalidAnswer> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => self.scalar_text(name, value).map(Some),
        }
    }

    /// A text that must be there and not be blank.
    pub(super) fn required_text(&mut self, name: &'static str) -> Result<String, InvalidAnswer> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(InvalidAnswer::new(format!(
                "{}.{name} is missing",
                self.path
            ))),
        }
    }

    /// A 64-bit integer; an empty text is none.
    pub(super) fn integer(&mut self, name: &'static str) -> Result<Option<i64>, InvalidAnswer> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let read = match value {
            Value::Number(number) => exact_integer(number),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match read {
            Some(integer) => Ok(Some(integer)),
            None => Err(self.mismatch(name, "64-bit integer", value)),
        }
    }

    /// A boolean, also as text in any case; an empty text is none.
    pub(super) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, InvalidAnswer> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value {
            Value::Bool(boolean) => Ok(Some(*boolean)),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Ok(Some(true)),
                "false" => Ok(Some(false)),
                "" => Ok(None),
                _ => Err(self.mismatch(name, "boolean", value)),
            },
            _ => Err(self.mismatch(name, "boolean", value)),
        }
    }

    /// An object, whose own fields are then at `path`. A blank text is none: so XML writes an
    /// element without content.
    pub(super) fn object(
        &mut self,
        name: &'static str,
        path: &'static str,
    ) -> Result<Option<Fields<'d>>, InvalidAnswer> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Fields::new(path, object))),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(other) => Err(self.mismatch(name, "object", other)),
        }
    }

    /// A list of texts; null items are left out.
    pub(super) fn texts(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<String>>, InvalidAnswer> {
        let Some(items) = self.list(name) else {
            return Ok(None);
        };
        items
            .iter()
            .filter(|item| !item.is_null())
            .map(|item| self.scalar_text(name, item))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A list of objects, whose own fields are then at `path`.
    pub(super) fn objects(
        &mut self,
        name: &'static str,
        path: &'static str,
    ) -> Result<Option<Vec<Fields<'d>>>, InvalidAnswer> {
        let Some(items) = self.list(name) else {
            return Ok(None);
        };
        items
            .iter()
            .map(|item| match item {
                Value::Object(object) => Ok(Fields::new(path, object)),
                other => Err(self.mismatch(name, "list of objects", other)),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Notes the fields that were not asked for, with their values.
    pub(super) fn finish(self, unknowns: &mut Unknowns) {
        for (name, value) in self.unasked() {
            unknowns.field(self.path, name, value);
        }
        for (name, value) in self.beside_lists() {
            unknowns.field(self.path, &name, value);
        }
    }

    /// Notes the fields of a row that were not asked for.
    pub(super) fn finish_row(self, unknowns: &mut Unknowns) {
        for (name, value) in self.unasked() {
            unknowns.row_field(self.path, name, value);
        }
        for (name, value) in self.beside_lists() {
            unknowns.row_field(self.path, &name, value);
        }
    }

    fn unasked(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.object.iter().filter(|(name, _)| {
            !self.asked.contains(&name.as_str()) && !PRESENTATION.contains(&name.as_str())
        })
    }

    /// What stands beside a list in the object that wraps it, as `Rows.New`.
    fn beside_lists(&self) -> impl Iterator<Item = (String, &Value)> {
        self.wrapped.iter().flat_map(|(field, object, list)| {
            let others = object.iter().filter(move |(name, _)| name != list);
            others.map(move |(name, value)| (format!("{field}.{name}"), value))
        })
    }

    /// The value of a field, absent and null alike none.
    fn value(&mut self, name: &'static str) -> Option<&'d Value> {
        self.asked.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// The items of a list: an array, an object that wraps one (`Rows: {Row: […]}`, whatever else it may come to hold,
    /// which is unknown), a blank text or an empty object for no item, or the only item itself.
    fn list(&mut self, name: &'static str) -> Option<&'d [Value]> {
        let value = self.value(name)?;
        let inner = match value {
            Value::Object(object) if object.is_empty() => return Some(&[]),
            Value::Object(object) => {
                let singular = name.strip_suffix('s').unwrap_or(name);
                let wrapped = || object.values().find(|inner| inner.is_array());
                match object.get(singular) {
                    Some(inner) => {
                        self.wrapped.push((name, object, singular));
                        inner
                    }
                    // Of several fields no one can be told to be the wrapped list.
                    None if object.len() == 1 => wrapped().unwrap_or(value),
                    None => value,
                }
            }
            _ => value,
        };
        Some(match inner {
            Value::Array(items) => items,
            Value::String(text) if text.trim().is_empty() => &[],
            Value::Null => &[],
            single => std::slice::from_ref(single),
        })
    }

    fn scalar_text(&self, name: &str, value: &Value) -> Result<String, InvalidAnswer> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(boolean) => Ok(boolean.to_string()),
            // A number with a fraction is refused: its digits as sent are no longer known here.
            Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
            other => Err(self.mismatch(name, "text", other)),
        }
    }

    fn mismatch(&self, name: &str, wanted: &str, found: &Value) -> InvalidAnswer {
        InvalidAnswer::new(format!(
            "{}.{name} is no {wanted} ({} found)",
            self.path,
            kind_of(found)
        ))
    }
}

fn exact_integer(number: &Number) -> Option<i64> {
    if let Some(integer) = number.as_i64() {
        return Some(integer);
    }
    let float = number.as_f64().filter(|_| number.is_f64())?;
    let exact = float.fract() == 0.0 && float.abs() < EXACT_FLOAT_MAX;
    // In this range the conversion loses nothing.
    exact.then_some(float as i64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn scalars_are_read_leniently_and_without_loss() {
        let object = object(json!({
            "number": 1234567890123456_i64, "long": "9007199254740993", "whole": 4.0, "big": u64::MAX,
            "fraction": 1.5, "bool": true, "True": "True", "empty": "", "null": null, "list": [1],
        }));
        let mut fields = Fields::new("E", &object);
        assert_eq!(
            fields.text("number").unwrap().as_deref(),
            Some("1234567890123456")
        );
        assert_eq!(fields.text("bool").unwrap().as_deref(), Some("true"));
        assert_eq!(fields.text("empty").unwrap().as_deref(), Some(""));
        assert_eq!(fields.text("null").unwrap(), None);
        assert_eq!(fields.text("absent").unwrap(), None);
        assert_eq!(fields.integer("long").unwrap(), Some(9_007_199_254_740_993));
        assert_eq!(fields.integer("whole").unwrap(), Some(4));
        assert_eq!(fields.integer("empty").unwrap(), None);
        assert_eq!(fields.boolean("True").unwrap(), Some(true));
        for refused in [
            fields.text("fraction").map(drop),
            fields.integer("fraction").map(drop),
            fields.integer("big").map(drop),
            fields.integer("bool").map(drop),
            fields.boolean("number").map(drop),
        ] {
            assert!(refused.is_err());
        }
        let error = fields.text("list").expect_err("a list is no text");
        assert_eq!(error.reason, "E.list is no text (array found)");
    }

    #[test]
    fn a_list_is_a_list_also_when_it_stands_alone() {
        let object = object(json!({
            "Plain": ["a", 1], "Alone": "a", "Empty": "", "None": null,
            "Rows": {"Row": [{"a": 1}, {"a": 2}]}, "Items": {"Item": {"a": 1}}, "Single": {"a": 1, "b": 2},
        }));
        let mut fields = Fields::new("E", &object);
        assert_eq!(fields.texts("Plain").unwrap().unwrap(), ["a", "1"]);
        assert_eq!(fields.texts("Alone").unwrap().unwrap(), ["a"]);
        assert!(fields.texts("Empty").unwrap().unwrap().is_empty());
        assert_eq!(fields.texts("None").unwrap(), None);
        let mut count = |name| fields.objects(name, "R").unwrap().unwrap().len();
        assert_eq!(count("Rows"), 2);
        assert_eq!(count("Items"), 1);
        assert_eq!(count("Single"), 1);
        assert!(fields.objects("Plain", "R").is_err());
    }

    #[test]
    fn what_stands_beside_a_wrapped_list_is_unknown() {
        let object = object(json!({
            "Rows": {"Row": [{"a": 1}], "New": 1}, "Items": {"Item": "a"}, "Words": {"Whatever": ["a"]},
            "Single": {"a": 1, "b": 2},
        }));
        let mut fields = Fields::new("E", &object);
        assert_eq!(fields.objects("Rows", "R").unwrap().unwrap().len(), 1);
        assert_eq!(fields.texts("Items").unwrap().unwrap(), ["a"]);
        assert_eq!(fields.texts("Words").unwrap().unwrap(), ["a"]);
        assert_eq!(fields.objects("Single", "R").unwrap().unwrap().len(), 1);
        let mut unknowns = Unknowns::default();
        fields.finish(&mut unknowns);
        let reading = unknowns.reading(());
        let names: Vec<_> = reading.unknown.iter().map(|item| &item.name).collect();
        assert_eq!(names, ["E.Rows.New"]);
        assert_eq!(reading.extra, Some(json!({"E.Rows.New": 1})));
    }

    #[test]
    fn what_was_not_asked_for_is_unknown_unless_it_is_presentation() {
        let object = object(json!({"A": 1, "New": [], "RequestId": "R", "HostId": "h"}));
        let mut fields = Fields::new("E", &object);
        fields.integer("A").unwrap();
        let mut unknowns = Unknowns::default();
        fields.finish(&mut unknowns);
        let reading = unknowns.reading(());
        assert_eq!(reading.unknown.len(), 1);
        assert_eq!(reading.unknown[0].name, "E.New");
        assert_eq!(reading.unknown[0].value, "array");
    }
}
