//! What each figure of completeness means.

use super::Text;

/// The words of one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report::compliance) struct FigureWords {
    /// Name for machines.
    pub(in crate::report::compliance) id: &'static str,
    /// What is counted, for machines.
    pub(in crate::report::compliance) unit: &'static str,
    /// What it means.
    pub(in crate::report::compliance) meaning: Text,
}

macro_rules! figures {
    ($($name:ident: $id:literal, $unit:literal, $en:literal, $zh:literal;)*) => {
        $(pub(in crate::report::compliance) const $name: FigureWords = FigureWords {
            id: $id,
            unit: $unit,
            meaning: Text { en: $en, zh: $zh },
        };)*

        #[cfg(test)]
        pub(in crate::report::compliance) const ALL: &[(&str, Text)] = &[$(($id, $name.meaning)),*];
    };
}

figures! {
    RUNS_MADE: "runs_made", "runs",
        "Collect runs that began in the period. Of them limited to some services or accounts, which stand for no run of the schedule: {limited}", "统计周期内开始的采集次数。其中仅限部分云服务或账号、不计入采集间隔的次数：{limited}";
    RUNS_MISSED: "runs_missed", "runs",
        "Runs that the declared schedule called for in the period and that did not begin", "按声明的采集间隔应在统计周期内开始而未开始的采集次数";
    RUNS_EXPECTED: "runs_expected", "runs",
        "Runs missed, and runs made that were not limited to some services or accounts, together", "缺失次数与未限定云服务或账号的实际采集次数之和";
    RUNS_COMPLETE: "runs_complete", "runs",
        "Of the runs made: all that was due was asked and answered", "实际采集中：应查内容全部查询并得到应答";
    RUNS_PARTIAL: "runs_partial", "runs",
        "Of the runs made: something due was not, or not wholly, answered", "实际采集中：部分应查内容未得到完整应答";
    RUNS_FAILED: "runs_failed", "runs",
        "Of the runs made: nothing due was answered", "实际采集中：应查内容均未得到应答";
    RUNS_INTERRUPTED: "runs_interrupted", "runs",
        "Of the runs made: ended by a signal", "实际采集中：被信号终止";
    RUNS_ABORTED: "runs_aborted", "runs",
        "Of the runs made: broke off, as a later run found", "实际采集中：异常中止，由后续采集发现";
    RUNS_UNFINISHED: "runs_unfinished", "runs",
        "Of the runs made: no end is known", "实际采集中：结束情况未知";
    RUNS_SKIPPED: "runs_skipped", "runs",
        "Collectors that were started in the period and asked nothing: another one was at work, or the disk was full", "统计周期内启动但未查询的采集：另一采集正在运行，或磁盘空间不足";
    LONGEST_RUN_INTERVAL_SECONDS: "longest_run_interval_seconds", "seconds",
        "Longest time from the start of one run to the start of the next, rounded up; the last one counts until the newest evidence, and a run limited to some services or accounts does not count", "相邻两次采集开始时间的最长间隔，向上取整；最后一次计至最新证据的时间，仅限部分云服务或账号的采集不计";
    WATCHES: "watches", "watches",
        "Watches that existed in the period", "统计周期内存在的监视项";
    WATCHES_ADDED: "watches_added", "watches",
        "Watches that were added in the period", "统计周期内添加的监视项";
    WATCHES_REMOVED: "watches_removed", "watches",
        "Watches that were removed in the period", "统计周期内移除的监视项";
    OPERATIONS: "operations", "operations",
        "Operations whose observed time overlaps the period", "观测时间段与统计周期有重叠的操作";
    COVERAGE_GAPS: "coverage_gaps", "gaps",
        "Stretches of time in which something watched was due and was not seen, those in which no run began included", "应观测而未观测到监视项的时间段，含没有采集开始的时间段";
    COVERAGE_GAPS_OPEN: "coverage_gaps_open", "gaps",
        "Of these: still without an end", "其中：尚未结束";
    LONGEST_BLIND_INTERVAL_SECONDS: "longest_blind_interval_seconds", "seconds",
        "The longest of these, cut to the period and to the newest evidence, rounded up", "其中最长者的时长，截取至统计周期和最新证据的时间，向上取整";
    LISTINGS: "listings", "listings",
        "Readings of all pages of a list, begun in the period: results of an operation, stack groups, operations of a group, rows of a DNS batch task", "统计周期内开始的列表查询（读取全部分页）：操作结果、资源栈组、资源栈组的操作、DNS 批量任务明细";
    LISTINGS_COMPLETE: "listings_complete", "listings",
        "Of these: as many distinct rows as TotalCount says on each page", "其中：不同条目数与每页的 TotalCount 一致";
    LISTINGS_INCOMPLETE: "listings_incomplete", "listings",
        "Of these: incomplete", "其中：不完整";
    IDS_EXPIRED_UNSEEN: "ids_expired_unseen", "watches",
        "CADT ids that expired in the period before the end of their operation was seen", "统计周期内在观测到结束之前已失效的云速搭 CADT 操作 ID";
    IDS_NOT_FOUND: "ids_not_found", "watches",
        "Ids found in the period to be unknown to the cloud", "统计周期内确认云端不存在的 ID";
    REQUESTS: "requests", "requests",
        "HTTP requests sent in the period, retries included", "统计周期内发出的 HTTP 请求，含重试";
    REQUESTS_OK: "requests_ok", "requests",
        "Of these: answered as asked", "其中：正常应答";
    REQUESTS_THROTTLED: "requests_throttled", "requests",
        "Of these: throttled by the cloud", "其中：被云端限流";
    LEAVES: "leaves", "leaves",
        "Leaves of evidence whose time lies in the period; those that only say what will be asked bear no time", "时间在统计周期内的证据条数；仅说明将要查询内容的证据不带时间";
    LEAVES_FIRST: "leaves_first", "sequence",
        "Sequence number of the first of them", "其中第一条的序号";
    LEAVES_LAST: "leaves_last", "sequence",
        "Sequence number of the last of them", "其中最后一条的序号";
    REDACTIONS: "redactions", "spans",
        "Places where a secret that the cloud echoed was cut out of an answer before it was kept", "应答保存前的脱敏处数（云端回显的密钥）";
    CLOCK_OFFSET_WORST_MS: "clock_offset_worst_ms", "milliseconds",
        "The cloud's clock minus ours, in the run where they differed most (median over its answers; the cloud tells full seconds)", "云端时钟与本机时钟之差，取相差最大的一次采集（应答中位数，精度为秒）";
    CLOCK_STEPS: "clock_steps", "steps",
        "Steps of our own clock found in the period", "统计周期内发现的本机时钟跳变次数";
}
