//! The key of an operation, from the four texts by which a row names it. It is not the number (`op`) that
//! rows of other tables refer to.

use rusqlite::Row;

use super::StoreError;
use crate::model::OperationKey;

/// A key from its texts: service, account, region, id.
///
/// # Errors
/// [`StoreError::Inconsistent`] where the service is none that this program knows.
pub fn operation_key(parts: [&str; 4]) -> Result<OperationKey, StoreError> {
    let [service, account_id, region_id, operation_id] = parts;
    Ok(OperationKey {
        service: service.parse().map_err(|error| {
            StoreError::Inconsistent(format!("an operation of '{service}': {error}"))
        })?,
        account_id: account_id.to_owned(),
        region_id: region_id.to_owned(),
        operation_id: operation_id.to_owned(),
    })
}

/// A key from the first four columns of a row, in the same order.
pub(super) fn of_row(row: &Row<'_>) -> Result<OperationKey, StoreError> {
    let text = |column| -> Result<&str, StoreError> {
        let value = row.get_ref(column)?;
        value
            .as_str()
            .map_err(|error| StoreError::Inconsistent(format!("the key of an operation: {error}")))
    };
    operation_key([text(0)?, text(1)?, text(2)?, text(3)?])
}
