//! One page of a list, whatever its rows are: paging fields, and the rows in the order sent.
//!
//! Depends on nothing of ours beside this room and `model`.

use super::fields::Fields;
use super::reading::{InvalidAnswer, Reading, Unknowns};
use crate::model::ListPage;

/// Reads the page whose rows stand in the field `name` and bear `row_path` in messages. An answer that has
/// neither rows nor a TotalCount is invalid, never an empty page.
pub(super) fn read_list<T>(
    mut answer: Fields<'_>,
    name: &'static str,
    row_path: &'static str,
    read_row: fn(Fields<'_>, &mut Unknowns) -> Result<T, InvalidAnswer>,
) -> Result<Reading<ListPage<T>>, InvalidAnswer> {
    let mut unknowns = Unknowns::default();
    let rows = answer.objects(name, row_path)?;
    let (page_number, page_size, total_count) = (
        answer.integer("PageNumber")?,
        answer.integer("PageSize")?,
        answer.integer("TotalCount")?,
    );
    answer.finish(&mut unknowns);
    if rows.is_none() && total_count.is_none() {
        return Err(InvalidAnswer::new(format!(
            "{name} and TotalCount are missing"
        )));
    }
    let rows = rows
        .unwrap_or_default()
        .into_iter()
        .map(|fields| read_row(fields, &mut unknowns))
        .collect::<Result<_, _>>()?;
    Ok(unknowns.reading(ListPage {
        page_number,
        page_size,
        total_count,
        rows,
    }))
}
