//! Columns: name for machines, what the values are, label for people.

use crate::export::document::{Column, Kind, Language};

use super::Text;

/// A column in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report::compliance) struct Col {
    name: &'static str,
    kind: Kind,
    label: Text,
}

impl Col {
    /// The column of a document in one language.
    pub(in crate::report::compliance) fn of(self, language: Language) -> Column {
        Column {
            name: self.name,
            label: self.label.of(language).to_owned(),
            kind: self.kind,
        }
    }
}

macro_rules! columns {
    ($($name:ident: $machine:literal, $kind:ident, $en:literal, $zh:literal;)*) => {
        $(pub(in crate::report::compliance) const $name: Col = Col {
            name: $machine,
            kind: Kind::$kind,
            label: Text { en: $en, zh: $zh },
        };)*

        #[cfg(test)]
        pub(in crate::report::compliance) const ALL: &[(&str, Text)] = &[$(($machine, $name.label)),*];
    };
}

columns! {
    FIGURE: "figure", Id, "Figure", "指标";
    VALUE: "value", Count, "Value", "数值";
    UNIT: "unit", Word, "Unit", "单位";
    MEANING: "meaning", Text, "Meaning", "含义";
    EVIDENCE: "evidence", Evidence, "Evidence", "证据";

    SERVICE: "service", Word, "Service", "云服务";
    ACCOUNT_ID: "account_id", Id, "Account", "账号";
    REGION_ID: "region_id", Id, "Region", "地域";
    OPERATION_ID: "operation_id", Id, "Operation", "操作 ID";
    STACK_GROUP_NAME: "stack_group_name", Text, "Stack group", "资源栈组";
    RESOURCE_NAME: "resource_name", Text, "Stack group", "资源栈组";
    KIND: "kind", Word, "Action", "操作类型";
    STATUS: "status", Word, "Status", "状态";
    PHASE: "phase", Word, "Phase", "阶段";
    REASON: "reason", Text, "Reason", "原因";
    DETAIL: "detail", Text, "Detail", "说明";

    SCOPE: "scope", Word, "Scope", "对象";
    CAUSE: "cause", Word, "Cause", "原因类别";
    GAP_FROM: "gap_from", Time, "From", "开始";
    GAP_UNTIL: "gap_until", Time, "Until", "结束";
    GAP_SECONDS: "gap_seconds", Seconds, "Length, s", "时长（秒）";

    RUN_ID: "run_id", Count, "Run", "采集编号";
    STARTED_AT: "started_at", Time, "Began", "开始时间";
    ENDED_AT: "ended_at", Time, "Ended", "结束时间";
    OUTCOME: "outcome", Word, "Outcome", "结论";
    WATCHES_DUE: "watches_due", Count, "Watches due", "应查监视项";
    WATCHES_POLLED: "watches_polled", Count, "Asked", "已查";
    WATCHES_FAILED: "watches_failed", Count, "Failed", "失败";
    WATCHES_DEFERRED: "watches_deferred", Count, "Deferred", "推迟";

    LISTING_ID: "listing_id", Count, "Listing", "列表编号";
    FIRST_TOTAL_COUNT: "first_total_count", Count, "First TotalCount", "首页 TotalCount";
    LAST_TOTAL_COUNT: "last_total_count", Count, "Last TotalCount", "末页 TotalCount";
    DISTINCT_KEYS: "distinct_keys", Count, "Distinct rows", "不同条目数";

    WATCH_ID: "watch_id", Count, "Watch", "监视项";
    WATCH_KIND: "kind", Word, "Kind", "类型";
    ACCOUNT: "account", Id, "Account", "账号";
    STATE: "state", Word, "State", "状态";
    ORIGIN: "origin", Text, "Origin", "来源";
    ADDED_AT: "added_at", Time, "Added", "添加时间";
    ADDED_BY: "added_by", Text, "Added by", "添加人";
    REMOVED_AT: "removed_at", Time, "Removed", "移除时间";
    REMOVED_BY: "removed_by", Text, "Removed by", "移除人";
    REMOVAL_REASON: "removal_reason", Text, "Reason for removal", "移除原因";
    FOUND: "found", Count, "Watches found by it", "由其发现的监视项";

    LABEL: "label", Id, "Credentials", "凭证名称";
    CALLER_ARN: "caller_arn", Id, "Caller", "调用者 ARN";
    FIRST_USED_AT: "first_used_at", Time, "First used", "首次使用";
    LAST_USED_AT: "last_used_at", Time, "Last used", "最近使用";
    REQUEST_COUNT: "requests", Count, "Requests", "请求数";

    OPERATION_COUNT: "operations", Count, "Operations", "操作数";
    WITH_FAILURES: "with_failures", Count, "With failures", "含失败的操作数";
    HAS_FAILURES: "has_failures", Count, "Any failure", "是否含失败";
    FIRST_SEEN_AT: "first_seen_at", Time, "First seen", "首次观测";
    LAST_SEEN_AT: "last_seen_at", Time, "Last seen", "最近观测";
    CLOUD_STARTED_AT: "cloud_started_at", Time, "Started, as told by the cloud", "开始时间（云端记录）";
    CLOUD_ENDED_AT: "cloud_ended_at", Time, "Ended, as told by the cloud", "结束时间（云端记录）";
    DURATION_MS: "duration_ms", Millis, "Duration, ms", "耗时（毫秒）";
    LOOKS: "looks", Count, "Looks", "观测次数";
    WIDEST_LOOK_GAP_SECONDS: "widest_look_gap_seconds", Seconds, "Widest time between two looks, s", "两次观测的最大间隔（秒）";

    TARGET_ACCOUNT_ID: "target_account_id", Id, "Target account", "目标账号";
    TARGET_REGION_ID: "target_region_id", Id, "Target region", "目标地域";
    ENTERED_LATEST_AT: "entered_latest_at", Time, "First seen with this status", "首次观测到该状态";

    RESULT_COUNT: "results", Count, "Results", "结果数";
    SUCCEEDED: "succeeded", Count, "Succeeded", "成功";
    FAILED: "failed", Count, "Failed", "失败";
    CANCELLED: "cancelled", Count, "Cancelled", "已取消";
    OTHER: "other", Count, "Other", "其他";

    WITH_DURATION: "with_duration", Count, "With a duration", "有耗时的操作数";
    MEDIAN_MS: "median_ms", Millis, "Median, ms", "中位数（毫秒）";
    P95_MS: "p95_ms", Millis, "95th percentile, ms", "第 95 百分位（毫秒）";
    LONGEST_MS: "longest_ms", Millis, "Longest, ms", "最长（毫秒）";
    LONGEST_OPERATION_ID: "longest_operation_id", Id, "Longest operation", "耗时最长的操作 ID";
    SCHEDULE_SECONDS: "schedule_seconds", Seconds, "Declared schedule, s", "声明的采集间隔（秒）";

    DRIFT_DETECTION_STATUS: "drift_detection_status", Word, "Detection", "检测状态";
    STACK_GROUP_DRIFT_STATUS: "stack_group_drift_status", Word, "Drift", "偏差状态";
    TOTAL_STACK_INSTANCES_COUNT: "total_stack_instances_count", Count, "Stack instances", "资源栈实例数";
    DRIFTED_STACK_INSTANCES_COUNT: "drifted_stack_instances_count", Count, "Drifted", "已偏差";
    IN_SYNC_STACK_INSTANCES_COUNT: "in_sync_stack_instances_count", Count, "In sync", "未偏差";
    IN_PROGRESS_STACK_INSTANCES_COUNT: "in_progress_stack_instances_count", Count, "In progress", "检测中";
    FAILED_STACK_INSTANCES_COUNT: "failed_stack_instances_count", Count, "Failed", "检测失败";
    CANCELLED_STACK_INSTANCES_COUNT: "cancelled_stack_instances_count", Count, "Cancelled", "检测取消";
    DRIFT_DETECTION_TIME: "drift_detection_time", Time, "Detected, as told by the cloud", "检测时间（云端记录）";

    BATCH_TYPE: "batch_type", Word, "Batch type", "批量任务类型";
    BATCH_STATUS: "status", Count, "Status", "任务状态";
    TOTAL_COUNT: "total_count", Count, "Records", "记录总数";
    SUCCESS_COUNT: "success_count", Count, "Succeeded", "成功数";
    FAILED_COUNT: "failed_count", Count, "Failed", "失败数";

    REQUESTED_AT: "requested_at", Time, "Asked for", "发起时间";
    OS_USER: "os_user", Text, "User of the operating system", "操作系统用户";
    TICKET: "ticket", Text, "Ticket", "工单";
    STATUS_BEFORE: "status_before", Word, "Status before", "此前状态";
    CALL_OUTCOME: "outcome", Word, "Outcome of the call", "调用结果";
    REQUEST_ID: "request_id", Id, "RequestId", "请求 ID";
    EFFECT: "effect", Word, "Effect", "效果";
    EFFECT_SEEN_AT: "effect_seen_at", Time, "Effect seen", "观测到效果的时间";

    ACTION: "action", Word, "Call", "接口";
    UNKNOWN_KIND: "kind", Word, "Word or field", "取值或字段";
    NAME: "name", Text, "Field", "字段名";
    UNKNOWN_VALUE: "value", Text, "Word, or type of the field", "取值，或字段类型";
    ANSWERS: "answers", Count, "Answers", "应答数";

    FIRST_AT: "first_at", Time, "First", "首次";
    LAST_AT: "last_at", Time, "Last", "末次";

    CHECK: "check", Word, "Check", "检查项";
    STATEMENT: "statement", Text, "Statement", "声明";
    RESULT: "result", Text, "Result", "结果";
}
