//! Pages of a listing, and the ways in which paging misbehaves.
//!
//! Pure: a page is a function of what there is, what is asked, and the number of pages served.

use crate::sandbox::answer::{Object, Value};
use crate::sandbox::call::PageRequest;

/// How `TotalCount` is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TotalCount {
    /// As a number, the true one.
    #[default]
    Number,
    /// Not at all.
    Missing,
    /// As text.
    Text,
    /// As a number that is one too high on every second page.
    Changing,
}

impl TotalCount {
    /// What stands on the page after `served` others.
    pub(super) fn shown(self, total: u32, served: u32) -> Option<Value> {
        match self {
            Self::Number => Some(Value::from(total)),
            Self::Missing => None,
            Self::Text => Some(Value::from(total.to_string())),
            Self::Changing => Some(Value::from(total + served % 2)),
        }
    }
}

/// How a listing behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paging {
    /// The server answers no larger page, and says so in `PageSize`.
    pub page_size_cap: Option<u32>,
    /// While what is listed still moves, every page served moves the rows by this many places, so that the
    /// pages of one reading overlap and miss rows. 0: the order is stable.
    pub shift: u32,
    /// How `TotalCount` is given.
    pub total_count: TotalCount,
}

/// The places of the rows on one page of a listing of `total` rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Places {
    number: u32,
    pub(super) size: u32,
    pub(super) total_count: Option<Value>,
    /// Places in the unmoved order, from 0.
    pub(super) places: Vec<u32>,
}

impl Places {
    /// The page that is asked for, after `served` others; `moves`: whether the order may shift.
    pub(super) fn of(
        paging: Paging,
        total: u32,
        served: u32,
        moves: bool,
        asked: PageRequest,
    ) -> Self {
        let cap = paging.page_size_cap.unwrap_or(asked.size);
        let size = asked.size.min(cap);
        let shift = match total {
            0 => 0,
            _ if moves => served.wrapping_mul(paging.shift) % total,
            _ => 0,
        };
        let first = u64::from(asked.number - 1) * u64::from(size);
        let last = (first + u64::from(size)).min(u64::from(total));
        let places = (first..last).filter_map(|place| {
            let moved = (place + u64::from(total - shift)) % u64::from(total);
            u32::try_from(moved).ok()
        });
        Self {
            number: asked.number,
            size,
            total_count: paging.total_count.shown(total, served),
            places: places.collect(),
        }
    }

    /// The fields that every page has, in their order.
    pub(super) fn head(&self) -> Object {
        Object::new()
            .with("PageNumber", self.number)
            .with("PageSize", self.size)
            .with_some("TotalCount", self.total_count.clone())
    }

    /// Those of `all` that stand on the page.
    pub(super) fn pick<T: Clone>(&self, all: &[T]) -> Vec<T> {
        let places = self.places.iter();
        places
            .filter_map(|place| all.get(*place as usize).cloned())
            .collect()
    }
}
