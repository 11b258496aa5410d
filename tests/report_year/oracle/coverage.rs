//! Gaps, runs, listings, watches, identities.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Cell, Oracle, Section, is, leaves, seconds, time};
use crate::answers::utc;
use crate::diary::{Listing, Run, Watch};

/// Label, account, caller.
type Who<'a> = (&'a str, &'a str, &'a str);

/// How an identity was used.
#[derive(Default)]
struct Used {
    /// When it was told, and the leaf.
    answers: Vec<(i64, i64)>,
    requests: i64,
}

impl Oracle<'_> {
    /// Gaps that overlap; those of the recorder are of every scope.
    pub fn gaps(&self) -> Vec<&super::known::Gap> {
        let gaps = self.known.gaps.iter();
        gaps.filter(|gap| {
            let is_ours = gap
                .op
                .is_none_or(|op| self.is_of_account(self.truth(op).account));
            is_ours && self.overlaps(gap.from, gap.until)
        })
        .collect()
    }

    pub fn coverage_gaps(&self) -> Section {
        let key = &["scope", "operation_id", "cause", "gap_from"];
        let mut section = Section::new("coverage_gaps", key);
        for gap in self.gaps() {
            let (scope, [service, account, region, id]) = match gap.op {
                Some(op) => ("watch", self.key(op)),
                None => ("recorder", [Value::Null, Value::Null, "".into(), "".into()]),
            };
            let length = gap.until.map(|until| seconds(until - gap.from));
            let cells = vec![
                ("service", Cell::Is(service)),
                ("account_id", Cell::Is(account)),
                ("region_id", Cell::Is(region)),
                ("gap_until", time(gap.until)),
                ("gap_seconds", is(length)),
                (
                    "evidence",
                    leaves([gap.leaf].into_iter().chain(gap.end_leaf)),
                ),
            ];
            let key = [scope.into(), id, gap.cause.into(), utc(gap.from).into()];
            section.push(cells, key);
        }
        section
    }

    /// Collect runs that began in the period.
    pub fn runs(&self) -> Vec<&Run> {
        let runs = self.diary.runs.iter();
        runs.filter(|run| run.is_collect && self.holds(run.started_at))
            .collect()
    }

    pub fn runs_not_complete(&self) -> Section {
        let mut section = Section::new("runs_not_complete", &["run_id"]);
        let runs = self.runs().into_iter();
        for run in runs.filter(|run| run.outcome != Some("complete")) {
            let count = |count: i64| is(run.end.map(|_| count));
            let cells = vec![
                ("started_at", time(Some(run.started_at))),
                ("ended_at", time(run.ended_at)),
                ("outcome", is(run.outcome)),
                ("watches_due", count(run.due)),
                ("watches_polled", count(run.polled)),
                ("watches_failed", count(run.failed)),
                ("watches_deferred", count(run.deferred)),
                ("evidence", leaves([run.start].into_iter().chain(run.end))),
            ];
            section.push(cells, [run.id.into()]);
        }
        section
    }

    /// Listings of results and of rows of DNS tasks begun in the period; one without an answer is of the time of its run.
    pub fn listings(&self) -> Vec<&Listing> {
        let began = |listing: &Listing| match listing.pages.first() {
            Some(page) => page.requested_at,
            None => self.diary.runs[usize::try_from(listing.run).unwrap() - 1].started_at,
        };
        let listings = self.diary.listings.iter();
        listings
            .filter(|listing| {
                let is_ours = self.is_of_account(self.truth(listing.op).account);
                is_ours && self.holds(began(listing))
            })
            .collect()
    }

    pub fn listings_incomplete(&self) -> Section {
        let mut section = Section::new("listings_incomplete", &["listing_id"]);
        for listing in self.listings().into_iter().filter(|one| !one.is_complete) {
            let [service, account, region, id] = self.key(listing.op);
            let first = listing.pages.first();
            let distinct: usize = listing.pages.iter().map(|page| page.rows.len()).sum();
            let cells = vec![
                (
                    "action",
                    is(match listing.is_details {
                        true => "DescribeBatchResultDetail",
                        false => "ListStackGroupOperationResults",
                    }),
                ),
                ("service", Cell::Is(service)),
                ("account_id", Cell::Is(account)),
                ("region_id", Cell::Is(region)),
                ("operation_id", Cell::Is(id)),
                ("run_id", is(listing.run)),
                ("started_at", time(first.map(|page| page.requested_at))),
                (
                    "first_total_count",
                    is(first.and_then(|page| page.total_count)),
                ),
                (
                    "last_total_count",
                    is(listing.pages.last().and_then(|page| page.total_count)),
                ),
                ("distinct_keys", is(distinct)),
                ("evidence", leaves([listing.leaf])),
            ];
            section.push(cells, [listing.leaf.into()]);
        }
        section
    }

    /// Watches that existed in the period and are in scope.
    pub fn watches(&self) -> Vec<&Watch> {
        let watches = self.diary.watches.iter();
        watches
            .filter(|watch| {
                let is_ours = match (self.scope.account, watch.op) {
                    (None, _) => true,
                    // Nobody asked for one that finds, nor for one that had no turn: the account is not told.
                    (Some(_), None) => false,
                    (Some(account), Some(op)) => {
                        self.truth(op).account == account && self.known.asked.contains(&op)
                    }
                };
                let ends = watch.removed.map(|(at, _, _, _)| at);
                let is_there = ends.is_none_or(|at| at >= self.scope.since);
                is_ours && watch.added_at < self.scope.until && is_there
            })
            .collect()
    }

    pub fn watched(&self) -> Section {
        let mut section = Section::new("watched", &["watch_id"]);
        let watches = self.watches();
        let ids: BTreeSet<i64> = watches.iter().map(|watch| watch.id).collect();
        let finder = |watch: &Watch| watch.parent.filter(|parent| ids.contains(parent));
        let mut found: BTreeMap<i64, i64> = BTreeMap::new();
        for parent in watches.iter().filter_map(|watch| finder(watch)) {
            *found.entry(parent).or_default() += 1;
        }
        for watch in watches.iter().filter(|watch| finder(watch).is_none()) {
            let (service, account, region, id): (Value, Value, Value, Value) = match watch.op {
                Some(op) => {
                    let [service, account, region, id] = self.key(op);
                    let label = Value::from(watch.label.clone());
                    let account = if self.known.asked.contains(&op) {
                        account
                    } else {
                        label
                    };
                    (service, account, region, id)
                }
                None => (
                    "ros".into(),
                    watch.label.clone().into(),
                    "all".into(),
                    "".into(),
                ),
            };
            let (removed_at, removed_by, why, gone) = match watch.removed {
                Some((at, by, why, leaf)) => (Some(at), Some(by), Some(why), Some(leaf)),
                None => (None, None, None, None),
            };
            let state = if removed_at.is_some() {
                "removed"
            } else {
                watch.state.0
            };
            let kind = watch.op.is_none().then_some("ros-stack-groups");
            let found = kind.map(|_| found.get(&watch.id).copied().unwrap_or(0));
            let cells = vec![
                ("service", Cell::Is(service)),
                ("kind", is(kind)),
                ("account", Cell::Is(account)),
                ("region_id", Cell::Is(region)),
                ("operation_id", Cell::Is(id)),
                ("state", is(state)),
                ("origin", is(watch.origin.clone())),
                ("added_at", time(Some(watch.added_at))),
                ("added_by", is(watch.added_by)),
                ("removed_at", time(removed_at)),
                ("removed_by", is(removed_by)),
                ("removal_reason", is(why)),
                ("found", is(found)),
                ("evidence", leaves([watch.leaf].into_iter().chain(gone))),
            ];
            section.push(cells, [watch.id.into()]);
        }
        section
    }

    pub fn identities(&self) -> Section {
        let key = &["label", "account_id", "caller_arn"];
        let mut section = Section::new("identities", key);
        let mut used: BTreeMap<Who<'_>, Used> = BTreeMap::new();
        // In each run, as whom each account was asked: the first that answered.
        let mut callers: BTreeMap<(i64, &str), Who<'_>> = BTreeMap::new();
        let wanted = self
            .scope
            .account
            .map(|account| self.world.accounts[account].id.as_str());
        let all = self.diary.identities.iter();
        for one in all.filter(|one| wanted.is_none_or(|wanted| one.account_id == wanted)) {
            let who = (
                one.label.as_str(),
                one.account_id.as_str(),
                one.arn.as_str(),
            );
            callers.entry((one.run, who.1)).or_insert(who);
            if self.holds(one.received_at) {
                used.entry(who)
                    .or_default()
                    .answers
                    .push((one.received_at, one.leaf));
            }
        }
        for request in self
            .diary
            .requests
            .iter()
            .filter(|one| self.holds(one.requested_at))
        {
            let account = request.account_id.as_deref().unwrap_or_default();
            if let Some(who) = callers.get(&(request.run, account))
                && let Some(used) = used.get_mut(who)
            {
                used.requests += 1;
            }
        }
        for ((label, account, arn), Used { answers, requests }) in used {
            let cells = vec![
                (
                    "first_used_at",
                    time(answers.iter().map(|(at, _)| *at).min()),
                ),
                (
                    "last_used_at",
                    time(answers.iter().map(|(at, _)| *at).max()),
                ),
                ("requests", is(requests)),
                ("evidence", leaves(answers.iter().map(|(_, leaf)| *leaf))),
            ];
            section.push(cells, [label.into(), account.into(), arn.into()]);
        }
        section
    }
}
