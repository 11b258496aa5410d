//! One watch in one run: the operation, then the pages of its results or the rows of its task.

use std::collections::BTreeSet;

use optrail::evidence::leaf::{Ask, Lack, Leaf, Listing as ListingLeaf, Parameters};
use optrail::model::Action;

use super::answers::{self, PAGE_ROWS};
use super::diary::{Fate, Listing, Page};
use super::life::{Life, answer, missed};
use super::pen::Came;
use super::truth::{self, Service};

/// What came of asking for an operation.
pub enum Got {
    Seen(i64, i64),
    Missing,
    Failed(&'static str),
}

/// How a listing goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// A page fails for good.
    Torn,
    /// The total is not that of the rows.
    Total,
    /// No total.
    NoTotal,
}

impl Life<'_> {
    /// Asks for a watch; what that was.
    pub fn poll(&mut self, run: i64, index: usize, lacking: &mut i64) -> Fate {
        let service = self.operation(index).service;
        let outcome = match self.dice.below(300) {
            0 => "throttled",
            1 => "unreachable",
            2 => "denied",
            3 => "truncated",
            4 => "server_error",
            5 => "credential",
            _ => "ok",
        };
        match self.get(run, index, outcome) {
            Got::Failed(cause) => {
                self.standings[index].2.failed();
                missed(cause, true, false)
            }
            Got::Missing if service == Service::Bpstudio => self.standings[index].2.expired(),
            Got::Missing => {
                self.standings[index].2.not_found();
                Fate::NotFound
            }
            Got::Seen(requested_at, received_at) => match service {
                Service::Ros => self.list(run, index, requested_at),
                Service::Bpstudio | Service::Alidns => {
                    if service == Service::Alidns && self.standings[index].2.has_ended() {
                        *lacking += i64::from(!self.details(run, index));
                    }
                    self.standings[index].2.answered(service, true, true);
                    Fate::Good {
                        requested_at,
                        received_at,
                    }
                }
            },
        }
    }

    /// Asks for the operation itself, twice where the first attempt fails.
    pub fn get(&mut self, run: i64, index: usize, outcome: &'static str) -> Got {
        let (op, watch, _) = self.standings[index];
        let watch = usize::try_from(watch).unwrap() - 1;
        let label = self.pen.diary.watches[watch].label.clone();
        let service = self.operation(index).service;
        let (action, name) = match service {
            Service::Ros => (Action::GetStackGroupOperation, "GetStackGroupOperation"),
            Service::Bpstudio => (
                Action::GetExecuteOperationResult,
                "GetExecuteOperationResult",
            ),
            Service::Alidns => (Action::DescribeBatchResultCount, "DescribeBatchResultCount"),
        };
        let call = self.call(op, &label, action, None);
        let asked = self.asked(run, op, name);
        let took = self.dice.between(20, 400);
        if outcome != "ok" {
            for attempt in 1..=2 {
                let came = self.failure(outcome);
                self.pen
                    .ask(&asked, call.clone(), (attempt, took), came, outcome);
            }
            return Got::Failed(cause(outcome));
        }
        let mut attempt = 1;
        if self.dice.one_in(40) {
            let outcome = self.dice.pick(&["throttled", "unreachable"]);
            let came = self.failure(outcome);
            self.pen.ask(&asked, call.clone(), (1, took), came, outcome);
            attempt = 2;
        }
        let instant = self.pen.now - self.error_ms;
        let operation = &self.world.operations[op];
        let Some(state) = operation.at(instant).cloned() else {
            let (http_status, body) = answers::missing(service);
            let outcome = if service == Service::Bpstudio {
                "expired"
            } else {
                "not_found"
            };
            let came = answer(http_status, body);
            self.pen.ask(&asked, call, (attempt, took), came, outcome);
            return Got::Missing;
        };
        let group = operation.group.map(|group| &self.world.groups[group]);
        let body = answers::operation(operation, group, &state);
        let has_new_field = operation.has_new_field;
        let at = self
            .pen
            .ask(&asked, call, (attempt, took), answer(200, body), "ok");
        if has_new_field {
            let unknown = (
                name,
                "field",
                "StackGroupOperation.RetryPolicy",
                "string",
                at.0,
            );
            self.pen.diary.unknowns.push(unknown);
        }
        if service != Service::Alidns && truth::phase(state.status) == "unknown" {
            let unknown = (
                name,
                "word",
                "StackGroupOperation.Status",
                state.status,
                at.0,
            );
            self.pen.diary.unknowns.push(unknown);
        }
        self.looked(index, at, state);
        Got::Seen(at.1, at.2)
    }

    /// What comes in place of an answer.
    fn failure(&mut self, outcome: &str) -> Came {
        match outcome {
            "throttled" => answer(400, answers::refusal("Throttling.User")),
            "denied" => answer(403, answers::refusal("Forbidden.RAM")),
            "server_error" => answer(503, answers::refusal("ServiceUnavailable")),
            "credential" => Came::Echo,
            "truncated" => Came::Nothing(Lack::Truncated),
            _ => Came::Nothing(Lack::Unreachable),
        }
    }

    /// Reads the results, again where a row that was there is not.
    fn list(&mut self, run: i64, index: usize, requested_at: i64) -> Fate {
        let op = self.standings[index].0;
        let flaw = match self.dice.below(150) {
            _ if self.operation(index).lacks_total => Flaw::NoTotal,
            0 | 1 => Flaw::Torn,
            2 => Flaw::Total,
            3 => Flaw::NoTotal,
            _ => Flaw::None,
        };
        let mut why = self.read(run, op, flaw);
        if self.lacks_known(op) {
            why = self.read(run, op, Flaw::None);
        }
        let listing = self.pen.diary.listings.last().expect("read");
        let received_at = listing.pages.last().map_or(0, |page| page.received_at);
        let mut rows = listing.pages.iter().flat_map(|page| &page.rows);
        let all_final = rows.all(|(_, status, _)| truth::is_final(status));
        let whole = listing.is_complete;
        self.standings[index]
            .2
            .answered(Service::Ros, whole, all_final);
        if whole {
            return Fate::Good {
                requested_at,
                received_at,
            };
        }
        missed(why.take().unwrap_or("incomplete_listing"), true, true)
    }

    /// Whether the last listing is complete and lacks a row that a former one showed.
    fn lacks_known(&self, op: usize) -> bool {
        if self.world.operations[op]
            .rows
            .iter()
            .all(|row| row.gone_at.is_none())
        {
            return false;
        }
        let shown = |listing: &Listing| -> BTreeSet<usize> {
            let rows = listing.pages.iter().flat_map(|page| &page.rows);
            rows.map(|(row, _, _)| *row).collect()
        };
        let of_op = self
            .pen
            .diary
            .listings
            .iter()
            .filter(|listing| listing.op == op);
        let listings: Vec<&Listing> = of_op.collect();
        let Some((last, former)) = listings.split_last() else {
            return false;
        };
        let last_rows = shown(last);
        last.is_complete
            && former
                .iter()
                .any(|listing| !shown(listing).is_subset(&last_rows))
    }

    /// One reading of all pages; why a page failed, if one did.
    fn read(&mut self, run: i64, op: usize, flaw: Flaw) -> Option<&'static str> {
        let listing = self.begin_listing(run, op, Action::ListStackGroupOperationResults);
        let instant = self.pen.now - self.error_ms;
        let operation = &self.world.operations[op];
        let states = operation.rows.iter().enumerate();
        let rows: Vec<(usize, &'static str, Option<&'static str>)> = states
            .filter_map(|(number, row)| {
                let (status, reason) = row.at(instant)?;
                Some((number, status, reason))
            })
            .collect();
        let total = i64::try_from(rows.len()).unwrap();
        let pages = rows.chunks(PAGE_ROWS).map(<[_]>::to_vec);
        let mut pages: Vec<Vec<_>> = pages.collect();
        // A recorder that is told of more rows than came asks for one more page.
        if pages.is_empty() || flaw == Flaw::Total {
            pages.push(Vec::new());
        }
        let torn = (flaw == Flaw::Torn).then(|| self.dice.below(pages.len()));
        let outcome = self
            .dice
            .pick(&["throttled", "unreachable", "denied", "truncated"]);
        let asked = self.asked(run, op, "ListStackGroupOperationResults");
        let mut told = Listing {
            leaf: listing,
            op,
            run,
            is_details: false,
            pages: Vec::new(),
            is_torn: torn.is_some(),
            is_complete: flaw == Flaw::None,
        };
        for (place, rows) in pages.into_iter().enumerate() {
            let ask = Ask::Page {
                listing,
                page: u32::try_from(place).unwrap() + 1,
            };
            let took = self.dice.between(20, 200);
            if torn == Some(place) {
                for attempt in 1..=2 {
                    let came = self.failure(outcome);
                    self.pen
                        .ask(&asked, ask.clone(), (attempt, took), came, outcome);
                }
                continue;
            }
            let total_count = match flaw {
                Flaw::NoTotal => None,
                Flaw::Total => Some(total + 1),
                Flaw::None | Flaw::Torn => Some(total),
            };
            let operation = &self.world.operations[op];
            let body = answers::results(operation, place + 1, total_count, &rows);
            let at = self
                .pen
                .ask(&asked, ask, (1, took), answer(200, body), "ok");
            let action = "ListStackGroupOperationResults";
            let mut words: Vec<&'static str> = rows.iter().map(|(_, status, _)| *status).collect();
            words.retain(|word| truth::phase(word) == "unknown");
            words.sort_unstable();
            words.dedup();
            for word in words {
                let unknown = (action, "word", "ResultRow.Status", word, at.0);
                self.pen.diary.unknowns.push(unknown);
            }
            told.pages.push(Page {
                leaf: at.0,
                requested_at: at.1,
                received_at: at.2,
                total_count,
                rows,
            });
        }
        self.pen.diary.listings.push(told);
        torn.map(|_| cause(outcome))
    }

    /// Reads the rows of a task that has ended, unless they were read; whether they are known now.
    fn details(&mut self, run: i64, index: usize) -> bool {
        if self.standings[index].2.details_complete {
            return true;
        }
        let op = self.standings[index].0;
        let listing = self.begin_listing(run, op, Action::DescribeBatchResultDetail);
        let asked = self.asked(run, op, "DescribeBatchResultDetail");
        let ask = Ask::Page { listing, page: 1 };
        let mut told = Listing {
            leaf: listing,
            op,
            run,
            is_details: true,
            pages: Vec::new(),
            is_torn: true,
            is_complete: false,
        };
        if self.dice.one_in(15) {
            let came = self.failure("throttled");
            self.pen.ask(&asked, ask, (1, 50), came, "throttled");
            self.pen.diary.listings.push(told);
            return false;
        }
        let operation = &self.world.operations[op];
        let state = operation.at(self.pen.now - self.error_ms).expect("known");
        let body = answers::details(operation, state);
        let total_count = state.counts.map(|[total, _, _]| total);
        let at = self.pen.ask(&asked, ask, (1, 50), answer(200, body), "ok");
        told.pages.push(Page {
            leaf: at.0,
            requested_at: at.1,
            received_at: at.2,
            total_count,
            rows: Vec::new(),
        });
        (told.is_torn, told.is_complete) = (false, true);
        self.pen.diary.listings.push(told);
        self.standings[index].2.details_complete = true;
        true
    }

    fn begin_listing(&mut self, run: i64, op: usize, action: Action) -> i64 {
        let operation = &self.world.operations[op];
        let is_details = action == Action::DescribeBatchResultDetail;
        let lang = is_details.then(|| ("Lang".to_owned(), "en".to_owned()));
        let leaf = ListingLeaf {
            run,
            account: self.world.accounts[operation.account].id.clone(),
            action,
            region: operation.region.to_owned(),
            operation: operation.id.clone(),
            parameters: Parameters::new(lang).unwrap(),
            page_size: if is_details { 20 } else { 50 },
            watch: None,
        };
        self.pen.add(Leaf::Listing(leaf), None, None)
    }
}

/// The cause of a gap that a failed request is.
fn cause(outcome: &'static str) -> &'static str {
    match outcome {
        "truncated" => "invalid_answer",
        "server_error" => "unreachable",
        other => other,
    }
}
