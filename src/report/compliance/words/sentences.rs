//! Sentences above the tables.

super::texts! {
    /// Above a table without rows.
    NONE: "None in this period and scope.", "本统计周期和范围内没有。";

    // The completeness statement: the verdict first, then its facts.
    NOTHING_MISSING: "Nothing that was due in this period is missing from this record.",
        "本统计周期内应记录的内容均已记录，无缺失。";
    SOMETHING_MISSING: "Something that was due in this period is missing from this record: {what}.",
        "本统计周期内应记录的内容有缺失：{what}。";
    NO_SCHEDULE: "Whether runs are missing cannot be told: no schedule was declared.",
        "未声明采集间隔，无法判断是否有采集缺失。";
    NO_RUN: "No run began in this period: it is one gap from beginning to end. What happened in it was not seen.",
        "本统计周期内没有任何采集开始：整个周期都是覆盖缺口，其间发生的内容未被观测。";
    NOTHING_RECORDED: "Nothing was recorded: this database holds no run.",
        "没有任何记录：此数据库中没有采集。";
    MISSING_RUNS: "runs missed: {n}", "缺失的采集 {n} 次";
    MISSING_NOT_COMPLETE: "runs that were not complete: {n}", "未完整完成的采集 {n} 次";
    MISSING_GAPS: "coverage gaps: {n}", "覆盖缺口 {n} 个";
    MISSING_GAPS_OF_RECORDER: "coverage gaps: {n}, of them of the recorder itself: {recorder}", "覆盖缺口 {n} 个，其中采集程序自身的缺口 {recorder} 个";
    MISSING_LISTINGS: "incomplete listings: {n}", "不完整的列表查询 {n} 个";
    MISSING_EXPIRED: "CADT ids that expired before their end was seen: {n}", "在观测到结束之前已失效的 CADT 操作 ID {n} 个";
    MISSING_NOT_FOUND: "ids that the cloud does not know: {n}", "云端不存在的 ID {n} 个";
    AND: "; ", "、";

    STATEMENT_POPULATION: "Population: watches that existed: {watches} (added in the period: {added}, removed: {removed}); operations seen: {operations}.",
        "总体：存在 {watches} 个监视项（周期内添加 {added} 个，移除 {removed} 个）；观测到 {operations} 个操作。";
    STATEMENT_PERIOD: "Period: {since} to {until}.", "统计周期：{since} 至 {until}。";
    STATEMENT_SCHEDULE: "Schedule every {every}: runs expected: {expected}, made: {made}, missed: {missed}.",
        "采集间隔 {every}：应采集 {expected} 次，实际 {made} 次，缺失 {missed} 次。";
    STATEMENT_LIMITED: "Runs made besides, limited to some services or accounts, which stand for no run of the schedule: {n}.",
        "另有仅限部分云服务或账号的采集 {n} 次，不计入采集间隔。";
    STATEMENT_NO_SCHEDULE: "No schedule declared. Runs made: {made}.", "未声明采集间隔：实际采集 {made} 次。";
    STATEMENT_RUNS: "Runs made: {made}.", "实际采集 {made} 次。";
    STATEMENT_OUTCOMES: "Of the runs made: {complete} complete, {partial} partial, {failed} failed, {interrupted} interrupted, {aborted} aborted, {unfinished} without a known end; {skipped} starts skipped.",
        "实际采集中：完整 {complete} 次，部分 {partial} 次，失败 {failed} 次，被中断 {interrupted} 次，异常中止 {aborted} 次，结束未知 {unfinished} 次；跳过启动 {skipped} 次。";
    STATEMENT_INTERVAL: "Longest time between the starts of two runs: {longest}.", "相邻两次采集开始时间的最长间隔：{longest}。";
    STATEMENT_LISTINGS: "Listings: {complete} complete, {incomplete} incomplete.", "列表查询：完整 {complete} 个，不完整 {incomplete} 个。";
    STATEMENT_GAPS: "Coverage gaps: {gaps}, of which {open} still open; longest blind interval {longest}.",
        "覆盖缺口：{gaps} 个，其中 {open} 个尚未结束；最长盲区 {longest}。";
    STATEMENT_IDS: "CADT ids that expired before their end was seen: {expired}; ids not found: {not_found}.",
        "在观测到结束之前已失效的 CADT 操作 ID：{expired} 个；不存在的 ID：{not_found} 个。";
    STATEMENT_REQUESTS: "Requests: {requests}, of which {ok} were answered as asked and {throttled} throttled.",
        "请求：{requests} 次，其中正常应答 {ok} 次，被限流 {throttled} 次。";
    STATEMENT_LEAVES: "Evidence of the period: leaves with a time: {leaves}, from number {first} to {last}; redacted places: {redactions}.",
        "本周期的证据：带时间的 {leaves} 条，序号从 {first} 到 {last}；脱敏 {redactions} 处。";
    STATEMENT_CLOCK: "Clock: largest difference from the cloud's {offset} ms; steps: {steps}.",
        "时钟：与云端时钟的最大偏差 {offset} 毫秒；跳变 {steps} 次。";
    STATEMENT_CLOCK_UNKNOWN: "Clock: its difference from the cloud's is not known; steps: {steps}.",
        "时钟：与云端时钟的偏差未知；跳变 {steps} 次。";

    SIMULATED: "This was recorded from the simulated cloud: nothing in it ever happened.",
        "本记录采集自模拟云，其中内容均未真实发生。";
    AFTER_END: "The newest evidence is of {end}. Of the time after it nothing is known.",
        "最新证据的时间为 {end}，此后的情况未知。";
    BEFORE_BEGIN: "The oldest evidence is of {begin}. Of the time before it nothing is known.",
        "最早证据的时间为 {begin}，此前的情况未知。";
    NOT_DERIVED: "Leaves of evidence that are kept and not derived yet, and so not in this report: {n}.",
        "有 {n} 条证据已保存但尚未推导，不在本报告中。";

    // One sentence for each table.
    ABOUT_FIGURES: "Each figure names the leaves of evidence that it was counted from. A leaf is one entry of the log: a request with its answer, or what the recorder did. Its name is its place in the log, from 0.", "每项指标都注明其统计所依据的证据序号。一条证据是日志中的一个条目：一次请求及其应答，或采集程序自身的一个动作；其序号是在日志中的位置，从 0 开始。";
    ABOUT_GAPS: "A gap is the time between two good looks in which at least one look that was due failed or was not taken. Scope recorder: no run began, and nothing at all was seen.",
        "缺口是指两次有效观测之间，至少有一次应做的观测失败或未进行的时间段。对象为 recorder 时表示没有采集开始，所有内容均未被观测。";
    ABOUT_RUNS: "Runs of the period that did not end with all that was due.", "统计周期内未完成全部应查内容的采集。";
    ABOUT_LISTINGS: "A listing is complete when TotalCount is the same on each page and as many distinct rows were read. Rows of an incomplete listing are kept, but confirm nothing.",
        "每页的 TotalCount 相同且读到的不同条目数与之一致，列表才算完整。不完整列表中的条目会保存，但不作为确认依据。";
    ABOUT_WATCHED: "What was to be recorded in the period, since when, and who changed that. Watches that a discovery found are counted on its row.",
        "统计周期内要记录的内容、起始时间及变更人。由发现规则找到的监视项计入该规则所在行。";
    ABOUT_IDENTITIES: "The identities as GetCallerIdentity named them at the beginning of each run. Who started an operation in the cloud is not among them.",
        "每次采集开始时由 GetCallerIdentity 返回的身份。云端操作的发起者不在其中。";
    ABOUT_BY_STATUS: "Status as last known, in the cloud's own words; phase is what it means.", "状态为最近一次观测到的云端原文；阶段为其含义。";
    ABOUT_OPERATIONS: "Each operation that was seen in the period, as last known. A status that changed between two looks changed at some moment between them.",
        "统计周期内观测到的每个操作的最近状态。两次观测之间的状态变化发生在其间的某一时刻。";
    ABOUT_FAILURES: "Operations and results that failed, with the reasons that the cloud gives.", "失败的操作和执行结果，及云端给出的原因。";
    ABOUT_TARGETS: "Results of the stack-group operations of the period as last seen, by the account and region deployed to.",
        "统计周期内资源栈组操作的最近执行结果，按目标账号和地域统计。";
    ABOUT_DURATIONS: "A duration is the cloud's end less the cloud's start, of operations that have ended. What was seen from here is known to the poll interval only. Declared schedule: {every}; widest time between two looks: {widest}.", "耗时为云端记录的结束时间减去开始时间，仅含已结束的操作。自行观测的时刻只能精确到轮询间隔。声明的采集间隔：{every}；两次观测的最大间隔：{widest}。";
    UNDECLARED: "none", "无";
    UNKNOWN: "not known", "未知";
    ABOUT_DRIFT: "Operations that detected drift, as the cloud last told of them. Between two detections nothing is known. The drift status that lists of stack groups show, also of detections that were not watched, is in `optrail export stack-groups`.",
        "检测偏差的操作及云端最近一次报告的结果。两次检测之间的情况未知。资源栈组列表中的偏差状态（包括未监视的检测）见 optrail export stack-groups。";
    ABOUT_BATCHES: "DNS batch tasks as last seen.", "最近观测到的 DNS 批量任务。";
    ABOUT_INTERVENTIONS: "Stops that were asked for with this program: who, why, what the cloud answered, what came of it. No other change was ever sent.",
        "通过本程序发起的停止操作：发起人、原因、云端应答及效果。除此之外从未发送过任何变更请求。";
    ABOUT_UNKNOWNS: "Words and fields of answers that this version does not know are kept as they came. None is guessed at: an operation with an unknown status word is never taken as ended.",
        "应答中本版本未识别的取值和字段均按原样保存，不做猜测：状态取值未识别的操作不会被视为已结束。";
    ABOUT_REQUESTS: "All requests of the period. The command optrail export requests lists each with its RequestId and time, to be compared with ActionTrail; a trail has to deliver read events for that.",
        "统计周期内的全部请求。使用 optrail export requests 可列出每个请求的请求 ID 和时间，以便与操作审计核对；跟踪须投递读事件。";

    // Integrity.
    INTEGRITY_GOOD: "All that was checked agrees: {checked}.", "已检查的内容全部一致：{checked}。";
    INTEGRITY_BAD: "Differences found: {n}. This database is not as the recorder wrote it.", "发现 {n} 处不一致：此数据库与采集程序写入的内容不同。";
    CHECKED_ALL: "schema, all leaves, their bodies, the tree, checkpoints, and every derived row made again from the evidence",
        "库结构、全部证据及其应答原文、Merkle 树、检查点，以及由证据重新推导的全部数据行";
    CHECKED_LEAVES: "schema, all leaves, the tree and checkpoints; bodies and derived rows were not checked (--verify leaves)",
        "库结构、全部证据、Merkle 树和检查点；未检查应答原文和推导出的数据行（--verify leaves）";
    CHECKED_QUICK: "schema, numbering and the newest checkpoint; neither hashes nor bodies nor derived rows were checked (--verify quick)",
        "库结构、序号和最新检查点；未检查哈希、应答原文和推导出的数据行（--verify quick）";
    CHECKED_NO_BODIES: "schema, all leaves, the tree and checkpoints; this copy holds no bodies, so neither they nor derived rows could be checked",
        "库结构、全部证据、Merkle 树和检查点；此副本不含应答原文，故应答原文和推导出的数据行无法检查";
    EXTERNAL_AGREES: "The log goes on from every external copy of an earlier checkpoint. Copies compared: {n}.", "日志与 {n} 份外部保存的检查点一致并由其延续。";
    EXTERNAL_DIFFERS: "The log does not agree with an external copy of a checkpoint.", "日志与外部保存的检查点不一致。";
    NO_EXTERNAL: "It was compared with no external copy: who can write the database and the state directory, and holds the key, could have written all of it anew.",
        "未与任何外部副本比对：能够写入数据库和状态目录并持有密钥的人，可能重写全部内容。";
    NOT_PROVED: "What is not proved:", "以下内容无法由此证明：";

    ROW_LEAVES: "Leaves are numbered from 0 without a gap", "证据序号从 0 起连续无缺";
    ROW_ROOT: "Root of the tree over them", "证据的 Merkle 树根";
    ROW_HASHES: "Leaves whose hash was computed again", "重新计算哈希的证据";
    ROW_BODIES: "Bodies compared with their digests", "与摘要比对的应答原文";
    ROW_ROWS: "Derived rows made again and compared", "重新推导并比对的数据行";
    ROW_DIFFERENCES: "Differences found", "发现的不一致";
    ROW_DIFFERENCE: "Difference", "不一致";
    ROW_CHECKPOINT: "Newest checkpoint in the database", "数据库中的最新检查点";
    ROW_UNSEALED: "Leaves after it", "其后的证据";
    ROW_STATE: "Checkpoint in the state directory of this machine", "本机状态目录中的检查点";
    ROW_EXTERNAL: "External copy {source}", "外部副本 {source}";
    ROW_NO_EXTERNAL: "External copies compared", "比对的外部副本";
    ROW_OLDEST: "Oldest evidence held", "保存的最早证据";
    ROW_PRUNED: "Evidence removed by this program", "本程序删除的证据";
    ROW_DERIVE_VERSION: "Version of the derivation rules", "推导规则版本";
    ROW_REDACTED: "Leaves whose body had a secret cut out before it was kept", "保存前经过脱敏的证据";
    ROW_RESTORES: "Times at which the log was taken up again from a copy, or without its state directory", "从副本恢复或缺失状态目录后继续的次数";
    ROW_KEYS: "Times at which the signing key could not be used", "签名密钥无法使用的次数";

    NOTHING: "none", "无";
    ALL_OF_THEM: "all", "全部";
    N_OF_N: "{n} of {all}", "{n}（共 {all}）";
    NOT_CHECKED: "not checked at this level", "此级别不检查";
    LEFT_OUT: "left out of this copy", "此副本不含";
    AGREES: "agrees", "一致";
    DIFFERS: "differs", "不一致";
    AGREES_AT: "agrees, leaves: {n}", "一致，{n} 条证据";
    DIFFERS_AT: "differs, leaves: {n}", "不一致，{n} 条证据";
    CHECKPOINT: "leaves: {n}, origin {origin}, key {key}", "{n} 条证据，来源 {origin}，密钥 {key}";
    MORE_DIFFERENCES: "and {n} more; optrail verify lists them", "另有 {n} 处，使用 optrail verify 查看";
}
