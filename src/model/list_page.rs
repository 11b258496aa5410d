//! Lists that the cloud answers page by page: one page, and how far the pages that were read reach.

use super::UtcMillis;

/// One page of a list, with what it says of the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T> {
    /// Number of the page, from 1.
    pub page_number: Option<i64>,
    /// Rows on a page; the server's, which may be less than asked.
    pub page_size: Option<i64>,
    /// Rows of the whole list at this instant; may differ from page to page.
    pub total_count: Option<i64>,
    /// The rows in the order sent.
    pub rows: Vec<T>,
}

/// How far the pages of one list that were answered and read reach, in time and by their own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Request of the first answer.
    pub started_at: Option<UtcMillis>,
    /// Receipt of the last answer.
    pub ended_at: Option<UtcMillis>,
    /// Pages answered and read.
    pub pages: i64,
    /// PageSize of the first page.
    pub page_size: Option<i64>,
    /// TotalCount of the first page.
    pub first_total_count: Option<i64>,
    /// TotalCount of the last page.
    pub last_total_count: Option<i64>,
}
