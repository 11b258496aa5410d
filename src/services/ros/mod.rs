//! Resource Orchestration Service: the calls about one stack-group operation, those that find the operations,
//! and their readings.
//!
//! `RegionId` is always the region where the stack group lives, not that of its instances.

mod groups;
mod operation;
mod page;
mod results;

pub use groups::{read_group_operations, read_groups, read_regions};
pub use operation::read_operation;
pub(super) use page::read_page_typed;
pub use results::read_page;

use super::Request;
use crate::model::Action;

/// Rows on a page at most; what the server does beyond it is not documented.
pub const PAGE_SIZE_MAX: u32 = 50;

/// Asks for one stack-group operation.
pub fn get_operation(region_id: &str, operation_id: &str) -> Request {
    about_operation(Action::GetStackGroupOperation, region_id, operation_id)
}

/// Asks for one page, from 1, of the results of an operation.
pub fn list_results(
    region_id: &str,
    operation_id: &str,
    page_number: u32,
    page_size: u32,
) -> Request {
    let mut request = about_operation(
        Action::ListStackGroupOperationResults,
        region_id,
        operation_id,
    );
    request
        .parameters
        .push(("PageNumber", page_number.to_string()));
    request.parameters.push(("PageSize", page_size.to_string()));
    request
}

/// Stops an operation: the one request here that changes the world.
pub fn stop_operation(region_id: &str, operation_id: &str) -> Request {
    about_operation(Action::StopStackGroupOperation, region_id, operation_id)
}

/// Asks in which regions the service has stack groups.
pub fn describe_regions() -> Request {
    Request {
        action: Action::DescribeRegions,
        parameters: Vec::new(),
    }
}

/// Asks for one page, from 1, of the stack groups of a region, deleted ones included.
pub fn list_groups(region_id: &str, page_number: u32, page_size: u32) -> Request {
    Request {
        action: Action::ListStackGroups,
        parameters: vec![
            ("RegionId", region_id.to_owned()),
            ("PageNumber", page_number.to_string()),
            ("PageSize", page_size.to_string()),
        ],
    }
}

/// Asks for one page, from 1, of the operations of the stack groups of one name.
pub fn list_group_operations(
    region_id: &str,
    stack_group_name: &str,
    page_number: u32,
    page_size: u32,
) -> Request {
    Request {
        action: Action::ListStackGroupOperations,
        parameters: vec![
            ("RegionId", region_id.to_owned()),
            ("StackGroupName", stack_group_name.to_owned()),
            ("PageNumber", page_number.to_string()),
            ("PageSize", page_size.to_string()),
        ],
    }
}

fn about_operation(action: Action, region_id: &str, operation_id: &str) -> Request {
    Request {
        action,
        parameters: vec![
            ("OperationId", operation_id.to_owned()),
            ("RegionId", region_id.to_owned()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Placement;

    #[test]
    fn parameters_stand_in_the_order_kept_as_evidence() {
        let names = |request: &Request| -> Vec<&str> {
            request.parameters.iter().map(|(name, _)| *name).collect()
        };
        let page = list_results("cn-hangzhou", "op", 2, PAGE_SIZE_MAX);
        assert_eq!(
            names(&page),
            ["OperationId", "RegionId", "PageNumber", "PageSize"]
        );
        assert_eq!(page.parameter("PageNumber"), Some("2"));
        assert_eq!(page.parameter("PageSize"), Some("50"));
        assert_eq!(page.placement(), Placement::Query);
        assert_eq!(
            names(&get_operation("cn-hangzhou", "op")),
            ["OperationId", "RegionId"]
        );
    }

    #[test]
    fn only_stop_is_no_reading() {
        assert!(get_operation("r", "o").action.is_read_only());
        assert!(list_results("r", "o", 1, 1).action.is_read_only());
        assert!(!stop_operation("r", "o").action.is_read_only());
    }

    #[test]
    fn discovery_asks_with_names_and_pages() {
        assert!(describe_regions().parameters.is_empty());
        let groups = list_groups("r", 2, 50);
        assert_eq!(
            groups.parameters,
            [
                ("RegionId", "r".into()),
                ("PageNumber", "2".into()),
                ("PageSize", "50".into())
            ]
        );
        let operations = list_group_operations("r", "网络", 1, 50);
        assert_eq!(operations.parameter("StackGroupName"), Some("网络"));
        assert_eq!(operations.operation_id(), None);
    }
}
