//! The parameters of a call, read strictly: each has its place, its form and its limits.
//!
//! Knows names and patterns, no action. Depends on the gate's pairs alone.

use std::ops::RangeInclusive;

use super::{BatchType, Lang, PageRequest, RosTarget};
use crate::sandbox::gate::Pairs;
use crate::sandbox::refusal::Refusal;

/// Largest page of a listing, in rows: documented for ROS; for the rows of a DNS batch no maximum
/// is, and the same is the stricter.
const MAX_PAGE_SIZE: u32 = 50;

/// Page of a ROS listing when none is asked for, in rows.
pub(super) const ROS_PAGE_SIZE: u32 = 10;

/// Page of the rows of a DNS batch when none is asked for, in rows: that of the published example.
pub(super) const ALIDNS_PAGE_SIZE: u32 = 20;

/// Longest name of a stack group, in characters.
const GROUP_NAME_MAX_CHARS: usize = 255;

/// The parameters of one place, query or form; of both where the product takes either. A parameter
/// that stands elsewhere is as good as missing.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    place: &'a Pairs,
    other_place: Option<&'a Pairs>,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(place: &'a Pairs) -> Self {
        Self {
            place,
            other_place: None,
        }
    }

    pub(super) fn of_both(query: &'a Pairs, form: &'a Pairs) -> Self {
        Self {
            place: query,
            other_place: Some(form),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let elsewhere = || self.other_place.and_then(|pairs| pairs.get(name));
        self.place.get(name).or_else(elsewhere)
    }

    pub(super) fn required(&self, name: &str) -> Result<&'a str, Refusal> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::missing(name))
    }

    /// A text of so many characters; `None` where it is absent.
    pub(super) fn text(
        &self,
        name: &str,
        chars: RangeInclusive<usize>,
    ) -> Result<Option<String>, Refusal> {
        let read = |text: &str| {
            let count = text.chars().count();
            let (least, most) = (chars.start(), chars.end());
            if !chars.contains(&count) {
                let reason = format!("it has to have {least} to {most} characters");
                return Err(Refusal::invalid(name, &reason));
            }
            Ok(text.to_owned())
        };
        self.get(name).map(read).transpose()
    }

    pub(super) fn ros_target(&self) -> Result<RosTarget, Refusal> {
        let region_id = self.required("RegionId")?;
        let operation_id = self.required("OperationId")?;
        if !is_lower_case_uuid(operation_id) {
            return Err(Refusal::invalid(
                "OperationId",
                "it does not match the pattern of an id",
            ));
        }
        Ok(RosTarget {
            region_id: region_id.to_owned(),
            operation_id: operation_id.to_owned(),
        })
    }

    pub(super) fn stack_group_name(&self) -> Result<String, Refusal> {
        self.required("StackGroupName")?;
        let name = self.text("StackGroupName", 1..=GROUP_NAME_MAX_CHARS)?;
        name.ok_or_else(|| Refusal::missing("StackGroupName"))
    }

    pub(super) fn page(&self, default_size: u32) -> Result<PageRequest, Refusal> {
        Ok(PageRequest {
            number: self.number("PageNumber", 1, 1..=u32::MAX)?,
            size: self.number("PageSize", default_size, 1..=MAX_PAGE_SIZE)?,
        })
    }

    pub(super) fn number(
        &self,
        name: &str,
        default: u32,
        allowed: RangeInclusive<u32>,
    ) -> Result<u32, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let digits_only = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits_only);
        number
            .filter(|number| allowed.contains(number))
            .ok_or_else(|| {
                let (least, most) = (allowed.start(), allowed.end());
                Refusal::invalid(name, &format!("it is no number from {least} to {most}"))
            })
    }

    /// One word of a list; `None` where it is absent.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let found = words.iter().find(|(word, _)| *word == text);
        let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
        found
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| Refusal::invalid(name, &format!("it is none of {}", known().join(", "))))
    }

    /// `Tags.N.Key` and `Tags.N.Value`, numbered from 1 without a gap.
    pub(super) fn tags(&self) -> Result<Vec<(String, Option<String>)>, Refusal> {
        let mut tags = Vec::new();
        for number in 1_usize.. {
            let value = self.get(&format!("Tags.{number}.Value"));
            match self.get(&format!("Tags.{number}.Key")) {
                Some(key) if !key.is_empty() => {
                    tags.push((key.to_owned(), value.map(str::to_owned)));
                }
                None if value.is_none() => break,
                _ => return Err(Refusal::missing(&format!("Tags.{number}.Key"))),
            }
        }
        let in_query = self.place.iter();
        let named = in_query.filter(|(name, _)| name.starts_with("Tags.") && name.ends_with("Key"));
        if named.count() != tags.len() {
            return Err(Refusal::invalid("Tags", "the numbers have a gap"));
        }
        Ok(tags)
    }

    pub(super) fn task_id(&self) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| Refusal::invalid("TaskId", "it is no integer"))
        };
        self.get("TaskId").map(read).transpose()
    }

    pub(super) fn batch_type(&self) -> Result<Option<BatchType>, Refusal> {
        let words = BatchType::ALL.map(|batch_type| (batch_type.as_str(), batch_type));
        self.word("BatchType", &words)
    }

    pub(super) fn lang(&self) -> Result<Lang, Refusal> {
        let lang = self.word("Lang", &[("zh", Lang::Zh), ("en", Lang::En)])?;
        Ok(lang.unwrap_or(Lang::Zh))
    }
}

/// Whether a text is a UUID as ROS writes its ids. The pattern is documented for stack ids by the
/// server's own refusals; ids of operations have the same form in every example.
fn is_lower_case_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
