//! Titles of the document and its sections, and labels of its head.

super::texts! {
    TITLE: "Record of operations and of its own completeness", "操作记录及采集完整性报告";

    COMPLETENESS: "Completeness", "采集完整性";
    COVERAGE_GAPS: "Coverage gaps", "覆盖缺口";
    RUNS_NOT_COMPLETE: "Runs that were not complete", "未完整完成的采集";
    LISTINGS_INCOMPLETE: "Incomplete listings", "不完整的列表查询";
    WATCHED: "What was watched", "监视项";
    IDENTITIES: "Identities used", "使用的身份";
    OPERATIONS_BY_STATUS: "Operations by action and status", "按类型和状态统计的操作";
    OPERATIONS: "Operations", "操作";
    FAILURES: "Failures", "失败";
    RESULTS_BY_TARGET: "Results by account and region", "按目标账号和地域统计的执行结果";
    DURATIONS: "Durations", "耗时";
    DRIFT_CHECKS: "Drift detections", "偏差检测";
    BATCHES: "DNS batch tasks", "DNS 批量任务";
    INTERVENTIONS: "Interventions", "人工干预";
    UNKNOWNS: "Words and fields that are not known", "未识别的取值和字段";
    REQUESTS: "Requests", "请求";
    LIMITS: "What this record cannot say", "本记录无法说明的内容";
    INTEGRITY: "Integrity", "防篡改校验";

    PROGRAM: "Program", "程序";
    PROGRAM_VERSION: "Program version", "程序版本";
    SCHEMA_VERSION: "Schema version", "库结构版本";
    DERIVE_VERSION: "Version of the derivation rules", "推导规则版本";
    COMMAND: "Command that makes this report again", "可重新生成本报告的命令";
    PERIOD_SINCE: "Period from", "统计周期开始";
    PERIOD_UNTIL: "Period until, this instant excluded", "统计周期结束（不含该时刻）";
    ZONE: "Time zone of all times", "所有时间的时区";
    ACCOUNTS: "Accounts", "账号";
    ACCOUNTS_ALL: "Accounts: all", "账号：全部";
    SERVICES: "Services", "云服务";
    SERVICES_ALL: "Services: all", "云服务：全部";
    REGIONS: "Regions", "地域";
    REGIONS_ALL: "Regions: all", "地域：全部";
    LOG_ID: "Log", "日志标识";
    LOG_ORIGIN: "Origin of the log's checkpoints", "日志检查点的来源名";
    EVIDENCE_SIZE: "Leaves of evidence", "证据条数";
    EVIDENCE_ROOT: "Root of the tree over them", "证据的 Merkle 树根";
    EVIDENCE_BEGIN: "Oldest evidence", "最早证据的时间";
    EVIDENCE_END: "Newest evidence", "最新证据的时间";
    LEAVES_NOT_DERIVED: "Later leaves that this report does not know", "本报告未包含的后续证据条数";
    DATABASE: "Database", "数据库文件";
    LAST_RUN_ID: "Last run", "最近一次采集";
    LAST_RUN_STARTED_AT: "Last run began", "最近一次采集的开始时间";
    LAST_RUN_OUTCOME: "Outcome of the last run", "最近一次采集的结论";
    SIMULATED: "Recorded from the simulated cloud", "采集自模拟云";
}
