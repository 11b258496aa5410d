//! The completeness statement: a verdict, and below it the facts that it rests on.

use super::completeness::Completeness;
use super::facts::Facts;
use super::schedule::seconds_up;
use super::table::toned;
use super::words::{self, Text, number, sentences as say};
use crate::export::document::{Language, Paragraph, Tone};
use crate::store::report::Window;

/// What the paragraphs above the figures are made from.
pub(super) struct Statement<'f> {
    pub(super) language: Language,
    pub(super) window: &'f Window,
    pub(super) facts: &'f Facts,
    pub(super) figures: &'f Completeness,
    /// Leaves that are kept and not in the report.
    pub(super) leaves_not_derived: i64,
}

impl Statement<'_> {
    /// The statement: a verdict; the runs it rests on; what was read; and what it cannot cover.
    pub(super) fn paragraphs(&self) -> Vec<Paragraph> {
        let (tone, verdict) = self.verdict();
        let mut paragraphs = vec![
            toned(tone, verdict),
            toned(Tone::Plain, self.joined(&self.runs_and_gaps())),
            toned(Tone::Plain, self.joined(&self.evidence())),
        ];
        if self.facts.is_simulated {
            paragraphs.push(toned(Tone::Plain, say::SIMULATED.of(self.language)));
        }
        let log = &self.facts.log;
        let mut unknown = |text: Text, name: &str, value: String| {
            let text = text.fill(self.language, &[(name, &value)]);
            paragraphs.push(toned(Tone::Unknown, text));
        };
        match log.last_at {
            Some(end) if end < self.window.until.plus_ms(-1) => {
                unknown(say::AFTER_END, "end", end.to_string());
            }
            _ => {}
        }
        match log.first_at {
            Some(begin) if begin > self.window.since => {
                unknown(say::BEFORE_BEGIN, "begin", begin.to_string());
            }
            _ => {}
        }
        if self.leaves_not_derived > 0 {
            unknown(say::NOT_DERIVED, "n", number(self.leaves_not_derived));
        }
        paragraphs.push(toned(Tone::Plain, say::ABOUT_FIGURES.of(self.language)));
        paragraphs
    }

    /// Sentences, one after another.
    fn joined(&self, sentences: &[String]) -> String {
        sentences.join(match self.language {
            Language::En => " ",
            Language::Zh => "",
        })
    }

    fn say(&self, text: Text, values: &[(&str, i64)]) -> String {
        let values: Vec<(&str, String)> = values
            .iter()
            .map(|(name, value)| (*name, number(*value)))
            .collect();
        let values: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        text.fill(self.language, &values)
    }

    /// Good only where a schedule was declared, runs were made, and nothing that was due is missing.
    fn verdict(&self) -> (Tone, String) {
        let language = self.language;
        if self.facts.last_run.is_none() {
            return (Tone::Unknown, say::NOTHING_RECORDED.of(language).to_owned());
        }
        let mut sentences = Vec::new();
        let missing = self.missing();
        if self.figures.runs_made.number() == 0 {
            sentences.push(say::NO_RUN.of(language).to_owned());
        }
        if !missing.is_empty() {
            let what = missing.join(say::AND.of(language));
            sentences.push(say::SOMETHING_MISSING.fill(language, &[("what", &what)]));
        }
        let is_bad = !sentences.is_empty();
        let is_declared = self.figures.runs_missed.value.is_some();
        if !is_declared && self.is_known() {
            sentences.push(say::NO_SCHEDULE.of(language).to_owned());
        } else if is_declared && !is_bad {
            sentences.push(say::NOTHING_MISSING.of(language).to_owned());
        }
        let tone = match (is_bad, is_declared) {
            (true, _) => Tone::Bad,
            (false, true) => Tone::Good,
            (false, false) => Tone::Unknown,
        };
        (tone, self.joined(&sentences))
    }

    /// Whether the evidence has anything of the period.
    fn is_known(&self) -> bool {
        let log = &self.facts.log;
        let has_begun = log.first_at.is_some_and(|first| first < self.window.until);
        has_begun && log.last_at.is_some_and(|last| last >= self.window.since)
    }

    /// What is missing, each kind in words. Runs are not of a scope: what they missed of it is among the gaps.
    fn missing(&self) -> Vec<String> {
        let figures = self.figures;
        let runs_not_complete = match self.window.is_narrowed() {
            true => figures.runs_unfinished.number(),
            false => figures.runs_not_complete(),
        };
        let recorder = self.facts.recorder_gaps();
        let gaps = match recorder {
            0 => say::MISSING_GAPS,
            _ => say::MISSING_GAPS_OF_RECORDER,
        };
        [
            (say::MISSING_RUNS, figures.runs_missed.number()),
            (say::MISSING_NOT_COMPLETE, runs_not_complete),
            (gaps, figures.coverage_gaps.number()),
            (say::MISSING_LISTINGS, figures.listings_incomplete.number()),
            (say::MISSING_EXPIRED, figures.ids_expired_unseen.number()),
            (say::MISSING_NOT_FOUND, figures.ids_not_found.number()),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(text, count)| self.say(text, &[("n", count), ("recorder", recorder)]))
        .collect()
    }

    fn runs_and_gaps(&self) -> Vec<String> {
        let (language, figures) = (self.language, self.figures);
        let window = self.window;
        let (since, until) = (window.since.to_string(), window.until.to_string());
        let period = [("since", since.as_str()), ("until", until.as_str())];
        let mut sentences = vec![
            say::STATEMENT_PERIOD.fill(language, &period),
            self.say(
                say::STATEMENT_POPULATION,
                &[
                    ("watches", figures.watches.number()),
                    ("added", figures.watches_added.number()),
                    ("removed", figures.watches_removed.number()),
                    ("operations", figures.operations.number()),
                ],
            ),
            self.runs(),
        ];
        let limited = figures.runs_limited();
        if limited > 0 && figures.runs_missed.value.is_some() {
            sentences.push(self.say(say::STATEMENT_LIMITED, &[("n", limited)]));
        }
        sentences.push(self.outcomes());
        if let Some(longest) = figures.longest_run_interval_seconds.value {
            let longest = words::seconds(language, longest);
            sentences.push(say::STATEMENT_INTERVAL.fill(language, &[("longest", &longest)]));
        }
        sentences.push(self.gaps());
        sentences
    }

    fn outcomes(&self) -> String {
        let figures = self.figures;
        let outcomes = [
            ("complete", figures.runs_complete.number()),
            ("partial", figures.runs_partial.number()),
            ("failed", figures.runs_failed.number()),
            ("interrupted", figures.runs_interrupted.number()),
            ("aborted", figures.runs_aborted.number()),
            ("unfinished", figures.runs_unfinished.number()),
            ("skipped", figures.runs_skipped.number()),
        ];
        self.say(say::STATEMENT_OUTCOMES, &outcomes)
    }

    fn runs(&self) -> String {
        let (made, missed) = (&self.figures.runs_made, &self.figures.runs_missed);
        let of_schedule = self.figures.runs_of_schedule;
        let every = every(self.language, self.facts);
        match (every, missed.value) {
            (Some(every), Some(missed)) => say::STATEMENT_SCHEDULE.fill(
                self.language,
                &[
                    ("every", &every),
                    ("expected", &number(of_schedule + missed)),
                    ("made", &number(of_schedule)),
                    ("missed", &number(missed)),
                ],
            ),
            _ if self.is_known() => {
                self.say(say::STATEMENT_NO_SCHEDULE, &[("made", made.number())])
            }
            _ => self.say(say::STATEMENT_RUNS, &[("made", made.number())]),
        }
    }

    fn gaps(&self) -> String {
        let figures = self.figures;
        let longest = figures.longest_blind_interval_seconds.number();
        say::STATEMENT_GAPS.fill(
            self.language,
            &[
                ("gaps", &number(figures.coverage_gaps.number())),
                ("open", &number(figures.coverage_gaps_open.number())),
                ("longest", &words::seconds(self.language, longest)),
            ],
        )
    }

    fn evidence(&self) -> Vec<String> {
        let figures = self.figures;
        let mut sentences = vec![
            self.say(
                say::STATEMENT_LISTINGS,
                &[
                    ("complete", figures.listings_complete.number()),
                    ("incomplete", figures.listings_incomplete.number()),
                ],
            ),
            self.say(
                say::STATEMENT_IDS,
                &[
                    ("expired", figures.ids_expired_unseen.number()),
                    ("not_found", figures.ids_not_found.number()),
                ],
            ),
            self.say(
                say::STATEMENT_REQUESTS,
                &[
                    ("requests", figures.requests.number()),
                    ("ok", figures.requests_ok.number()),
                    ("throttled", figures.requests_throttled.number()),
                ],
            ),
        ];
        if let Some((first, last)) = self.facts.leaves.span {
            sentences.push(say::STATEMENT_LEAVES.fill(
                self.language,
                &[
                    ("leaves", &number(figures.leaves.number())),
                    // Numbers of leaves are typed into commands: as they are.
                    ("first", &first.to_string()),
                    ("last", &last.to_string()),
                    ("redactions", &number(figures.redactions.number())),
                ],
            ));
        }
        let steps = ("steps", figures.clock_steps.number());
        sentences.push(match figures.clock_offset_worst_ms.value {
            Some(offset) => self.say(say::STATEMENT_CLOCK, &[("offset", offset), steps]),
            None => self.say(say::STATEMENT_CLOCK_UNKNOWN, &[steps]),
        });
        sentences
    }
}

/// The schedules that were declared, in words.
pub(super) fn every(language: Language, facts: &Facts) -> Option<String> {
    let every_ms = facts.schedule.every_ms.iter();
    let all: Vec<String> = every_ms
        .map(|ms| words::seconds(language, seconds_up(*ms)))
        .collect();
    (!all.is_empty()).then(|| all.join(say::AND.of(language)))
}
