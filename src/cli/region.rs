//! The region of a stack group where nobody types one: one answer for all commands.
//!
//! Nothing here knows of watches; who knows the region of one asks that first.

use super::asking;
use super::values::region as checked_region;
use crate::cloud::credentials::default_region;
use crate::config::{Access, Account};

/// The region that an account's profile names, else the environment; `None` where neither does.
///
/// # Errors
/// What is named can be no region.
pub(super) fn default_of(account: &Account) -> anyhow::Result<Option<String>> {
    let profile = match &account.access {
        Access::Profile(name) => Some(name.as_str()),
        Access::Chain => None,
    };
    let Some(found) = default_region(profile, &asking::environment) else {
        return Ok(None);
    };
    let checked = checked_region(&found).map_err(|reason| {
        anyhow::anyhow!("the profile or environment names the region '{found}': {reason}")
    })?;
    Ok(Some(checked))
}
