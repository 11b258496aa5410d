//! One page of a list that the cloud answers page by page.

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
