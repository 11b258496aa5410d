//! Any leaf that can be made is read back from its line as it was.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;

use proptest::prelude::*;

use super::*;
use crate::evidence::digest::Digest;
use crate::evidence::redact::Span;
use crate::model::{Action, Cause, Outcome, Service, UtcMillis};

/// Text with what JSON has to escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z\"\\\\\u{0}-\u{1f}\u{7f}\u{2028}停]{0,12}"
    ]
}

fn maybe<T: Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::of(of)
}

fn instant() -> impl Strategy<Value = UtcMillis> {
    any::<i64>().prop_map(UtcMillis)
}

fn action() -> impl Strategy<Value = Action> {
    prop::sample::select(Action::ALL.to_vec())
}

fn kept_body() -> impl Strategy<Value = KeptBody> {
    let span = (any::<u64>(), any::<u64>(), text()).prop_map(|(offset, length, rule)| Span {
        offset,
        length,
        rule: rule.into(),
    });
    (
        any::<u64>(),
        any::<[u8; 32]>(),
        prop::collection::vec(span, 0..3),
    )
        .prop_map(|(length, digest, redacted)| KeptBody {
            length,
            digest: Digest(digest),
            redacted,
        })
}

fn parameters() -> impl Strategy<Value = Parameters> {
    prop::collection::btree_map(text(), text(), 0..4)
        .prop_map(|map| map.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(|pairs| Parameters::new(pairs).unwrap())
}

fn ask() -> impl Strategy<Value = Ask> {
    let page = (any::<i64>(), any::<u32>()).prop_map(|(listing, page)| Ask::Page { listing, page });
    let call = (
        maybe(text()),
        maybe(text()),
        action(),
        maybe(text()),
        parameters(),
        maybe(any::<i64>()),
        maybe(any::<i64>()),
    )
        .prop_map(
            |(label, account, action, region, parameters, intervention, watch)| {
                Ask::Call(Call {
                    label,
                    account,
                    action,
                    region,
                    parameters,
                    intervention,
                    watch,
                })
            },
        );
    prop_oneof![page, call]
}

fn exchange() -> impl Strategy<Value = Leaf> {
    let date = prop_oneof![
        any::<i64>().prop_map(ServerDate::UnixSeconds),
        text().prop_map(ServerDate::Text),
    ];
    let framing = prop::sample::select(vec![Framing::Length, Framing::Chunked, Framing::Close]);
    let head = (any::<i64>(), ask(), any::<u32>(), instant(), instant());
    let rest = (
        any::<u16>(),
        maybe(date),
        maybe(any::<u64>()),
        framing,
        kept_body(),
    );
    (head, rest).prop_map(
        |(head, (http_status, date, retry_after_ms, framing, body))| {
            let (run, ask, attempt, requested_at, received_at) = head;
            Leaf::Exchange(Exchange {
                run,
                ask,
                attempt,
                requested_at,
                received_at,
                http_status,
                date,
                retry_after_ms,
                framing,
                body,
            })
        },
    )
}

fn no_answer() -> impl Strategy<Value = Leaf> {
    let lack = prop::sample::select(vec![Lack::Unreachable, Lack::Truncated, Lack::TooLarge]);
    let head = (any::<i64>(), ask(), any::<u32>(), instant(), instant());
    let rest = (lack, text(), maybe(any::<u16>()), maybe(kept_body()));
    (head, rest).prop_map(|(head, (outcome, reason, http_status, partial))| {
        let (run, ask, attempt, requested_at, received_at) = head;
        Leaf::NoAnswer(NoAnswer {
            run,
            ask,
            attempt,
            requested_at,
            received_at,
            outcome,
            reason,
            http_status,
            partial,
        })
    })
}

fn run_leaf() -> impl Strategy<Value = Leaf> {
    let run_start = (
        (
            any::<i64>(),
            instant(),
            text(),
            text(),
            text(),
            any::<u32>(),
        ),
        (
            maybe(any::<u64>()),
            maybe(any::<u32>()),
            maybe(text()),
            any::<bool>(),
            any::<bool>(),
            maybe(any::<u64>()),
        ),
        (
            proptest::collection::vec(text(), 0..3),
            proptest::collection::vec(text(), 0..3),
        ),
    )
        .prop_map(
            |(
                head,
                (deadline_ms, concurrency, endpoint, simulated, stop, every_ms),
                (services, accounts),
            )| {
                let (run, started_at, program, user, host, process_id) = head;
                Leaf::RunStart(RunStart {
                    run,
                    kind: if stop {
                        RunKind::Stop
                    } else {
                        RunKind::Collect
                    },
                    started_at,
                    program,
                    user,
                    host,
                    process_id,
                    deadline_ms,
                    concurrency,
                    endpoint,
                    simulated,
                    every_ms,
                    services,
                    accounts,
                })
            },
        );
    let listing = (
        any::<i64>(),
        text(),
        action(),
        text(),
        text(),
        parameters(),
        any::<u32>(),
        maybe(any::<i64>()),
    )
        .prop_map(
            |(run, account, action, region, operation, parameters, page_size, watch)| {
                Leaf::Listing(Listing {
                    run,
                    account,
                    action,
                    region,
                    operation,
                    parameters,
                    page_size,
                    watch,
                })
            },
        );
    let run_end = (any::<i64>(), instant(), text()).prop_map(|(run, ended_at, reason)| {
        Leaf::RunEnd(RunEnd {
            run,
            ended_at,
            reason,
        })
    });
    prop_oneof![run_start, listing, run_end]
}

fn watch() -> impl Strategy<Value = Leaf> {
    let service = prop::sample::select(vec![Service::Ros, Service::Bpstudio, Service::Alidns]);
    let what = (maybe(service), maybe(text()), maybe(text()), maybe(text()));
    let more = (
        maybe(text()),
        maybe(text()),
        maybe(text()),
        maybe(instant()),
    );
    let who = (
        any::<i64>(),
        any::<bool>(),
        maybe(text()),
        maybe(text()),
        text(),
        instant(),
    );
    let discovery = (
        maybe(Just(WatchKind::RosStackGroups)),
        prop::collection::vec(text(), 0..3),
        maybe(instant()),
        maybe(any::<i64>()),
    );
    (what, discovery, more, who).prop_map(|(what, discovery, more, who)| {
        let (watch, add, origin, reason, user, at) = who;
        let (kind, names, since, parent) = discovery;
        let (service, label, region, operation) = what;
        let (batch_type, lang, resource_group, declared_started_at) = more;
        Leaf::Watch(Watch {
            watch,
            change: if add {
                WatchChange::Add
            } else {
                WatchChange::Remove
            },
            service,
            label,
            region,
            operation,
            kind,
            names,
            since,
            batch_type,
            lang,
            resource_group,
            declared_started_at,
            origin,
            parent,
            reason,
            user,
            at,
        })
    })
}

fn life() -> impl Strategy<Value = Leaf> {
    let skipped = (
        (instant(), text(), text(), any::<u32>()),
        (any::<bool>(), maybe(text())),
    )
        .prop_map(|((at, user, host, process_id), (locked, detail))| {
            Leaf::RunSkipped(RunSkipped {
                at,
                user,
                host,
                process_id,
                cause: if locked {
                    SkipCause::Locked
                } else {
                    SkipCause::Disk
                },
                detail,
            })
        });
    let cause = prop::sample::select(Cause::ALL.to_vec());
    let note = (
        (any::<i64>(), maybe(text()), maybe(text())),
        (cause, text(), instant()),
    )
        .prop_map(|((run, label, account), (cause, text, at))| {
            Leaf::Note(Note {
                run,
                label,
                account,
                cause,
                text,
                at,
            })
        });
    let clock = (maybe(any::<i64>()), instant(), any::<i64>(), maybe(text())).prop_map(
        |(run, at, stepped_ms, detail)| {
            Leaf::Clock(ClockStep {
                run,
                at,
                stepped_ms,
                detail,
            })
        },
    );
    let config = (
        (instant(), maybe(any::<u64>())),
        (maybe(any::<i32>()), maybe(any::<i32>())),
        (any::<u64>(), any::<[u8; 32]>(), any::<u64>()),
    )
        .prop_map(|((at, every_ms), zones, (entries, body, length))| {
            Leaf::Config(Config {
                at,
                every_ms,
                alidns_offset_minutes: zones.0,
                bpstudio_offset_minutes: zones.1,
                entries,
                body: Digest(body),
                length,
            })
        });
    prop_oneof![skipped, note, clock, config]
}

fn custody() -> impl Strategy<Value = Leaf> {
    let who = || (instant(), text(), text());
    let key = (who(), (any::<bool>(), text(), text(), maybe(text()))).prop_map(
        |((at, user, host), (is_made, origin, vkey, reason))| {
            Leaf::Key(Key {
                at,
                change: if is_made {
                    KeyChange::Made
                } else {
                    KeyChange::Unusable
                },
                origin,
                vkey,
                user,
                host,
                reason,
            })
        },
    );
    let known = (maybe(text()), maybe(any::<u64>()), maybe(text()));
    let restore = (who(), text(), known).prop_map(|((at, user, host), reason, known)| {
        Leaf::Restore(Restore {
            at,
            user,
            host,
            reason,
            known_origin: known.0,
            known_size: known.1,
            known_root: known.2,
        })
    });
    let numbers = (any::<i64>(), any::<i64>());
    let schema =
        (instant(), numbers, text(), maybe(text())).prop_map(|(at, (from, to), program, copy)| {
            Leaf::Schema(SchemaChange {
                at,
                from,
                to,
                program,
                copy,
            })
        });
    prop_oneof![key, restore, schema]
}

fn credential() -> impl Strategy<Value = Leaf> {
    let asked = (
        (any::<i64>(), maybe(text()), maybe(text()), text()),
        (maybe(action()), maybe(any::<u32>())),
        (instant(), instant()),
    );
    let answered = (
        prop::sample::select(Outcome::ALL.to_vec()),
        maybe(any::<u16>()),
        (maybe(text()), maybe(text()), maybe(text())),
        (maybe(text()), maybe(instant())),
    );
    (asked, answered).prop_map(|(asked, answered)| {
        let ((run, label, account, source), (action, attempt), times) = asked;
        let (outcome, http_status, (code, message, request_id), key) = answered;
        Leaf::Credential(CredentialCall {
            run,
            label,
            account,
            source,
            action,
            parameters: action.map(|_| Parameters::default()),
            attempt,
            requested_at: times.0,
            received_at: times.1,
            outcome,
            http_status,
            code,
            message,
            request_id,
            key_id_tail: key.0,
            expires_at: key.1,
        })
    })
}

proptest! {
    #[test]
    fn every_leaf_comes_back(
        leaf in prop_oneof![exchange(), no_answer(), run_leaf(), watch(), life(), custody(), credential()],
    ) {
        let line = leaf.to_line();
        let head = format!(r#"{{"t":"{}","v":1,"#, leaf.kind());
        prop_assert!(line.starts_with(&head) && !line.contains('\n'));
        prop_assert_eq!(Leaf::parse(&line).unwrap(), leaf);
    }

    /// What the reader of usual lines takes, the parser takes for the same: of lines as they are written, and of
    /// lines in which something was changed, left out or put in twice.
    #[test]
    fn usual_lines_read_as_any_other(
        leaf in exchange(),
        at in any::<prop::sample::Index>(),
        length in 0..4_usize,
        put in prop_oneof![Just(String::new()), "[0-9a-z{}\\[\\],:\"\\\\. -]{1,3}".boxed()],
    ) {
        let line = leaf.to_line();
        let at = at.index(line.len() + 1);
        let end = (at + length).min(line.len());
        let changed = match (line.get(..at), line.get(end..)) {
            (Some(before), Some(after)) => format!("{before}{put}{after}"),
            _ => line.clone(),
        };
        for line in [line, changed] {
            if let Some(read) = usual::exchange(&line) {
                prop_assert_eq!(Leaf::parse_any(&line).unwrap(), Leaf::Exchange(read));
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(line in ".*", tail in ".*") {
        let _ = Leaf::parse(&line);
        let _ = Leaf::parse(&format!(r#"{{"t":"exchange","v":1,{tail}"#));
    }
}
