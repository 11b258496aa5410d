//! The published shapes of discovery in both forms, and what is no answer.

use super::*;

fn groups(body: &str) -> Result<Reading<ListPage<StackGroup>>, InvalidAnswer> {
    read_groups(&Document::parse(body.as_bytes()).unwrap())
}

fn operations(body: &str) -> Result<Reading<ListPage<ListedOperation>>, InvalidAnswer> {
    read_group_operations(&Document::parse(body.as_bytes()).unwrap())
}

fn regions(body: &str) -> Result<Reading<Vec<RosRegion>>, InvalidAnswer> {
    read_regions(&Document::parse(body.as_bytes()).unwrap())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn every_field_of_a_group_is_read_in_either_form() {
    let json = r#"{"PageNumber":1,"PageSize":"50","TotalCount":1,"RequestId":"R","StackGroups":[{
        "StackGroupId":"fd0ddef9","StackGroupName":"G","Status":" ACTIVE\n","Description":"",
        "PermissionModel":"SERVICE_MANAGED","ResourceGroupId":"rg","StackGroupDriftStatus":"IN_SYNC",
        "DriftDetectionTime":"d","CreateTime":"c","UpdateTime":"u",
        "AutoDeployment":{"Enabled":"True","RetainStacksOnAccountRemoval":false},
        "Tags":[{"Key":"k","Value":"v"}]}]}"#;
    let xml = "<ListStackGroupsResponse><PageNumber>1</PageNumber><PageSize>50</PageSize>\
        <TotalCount>1</TotalCount><RequestId>R</RequestId><StackGroups>\
        <StackGroupId>fd0ddef9</StackGroupId><StackGroupName>G</StackGroupName><Status> ACTIVE\n</Status>\
        <Description/><PermissionModel>SERVICE_MANAGED</PermissionModel><ResourceGroupId>rg</ResourceGroupId>\
        <StackGroupDriftStatus>IN_SYNC</StackGroupDriftStatus><DriftDetectionTime>d</DriftDetectionTime>\
        <CreateTime>c</CreateTime><UpdateTime>u</UpdateTime><AutoDeployment><Enabled>true</Enabled>\
        <RetainStacksOnAccountRemoval>false</RetainStacksOnAccountRemoval></AutoDeployment>\
        <Tags><Key>k</Key><Value>v</Value></Tags></StackGroups></ListStackGroupsResponse>";
    let reading = groups(json).unwrap();
    assert_eq!(reading, groups(xml).unwrap());
    assert!(reading.unknown.is_empty(), "{:?}", reading.unknown);
    let page = reading.value;
    assert_eq!(
        (page.page_number, page.page_size, page.total_count),
        (Some(1), Some(50), Some(1))
    );
    assert_eq!(
        page.rows,
        [StackGroup {
            stack_group_id: "fd0ddef9".to_owned(),
            stack_group_name: text("G"),
            status: text("ACTIVE"),
            status_raw: text(" ACTIVE\n"),
            description: text(""),
            permission_model: text("SERVICE_MANAGED"),
            resource_group_id: text("rg"),
            stack_group_drift_status: text("IN_SYNC"),
            drift_detection_time: text("d"),
            create_time: text("c"),
            update_time: text("u"),
            auto_deployment_enabled: Some(true),
            retain_stacks_on_account_removal: Some(false),
            tags: Some(vec![Tag {
                key: text("k"),
                value: text("v"),
            }]),
        }]
    );
}

#[test]
fn what_a_group_does_not_say_is_none() {
    let body = r#"{"StackGroups":[{"StackGroupId":1,"AutoDeployment":{},"Tags":[]}]}"#;
    let group = groups(body).unwrap().value.rows.remove(0);
    let bare = StackGroup {
        stack_group_id: "1".to_owned(),
        tags: Some(Vec::new()),
        ..StackGroup::default()
    };
    assert_eq!(group, bare);
}

#[test]
fn every_field_of_a_listed_operation_is_read() {
    let body = r#"{"PageNumber":1,"PageSize":10,"TotalCount":1,"RequestId":"R","StackGroupOperations":[
        {"OperationId":"6da106ca","Action":"CREATE","Status":"QUEUED","CreateTime":"2020-01-20T09:22:36.000000",
        "EndTime":"","OperationDescription":"","StackGroupId":"fd0ddef9","StackGroupName":"G"}]}"#;
    let reading = operations(body).unwrap();
    assert!(reading.unknown.is_empty());
    assert_eq!(
        reading.value.rows,
        [ListedOperation {
            operation_id: "6da106ca".to_owned(),
            action: text("CREATE"),
            status: text("QUEUED"),
            status_raw: text("QUEUED"),
            stack_group_id: text("fd0ddef9"),
            stack_group_name: text("G"),
            operation_description: text(""),
            create_time: text("2020-01-20T09:22:36.000000"),
            end_time: text(""),
        }]
    );
}

#[test]
fn regions_have_no_pages_and_their_names_are_presentation() {
    let json = r#"{"RequestId":"R","Regions":[
        {"RegionId":"cn-hangzhou","LocalName":"华东 1","RegionEndpoint":"ros.aliyuncs.com"},{"RegionId":"r2"}]}"#;
    let xml = "<DescribeRegionsResponse><RequestId>R</RequestId><Regions><RegionId>cn-hangzhou</RegionId>\
        <LocalName>x</LocalName><RegionEndpoint>ros.aliyuncs.com</RegionEndpoint></Regions>\
        <Regions><RegionId>r2</RegionId></Regions></DescribeRegionsResponse>";
    let reading = regions(json).unwrap();
    assert!(reading.unknown.is_empty());
    assert_eq!(reading, regions(xml).unwrap());
    let ids: Vec<&str> = reading.value.iter().map(|r| r.region_id.as_str()).collect();
    assert_eq!(ids, ["cn-hangzhou", "r2"]);
    let single = "<DescribeRegionsResponse><Regions><RegionId>r1</RegionId></Regions></DescribeRegionsResponse>";
    assert_eq!(regions(single).unwrap().value.len(), 1);
}

#[test]
fn unknown_words_and_fields_are_told() {
    let body = r#"{"Next":"t","StackGroups":[{"StackGroupId":"a","Status":"FROZEN","PermissionModel":"P",
        "StackGroupDriftStatus":"LOST","New":1,"AutoDeployment":{"At":1},"Tags":[{"Key":"k","Scope":"s"}]}]}"#;
    assert_eq!(
        groups(body).unwrap().told(),
        [
            ("StackGroup.PermissionModel", "P"),
            ("StackGroup.StackGroupDriftStatus", "LOST"),
            ("StackGroup.Status", "FROZEN"),
            ("StackGroup.AutoDeployment.At", "number"),
            ("StackGroup.New", "number"),
            ("StackGroup.Tag.Scope", "string"),
            ("StackGroupsPage.Next", "string"),
        ]
    );
    let body = r#"{"StackGroupOperations":[{"OperationId":"a","Status":"PAUSED","Action":"IMPORT","New":1}]}"#;
    assert_eq!(
        operations(body).unwrap().told(),
        [
            ("ListedOperation.Action", "IMPORT"),
            ("ListedOperation.Status", "PAUSED"),
            ("ListedOperation.New", "number"),
        ]
    );
}

#[test]
fn an_answer_without_rows_count_or_keys_is_invalid() {
    for body in [
        "{}",
        r#"{"StackGroups":null}"#,
        r#"{"StackGroups":[{"StackGroupName":"G"}]}"#,
        r#"{"StackGroups":[{"StackGroupId":" "}]}"#,
        r#"{"StackGroups":[null]}"#,
        r#"{"StackGroups":[{"StackGroupId":"a","Tags":["t"]}]}"#,
        r#"{"StackGroups":[{"StackGroupId":"a","AutoDeployment":[]}]}"#,
        r#"{"TotalCount":"many","StackGroups":[]}"#,
    ] {
        assert!(groups(body).is_err(), "{body}");
    }
    for body in [
        "{}",
        r#"{"StackGroupOperations":[{"Status":"RUNNING"}]}"#,
        r#"{"StackGroupOperations":[{"OperationId":{}}]}"#,
    ] {
        assert!(operations(body).is_err(), "{body}");
    }
    for body in [
        "{}",
        r#"{"TotalCount":1}"#,
        r#"{"Regions":[{"LocalName":"x"}]}"#,
        r#"{"Regions":["r"]}"#,
    ] {
        assert!(regions(body).is_err(), "{body}");
    }
    let empty = groups(r#"{"TotalCount":0,"StackGroups":[]}"#).unwrap();
    assert!(empty.value.rows.is_empty());
}
