//! The page's own words, in both languages. What the document says comes with the document.

use super::super::{Language, Tone};
use crate::model::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Words of one language.
pub(super) struct Words {
    pub(super) skip: &'static str,
    pub(super) contents: &'static str,
    pub(super) about: &'static str,
    pub(super) timelines: &'static str,
    pub(super) in_words: &'static str,
    pub(super) good: &'static str,
    pub(super) bad: &'static str,
    pub(super) unknown: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) no_rows: &'static str,
    pub(super) rows: &'static str,
    pub(super) row: &'static str,
    pub(super) leaves: &'static str,
    pub(super) leaf: &'static str,
    pub(super) characters: &'static str,
    /// `{shown}`, `{all}`, `{file}`.
    pub(super) more_rows: &'static str,
    /// `{more}`.
    pub(super) more_ranges: &'static str,
    /// `{more}`.
    pub(super) more_characters: &'static str,
    /// `{shown}`, `{all}`.
    pub(super) more_timelines: &'static str,
    /// `{shown}`, `{all}`.
    pub(super) more_stretches: &'static str,
    pub(super) legend_known: &'static str,
    pub(super) legend_change: &'static str,
    pub(super) legend_open: &'static str,
    pub(super) legend_blind: &'static str,
    pub(super) not_seen: &'static str,
    /// `{status}`, `{phase}`, `{from}`, `{until}`.
    pub(super) seen: &'static str,
    /// `{status}`, `{phase}`, `{from}`.
    pub(super) seen_once: &'static str,
    /// `{from}`, `{until}`.
    pub(super) began: &'static str,
    /// `{from}`, `{until}`.
    pub(super) ended: &'static str,
    pub(super) lasts: &'static str,
    /// `{from}`, `{until}`, `{cause}`.
    pub(super) blind: &'static str,
    /// `{from}`, `{cause}`.
    pub(super) blind_open: &'static str,
    /// Days, hours, minutes, seconds, milliseconds.
    pub(super) units: [&'static str; 5],
    /// Units of figures: for machines, of one, of many.
    pub(super) counted: [(&'static str, &'static str, &'static str); 12],
    pub(super) footer: &'static str,
}

const EN: Words = Words {
    skip: "Skip to the report",
    contents: "Contents",
    about: "About this report",
    timelines: "Timelines",
    in_words: "In words",
    good: "Holds",
    bad: "Wrong or missing",
    unknown: "Cannot be known",
    yes: "yes",
    no: "no",
    no_rows: "No rows.",
    rows: "rows",
    row: "row",
    leaves: "leaves",
    leaf: "leaf",
    characters: "characters",
    more_rows: "The first {shown} of {all} rows are on this page. All are in the other forms of this report: with --format csv in the file {file}, or with --format json or xlsx.",
    more_ranges: "{more} more ranges; all are in the forms csv, json and xlsx.",
    more_characters: "{more} more characters; the whole text is in the forms csv and json.",
    more_timelines: "The first {shown} of {all} timelines are drawn. optrail export timeline has the stretches of all.",
    more_stretches: "The first {shown} of {all} stretches are drawn.",
    legend_known: "seen with this status",
    legend_change: "changed at some moment in here, between two looks",
    legend_open: "not seen to end; nothing is known after the last look",
    legend_blind: "was due and was not seen, with the cause",
    not_seen: "not seen",
    seen: "{status} ({phase}): seen from {from} until {until}",
    seen_once: "{status} ({phase}): seen at {from}",
    began: "began between {from} and {until}",
    ended: "ended between {from} and {until}",
    lasts: "not seen to end",
    blind: "Not seen from {from} until {until}: {cause}",
    blind_open: "Not seen from {from} on: {cause}",
    units: ["d", "h", "min", "s", "ms"],
    counted: [
        ("runs", "run", "runs"),
        ("seconds", "second", "seconds"),
        ("watches", "watch", "watches"),
        ("operations", "operation", "operations"),
        ("gaps", "gap", "gaps"),
        ("listings", "listing", "listings"),
        ("requests", "request", "requests"),
        ("leaves", "leaf", "leaves"),
        ("sequence", "number", "number"),
        ("spans", "place", "places"),
        ("milliseconds", "millisecond", "milliseconds"),
        ("steps", "step", "steps"),
    ],
    footer: "Times are UTC. A dash means: not known, or does not apply. Numbers of leaves count from 0 in the log of this database.",
};

const ZH: Words = Words {
    skip: "跳到正文",
    contents: "目录",
    about: "关于本报告",
    timelines: "时间线",
    in_words: "文字说明",
    good: "成立",
    bad: "不成立或缺失",
    unknown: "无法得知",
    yes: "是",
    no: "否",
    no_rows: "没有行。",
    rows: "行",
    row: "行",
    leaves: "条证据",
    leaf: "条证据",
    characters: "个字符",
    more_rows: "本页显示 {all} 行中的前 {shown} 行。其他格式包含全部内容：--format csv 的文件 {file}，或 --format json、xlsx。",
    more_ranges: "另有 {more} 段；csv、json 和 xlsx 格式包含全部。",
    more_characters: "另有 {more} 个字符；csv 和 json 格式包含全文。",
    more_timelines: "仅绘制 {all} 条时间线中的前 {shown} 条。optrail export timeline 可导出全部。",
    more_stretches: "仅绘制 {all} 段中的前 {shown} 段。",
    legend_known: "观测到该状态",
    legend_change: "在两次观测之间的某一时刻发生变化",
    legend_open: "未观测到结束；最后一次观测之后的情况未知",
    legend_blind: "应观测而未观测，并注明原因",
    not_seen: "未观测",
    seen: "{status}（{phase}）：自 {from} 至 {until} 观测到",
    seen_once: "{status}（{phase}）：于 {from} 观测到",
    began: "开始于 {from} 与 {until} 之间",
    ended: "结束于 {from} 与 {until} 之间",
    lasts: "未观测到结束",
    blind: "自 {from} 至 {until} 未观测：{cause}",
    blind_open: "自 {from} 起未观测：{cause}",
    units: ["天", "小时", "分", "秒", "毫秒"],
    counted: [
        ("runs", "次", "次"),
        ("seconds", "秒", "秒"),
        ("watches", "个", "个"),
        ("operations", "个", "个"),
        ("gaps", "个", "个"),
        ("listings", "个", "个"),
        ("requests", "次", "次"),
        ("leaves", "条", "条"),
        ("sequence", "序号", "序号"),
        ("spans", "处", "处"),
        ("milliseconds", "毫秒", "毫秒"),
        ("steps", "次", "次"),
    ],
    footer: "时间均为 UTC。短横线表示未知或不适用。证据序号在本数据库的日志中从 0 开始计数。",
};

impl Words {
    /// The words of a language.
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::Zh => &ZH,
        }
    }

    /// The symbol and the words of a tone; `None` for a plain statement.
    pub(super) const fn tone(&self, tone: Tone) -> Option<(&'static str, &'static str)> {
        match tone {
            Tone::Plain => None,
            Tone::Good => Some(("✓", self.good)),
            Tone::Bad => Some(("✕", self.bad)),
            Tone::Unknown => Some(("?", self.unknown)),
        }
    }

    /// The unit of a figure for people; one that is not known stays as it is.
    pub(super) fn unit<'w>(&self, unit: &'w str, is_one: bool) -> &'w str {
        let known = self.counted.iter().find(|(name, ..)| *name == unit);
        known.map_or(unit, |(_, one, many)| if is_one { one } else { many })
    }

    /// `1 h 30 min`: the two largest units of a length, rounded down.
    pub(super) fn length(&self, ms: i64) -> String {
        const SIZES_MS: [i64; 5] = [DAY_MS, HOUR_MS, MINUTE_MS, 1000, 1];
        let mut rest = ms.unsigned_abs();
        let mut parts = Vec::new();
        for (size, unit) in SIZES_MS.map(i64::unsigned_abs).into_iter().zip(self.units) {
            let count = rest / size;
            rest %= size;
            if count > 0 || !parts.is_empty() {
                parts.push((count, unit));
            }
        }
        let shown: Vec<String> = parts
            .iter()
            .take(2)
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        let sign = if ms < 0 { "−" } else { "" };
        format!("{sign}{}", shown.join(" "))
    }
}

/// A sentence with its places filled.
pub(super) fn fill(sentence: &str, places: &[(&str, &str)]) -> String {
    // From the left, so that what is filled in is never looked at again.
    let mut filled = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let place = places.iter().find(|(known, _)| *known == name);
        filled.push_str(place.map_or("", |(_, text)| text));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// `1,234,567`.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        shown.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_read_well() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (-1000, "−1,000"),
            (1_234_567, "1,234,567"),
            (i64::MIN, "−9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(number), shown);
        }
        assert_eq!(EN.length(5_400_000), "1 h 30 min");
        assert_eq!(EN.length(86_400_000 + 5), "1 d");
        assert_eq!(EN.length(61_500), "1 min 1 s");
        assert_eq!(ZH.length(-90_061_000), "−1 天 1 小时");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let filled = fill("{a} of {b}.", &[("a", "{b}"), ("b", "2")]);
        assert_eq!(filled, "{b} of 2.");
    }
}
