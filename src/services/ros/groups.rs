//! How the answers of discovery read: DescribeRegions, ListStackGroups, ListStackGroupOperations.

use crate::model::{ListPage, ListedOperation, Phase, RosRegion, StackGroup, Tag};
use crate::services::document::Document;
use crate::services::fields::Fields;
use crate::services::list::read_list;
use crate::services::reading::{InvalidAnswer, Reading, Unknowns};

const REGION: &str = "Region";
const GROUP: &str = "StackGroup";
const TAG: &str = "StackGroup.Tag";
const AUTO_DEPLOYMENT: &str = "StackGroup.AutoDeployment";
const OPERATION: &str = "ListedOperation";

const GROUP_STATUSES: [&str; 2] = ["ACTIVE", "DELETED"];
const PERMISSION_MODELS: [&str; 2] = ["SELF_MANAGED", "SERVICE_MANAGED"];

/// Reads the regions. An answer without `Regions`, or with a region without id, is invalid: an empty answer
/// would read as a world without stack groups.
pub fn read_regions(document: &Document) -> Result<Reading<Vec<RosRegion>>, InvalidAnswer> {
    let mut unknowns = Unknowns::default();
    let mut answer = document.fields("DescribeRegions");
    let Some(rows) = answer.objects("Regions", REGION)? else {
        return Err(InvalidAnswer::new("Regions is missing"));
    };
    answer.finish(&mut unknowns);
    let regions = rows
        .into_iter()
        .map(|mut fields| {
            let region = RosRegion {
                region_id: fields.required_text("RegionId")?,
                region_endpoint: fields.text("RegionEndpoint")?,
            };
            fields.finish_row(&mut unknowns);
            Ok(region)
        })
        .collect::<Result<Vec<_>, InvalidAnswer>>()?;
    Ok(unknowns.reading(regions))
}

/// Reads one page of stack groups. A group without id, which is its key, is invalid.
pub fn read_groups(document: &Document) -> Result<Reading<ListPage<StackGroup>>, InvalidAnswer> {
    let answer = document.fields("StackGroupsPage");
    read_list(answer, "StackGroups", GROUP, read_group)
}

fn read_group(
    mut fields: Fields<'_>,
    unknowns: &mut Unknowns,
) -> Result<StackGroup, InvalidAnswer> {
    let status_raw = fields.text("Status")?;
    let mut group = StackGroup {
        stack_group_id: fields.required_text("StackGroupId")?,
        stack_group_name: fields.text("StackGroupName")?,
        status: status_raw.as_deref().map(|word| word.trim().to_owned()),
        status_raw,
        description: fields.text("Description")?,
        permission_model: fields.text("PermissionModel")?,
        resource_group_id: fields.text("ResourceGroupId")?,
        stack_group_drift_status: fields.text("StackGroupDriftStatus")?,
        drift_detection_time: fields.text("DriftDetectionTime")?,
        create_time: fields.text("CreateTime")?,
        update_time: fields.text("UpdateTime")?,
        ..StackGroup::default()
    };
    if let Some(mut deployment) = fields.object("AutoDeployment", AUTO_DEPLOYMENT)? {
        group.auto_deployment_enabled = deployment.boolean("Enabled")?;
        group.retain_stacks_on_account_removal =
            deployment.boolean("RetainStacksOnAccountRemoval")?;
        deployment.finish_row(unknowns);
    }
    group.tags = fields
        .objects("Tags", TAG)?
        .map(|tags| {
            tags.into_iter()
                .map(|tag| read_tag(tag, unknowns))
                .collect::<Result<_, _>>()
        })
        .transpose()?;
    fields.finish_row(unknowns);
    let words = [
        (&GROUP_STATUSES[..], "StackGroup.Status", &group.status),
        (
            &PERMISSION_MODELS,
            "StackGroup.PermissionModel",
            &group.permission_model,
        ),
        (
            &super::operation::DRIFT_STATUSES,
            "StackGroup.StackGroupDriftStatus",
            &group.stack_group_drift_status,
        ),
    ];
    for (known, name, word) in words {
        unknowns.word_outside(known, name, word.as_deref());
    }
    Ok(group)
}

fn read_tag(mut fields: Fields<'_>, unknowns: &mut Unknowns) -> Result<Tag, InvalidAnswer> {
    let tag = Tag {
        key: fields.text("Key")?,
        value: fields.text("Value")?,
    };
    fields.finish_row(unknowns);
    Ok(tag)
}

/// Reads one page of the operations of the groups of one name. An operation without id is invalid.
pub fn read_group_operations(
    document: &Document,
) -> Result<Reading<ListPage<ListedOperation>>, InvalidAnswer> {
    let answer = document.fields("GroupOperationsPage");
    read_list(answer, "StackGroupOperations", OPERATION, read_listed)
}

fn read_listed(
    mut fields: Fields<'_>,
    unknowns: &mut Unknowns,
) -> Result<ListedOperation, InvalidAnswer> {
    let status_raw = fields.text("Status")?;
    let operation = ListedOperation {
        operation_id: fields.required_text("OperationId")?,
        action: fields.text("Action")?,
        status: status_raw.as_deref().map(|word| word.trim().to_owned()),
        status_raw,
        stack_group_id: fields.text("StackGroupId")?,
        stack_group_name: fields.text("StackGroupName")?,
        operation_description: fields.text("OperationDescription")?,
        create_time: fields.text("CreateTime")?,
        end_time: fields.text("EndTime")?,
    };
    fields.finish_row(unknowns);
    if let Some(status) = &operation.status
        && Phase::of_word(status) == Phase::Unknown
    {
        unknowns.word("ListedOperation.Status", status);
    }
    unknowns.word_outside(
        &super::operation::ACTIONS,
        "ListedOperation.Action",
        operation.action.as_deref(),
    );
    Ok(operation)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
