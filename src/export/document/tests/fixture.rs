//! A document with everything that a report has.

use super::super::{
    Blind, Column, Document, Evidence, Fact, Kind, Language, Paragraph, Section, Stretch, Table,
    Timeline, Tone, Value,
};
use crate::model::{Phase, UtcMillis};

/// 2026-03-01T06:00:00.000Z.
const BEGIN_MS: i64 = 1_772_344_800_000;

/// An instant so many minutes after the begin.
pub(super) fn at(minutes: i64) -> UtcMillis {
    UtcMillis(BEGIN_MS + minutes * 60_000)
}

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn time(minutes: i64) -> Value {
    text(at(minutes).to_string())
}

fn leaves(sequences: impl IntoIterator<Item = i64>) -> Value {
    Value::Evidence(sequences.into_iter().collect::<Evidence>())
}

fn columns(columns: &[(&'static str, &str, Kind)]) -> Vec<Column> {
    columns
        .iter()
        .map(|&(name, label, kind)| Column {
            name,
            label: label.to_owned(),
            kind,
        })
        .collect()
}

fn section(id: &'static str, title: &str, said: &[(Tone, &str)], table: Option<Table>) -> Section {
    Section {
        id,
        title: title.to_owned(),
        paragraphs: said
            .iter()
            .map(|&(tone, text)| Paragraph {
                tone,
                text: text.to_owned(),
            })
            .collect(),
        table,
        timelines: Vec::new(),
    }
}

pub(super) fn stretch(status: &str, phase: Phase, minutes: [Option<i64>; 4]) -> Stretch {
    let [earliest, entered, left, latest] = minutes.map(|minutes| minutes.map(at));
    Stretch {
        status: status.to_owned(),
        phase,
        entered_earliest: earliest,
        entered_latest: entered.unwrap_or(UtcMillis(0)),
        left_earliest: left.unwrap_or(UtcMillis(0)),
        left_latest: latest,
    }
}

/// Timelines of every kind: even, with a blind stretch, open, of one look, of many short stretches.
fn timelines() -> Vec<Timeline> {
    let short = |index: i64| {
        let from = 12 * index;
        let phase = Phase::ALL[usize::try_from(index).unwrap_or(0) % Phase::ALL.len()];
        let earliest = (index > 0).then_some(from - 6);
        stretch(
            phase.as_str(),
            phase,
            [earliest, Some(from), Some(from), Some(from + 6)],
        )
    };
    vec![
        Timeline {
            label: "CREATE landing-zone-network".to_owned(),
            id: "6da106ca-1784-4a6f-a7e1-e723863d0000".to_owned(),
            stretches: vec![
                stretch("QUEUED", Phase::Pending, [None, Some(0), Some(5), Some(10)]),
                stretch(
                    "RUNNING",
                    Phase::Running,
                    [Some(5), Some(10), Some(70), Some(130)],
                ),
                stretch(
                    "SUCCEEDED",
                    Phase::Succeeded,
                    [Some(70), Some(130), Some(130), None],
                ),
            ],
            gaps: vec![Blind {
                from: at(75),
                until: Some(at(125)),
                cause: "rate_limited".to_owned(),
            }],
        },
        Timeline {
            label: "UPDATE 全球骨干网络".to_owned(),
            id: "8a1f0c52-9be1-4a83-b0a7-0f4a0e1d2222".to_owned(),
            stretches: vec![
                stretch(
                    "RUNNING",
                    Phase::Running,
                    [None, Some(600), Some(1100), Some(1160)],
                ),
                stretch(
                    "STOPPING",
                    Phase::Stopping,
                    [Some(1100), Some(1160), Some(1700), None],
                ),
            ],
            gaps: vec![Blind {
                from: at(1705),
                until: None,
                cause: "no_credentials".to_owned(),
            }],
        },
        Timeline {
            label: "DELETE one-look".to_owned(),
            id: "0b0b0b0b-0000-4000-8000-000000000001".to_owned(),
            stretches: vec![stretch(
                "FAILED",
                Phase::Failed,
                [None, Some(45), Some(45), None],
            )],
            gaps: Vec::new(),
        },
        Timeline {
            label: "DEPLOY every-phase".to_owned(),
            id: "1c1c1c1c-0000-4000-8000-000000000001".to_owned(),
            stretches: (0..8).map(short).collect(),
            gaps: vec![
                Blind {
                    from: at(14),
                    until: Some(at(14)),
                    cause: "host_down".to_owned(),
                },
                Blind {
                    from: at(40),
                    until: Some(at(58)),
                    cause: "throttled".to_owned(),
                },
            ],
        },
    ]
}

pub(super) fn figures() -> Table {
    let rows = [
        (
            "runs_made",
            Some(8_612),
            "runs",
            "Collect runs that began in the period",
            8_612,
        ),
        (
            "runs_missed",
            Some(28),
            "runs",
            "Runs that the declared schedule wanted in the period and that did not begin",
            56,
        ),
        (
            "runs_expected",
            None,
            "runs",
            "Runs made and runs missed together",
            0,
        ),
        (
            "longest_blind_interval_seconds",
            Some(12_600),
            "seconds",
            "The longest of these, cut to the period and to the newest evidence, rounded up",
            2,
        ),
        (
            "coverage_gaps_open",
            Some(0),
            "gaps",
            "Of these: still without an end",
            0,
        ),
        (
            "clock_offset_worst_ms",
            Some(-1_204),
            "ms",
            "The largest difference from the cloud's clock, of the runs of the period",
            1,
        ),
        (
            "leaves",
            Some(1_204_331),
            "leaves",
            "Leaves of evidence of the period",
            1_204_331,
        ),
    ];
    Table {
        columns: columns(&[
            ("figure", "Figure", Kind::Id),
            ("value", "Value", Kind::Count),
            ("unit", "Unit", Kind::Word),
            ("evidence", "Evidence", Kind::Evidence),
            ("meaning", "Meaning", Kind::Text),
        ]),
        rows: rows
            .into_iter()
            .map(|(figure, value, unit, meaning, count)| {
                // Every third leaf, so that ranges do not join.
                let evidence = (0..count.min(2_000)).map(|number| number * 3);
                let value = value.map_or(Value::Null, Value::Integer);
                vec![
                    text(figure),
                    value,
                    text(unit),
                    leaves(evidence),
                    text(meaning),
                ]
            })
            .collect(),
    }
}

fn operations(rows: i64) -> Table {
    let statuses = [
        ("SUCCEEDED", "succeeded"),
        ("FAILED", "failed"),
        ("RUNNING", "running"),
        ("STOPPED", "stopped"),
        ("QUEUED", "pending"),
        ("HALTED", "unknown"),
    ];
    let reasons = [
        Value::Null,
        text(
            "QuotaExceeded.Vpc: The maximum number of VPCs in the region cn-hangzhou (10) is exceeded. Request a higher quota, or delete unused VPCs.",
        ),
        text("模板参数不合法：CidrBlock 与已有网段重叠"),
        text(""),
    ];
    let row = |number: i64| {
        let pick = usize::try_from(number).unwrap_or(0);
        let (status, phase) = statuses[pick % statuses.len()];
        let long = Value::Text("a very long reason, repeated; ".repeat(40));
        let reason = if number == 7 {
            long
        } else {
            reasons[pick % reasons.len()].clone()
        };
        vec![
            text("ros"),
            text(format!("{}", 1_000_000_000_000_000 + number)),
            text("cn-hangzhou"),
            text(format!("6da106ca-1784-4a6f-a7e1-{:012}", number)),
            text(["CREATE", "UPDATE", "DELETE"][pick % 3]),
            text(["landing-zone-network", "全球骨干网络", "audit-baseline"][pick % 3]),
            text(status),
            text(phase),
            Value::Integer(number % 2),
            reason,
            time(number * 7),
            time(number * 7 + 95),
            if number % 4 == 0 {
                Value::Null
            } else {
                Value::Integer(5_400_000 + number * 977)
            },
            Value::Integer(300 * (number % 20)),
            leaves([
                number * 11,
                number * 11 + 1,
                number * 11 + 2,
                number * 11 + 7,
            ]),
        ]
    };
    Table {
        columns: columns(&[
            ("service", "Service", Kind::Word),
            ("account_id", "Account", Kind::Id),
            ("region_id", "Region", Kind::Id),
            ("operation_id", "Operation", Kind::Id),
            ("kind", "Action", Kind::Word),
            ("resource_name", "Stack group", Kind::Text),
            ("status", "Status", Kind::Word),
            ("phase", "Phase", Kind::Word),
            ("has_failures", "Failures", Kind::Count),
            ("reason", "Reason", Kind::Text),
            ("first_seen_at", "First seen", Kind::Time),
            ("last_seen_at", "Last seen", Kind::Time),
            ("duration_ms", "Duration, ms", Kind::Millis),
            ("widest_look_gap_seconds", "Widest gap, s", Kind::Seconds),
            ("evidence", "Evidence", Kind::Evidence),
        ]),
        rows: (0..rows).map(row).collect(),
    }
}

fn gaps() -> Table {
    let columns = columns(&[
        ("scope", "Scope", Kind::Word),
        ("run_id", "Run", Kind::Count),
        ("cause", "Cause", Kind::Word),
        ("gap_from", "From", Kind::Time),
        ("gap_until", "Until", Kind::Time),
        ("gap_seconds", "Length, s", Kind::Seconds),
        ("evidence", "Evidence", Kind::Evidence),
    ]);
    let row = |run, cause: &str, until, seconds, first| {
        vec![
            text("watch"),
            Value::Integer(run),
            text(cause),
            time(75),
            until,
            seconds,
            leaves([first, first + 9]),
        ]
    };
    Table {
        columns,
        rows: vec![
            row(
                1204,
                "rate_limited",
                time(125),
                Value::Integer(3_000),
                88_120,
            ),
            row(1310, "no_credentials", Value::Null, Value::Null, 1_204_000),
        ],
    }
}

/// A report as it may be, with so many operations.
pub(super) fn sample(language: Language, operations_count: i64) -> Document {
    let zh = language == Language::Zh;
    let say = |en: &'static str, chinese: &'static str| if zh { chinese } else { en };
    let mut listed = section(
        "operations",
        say("Operations", "操作"),
        &[(
            Tone::Plain,
            say(
                "Each operation that was seen in the period, as last known.",
                "统计周期内观测到的每项操作及其最后已知状态。",
            ),
        )],
        Some(operations(operations_count)),
    );
    listed.timelines = timelines();
    let fact = |id, label: &str, value| Fact {
        id,
        label: label.to_owned(),
        value,
    };
    Document {
        language,
        title: say(
            "Record of operations and of its own completeness",
            "操作记录及其完整性报告",
        )
        .to_owned(),
        facts: vec![
            fact("period_since", say("Period from", "统计周期开始"), time(0)),
            fact(
                "period_until",
                say("Period until", "统计周期结束"),
                time(43_200),
            ),
            fact(
                "scope",
                say("Scope", "范围"),
                text(say(
                    "all accounts, services and regions",
                    "所有账号、云服务和地域",
                )),
            ),
            fact(
                "evidence_leaves",
                say("Evidence, leaves", "证据条数"),
                Value::Integer(1_204_331),
            ),
            fact(
                "root",
                say("Root of the log", "日志根哈希"),
                text("d3a7c1f0b2e94c58a6f1e0d9c8b7a69584736251403f2e1d0c9b8a7968574635"),
            ),
            fact("program", say("Made by", "生成程序"), text("optrail 0.1.0")),
        ],
        sections: vec![
            section(
                "completeness",
                say("Completeness", "完整性"),
                &[
                    (
                        Tone::Plain,
                        say(
                            "What was due, what was made, and what is missing.",
                            "应做、已做与缺失的情况。",
                        ),
                    ),
                    (
                        Tone::Bad,
                        say(
                            "28 runs are missing; the longest time without a look at something watched is 3 h 30 min.",
                            "缺失 28 次采集；监视项未被观测的最长时间为 3 小时 30 分。",
                        ),
                    ),
                    (
                        Tone::Unknown,
                        say(
                            "A change and its reversal between two looks leave no trace.",
                            "两次观测之间发生又撤销的变化不会留下痕迹。",
                        ),
                    ),
                    (
                        Tone::Good,
                        say(
                            "All leaves from 0 to 1,204,330 are there, and the root is that of the newest checkpoint.",
                            "0 至 1,204,330 的全部证据均存在，且根哈希与最新检查点一致。",
                        ),
                    ),
                ],
                Some(figures()),
            ),
            section(
                "coverage_gaps",
                say("When nothing was seen", "未观测时间段"),
                &[(
                    Tone::Plain,
                    say(
                        "Stretches in which something due was not seen, with the cause.",
                        "应观测而未观测的时间段及原因。",
                    ),
                )],
                Some(gaps()),
            ),
            section(
                "drift_checks",
                say("Drift checks", "偏差检测"),
                &[(Tone::Plain, say("None.", "无。"))],
                Some(Table {
                    columns: gaps().columns,
                    rows: Vec::new(),
                }),
            ),
            listed,
            section(
                "limits",
                say("What cannot be known", "无法得知的内容"),
                &[(
                    Tone::Unknown,
                    say(
                        "A CADT id that was never handed over is not recorded.",
                        "从未提供的 CADT 标识不会被记录。",
                    ),
                )],
                None,
            ),
        ],
    }
}
