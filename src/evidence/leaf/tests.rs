//! Lines as they stand, byte for byte: the format may grow and never drift.

#![allow(clippy::unwrap_used)]

mod life;

use super::*;
use crate::evidence::digest::Digest;
use crate::evidence::redact::Span;
use crate::model::{Action, Service, UtcMillis};

const AT: UtcMillis = UtcMillis(1_789_000_000_123);

/// The line that this leaf has had since version 1 and must have for ever.
#[track_caller]
fn golden(leaf: Leaf, line: &str) {
    assert_eq!(leaf.to_line(), line);
    assert_eq!(Leaf::parse(line).unwrap(), leaf);
}

fn body() -> KeptBody {
    KeptBody {
        length: 8123,
        digest: Digest::of(b""),
        redacted: Vec::new(),
    }
}

fn page() -> Exchange {
    Exchange {
        run: 18231,
        ask: Ask::Page {
            listing: 4_870_113,
            page: 12,
        },
        attempt: 1,
        requested_at: UtcMillis(1_789_000_000_000),
        received_at: AT,
        http_status: 200,
        date: Some(ServerDate::UnixSeconds(1_789_000_000)),
        retry_after_ms: None,
        framing: Framing::Length,
        body: body(),
    }
}

fn call() -> Call {
    Call {
        label: Some("prod".into()),
        account: Some("1234567890123456".into()),
        action: Action::StopStackGroupOperation,
        region: Some("cn-hangzhou".into()),
        parameters: parameters(&[("RegionId", "cn-hangzhou"), ("OperationId", "6da106ca")]),
        intervention: Some(41),
        watch: None,
    }
}

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::new(pairs.iter().map(|(n, v)| ((*n).into(), (*v).into()))).unwrap()
}

#[test]
fn lines_of_a_life() {
    golden(
        Leaf::Genesis(Genesis {
            log: "0123456789abcdef0123456789abcdef".into(),
            created_at: AT,
            program: "optrail 0.1.0".into(),
        }),
        r#"{"t":"genesis","v":1,"log":"0123456789abcdef0123456789abcdef","created_at":1789000000123,"program":"optrail 0.1.0"}"#,
    );
    golden(
        Leaf::Plan(Plan {
            run: 1,
            entries: 378,
            body: Digest::of(b""),
            length: 90210,
        }),
        r#"{"t":"plan","v":1,"run":1,"entries":378,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","length":90210}"#,
    );
    golden(
        Leaf::RunEnd(RunEnd {
            run: 1,
            ended_at: AT,
            reason: "SIGTERM".into(),
        }),
        r#"{"t":"run_end","v":1,"run":1,"ended_at":1789000000123,"reason":"SIGTERM"}"#,
    );
    golden(
        Leaf::RunAborted(RunAborted {
            run: 1,
            found_by: 2,
            found_at: AT,
        }),
        r#"{"t":"run_aborted","v":1,"run":1,"found_by":2,"found_at":1789000000123}"#,
    );
}

#[test]
fn lines_of_a_run_start() {
    let least = RunStart {
        program: "optrail 0.1.0".into(),
        user: "ops".into(),
        host: "recorder-1".into(),
        process_id: 4711,
        ..RunStart::new(1, RunKind::Collect, AT)
    };
    golden(
        Leaf::RunStart(least.clone()),
        r#"{"t":"run_start","v":1,"run":1,"kind":"collect","started_at":1789000000123,"program":"optrail 0.1.0","user":"ops","host":"recorder-1","process_id":4711}"#,
    );
    golden(
        Leaf::RunStart(RunStart {
            kind: RunKind::Stop,
            deadline_ms: Some(50_000),
            concurrency: Some(8),
            endpoint: Some("http://127.0.0.1:8080".into()),
            simulated: true,
            every_ms: Some(300_000),
            services: vec!["alidns".to_owned()],
            accounts: vec!["prod".to_owned(), "test".to_owned()],
            ..least
        }),
        r#"{"t":"run_start","v":1,"run":1,"kind":"stop","started_at":1789000000123,"program":"optrail 0.1.0","user":"ops","host":"recorder-1","process_id":4711,"deadline_ms":50000,"concurrency":8,"endpoint":"http://127.0.0.1:8080","simulated":1,"every_ms":300000,"services":["alidns"],"accounts":["prod","test"]}"#,
    );
}

#[test]
fn lines_of_a_listing_and_its_page() {
    let listing = Listing {
        run: 1,
        account: "1234567890123456".into(),
        action: Action::ListStackGroupOperationResults,
        region: "cn-hangzhou".into(),
        operation: "6da106ca-1784-4a6f-a7e1-e723863d0000".into(),
        parameters: Parameters::default(),
        page_size: 50,
        watch: Some(7),
    };
    golden(
        Leaf::Listing(listing.clone()),
        r#"{"t":"listing","v":1,"run":1,"account":"1234567890123456","action":"ListStackGroupOperationResults","region":"cn-hangzhou","operation":"6da106ca-1784-4a6f-a7e1-e723863d0000","page_size":50,"watch":7}"#,
    );
    golden(
        Leaf::Listing(Listing {
            watch: None,
            ..listing
        }),
        r#"{"t":"listing","v":1,"run":1,"account":"1234567890123456","action":"ListStackGroupOperationResults","region":"cn-hangzhou","operation":"6da106ca-1784-4a6f-a7e1-e723863d0000","page_size":50}"#,
    );
    golden(
        Leaf::Exchange(page()),
        r#"{"t":"exchange","v":1,"run":18231,"listing":4870113,"page":12,"requested_at":1789000000000,"received_at":1789000000123,"date":1789000000,"length":8123,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
    );
}

#[test]
fn lines_of_a_call_and_all_that_an_answer_can_have() {
    golden(
        Leaf::Exchange(Exchange {
            ask: Ask::Call(call()),
            attempt: 3,
            http_status: 503,
            date: Some(ServerDate::Text("soon".into())),
            retry_after_ms: Some(2500),
            framing: Framing::Chunked,
            body: KeptBody {
                redacted: vec![
                    Span {
                        offset: 11,
                        length: 17,
                        rule: "secret".into(),
                    },
                    Span {
                        offset: 90,
                        length: 25,
                        rule: "string-to-sign".into(),
                    },
                ],
                ..body()
            },
            ..page()
        }),
        r#"{"t":"exchange","v":1,"run":18231,"label":"prod","account":"1234567890123456","action":"StopStackGroupOperation","region":"cn-hangzhou","parameters":{"RegionId":"cn-hangzhou","OperationId":"6da106ca"},"intervention":41,"attempt":3,"requested_at":1789000000000,"received_at":1789000000123,"http_status":503,"date":"soon","retry_after_ms":2500,"framing":"chunked","length":8123,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","redacted":[[11,17,"secret"],[90,25,"string-to-sign"]]}"#,
    );
    golden(
        Leaf::Exchange(Exchange {
            ask: Ask::Call(Call {
                label: None,
                account: None,
                action: Action::GetCallerIdentity,
                region: None,
                parameters: Parameters::default(),
                intervention: None,
                watch: None,
            }),
            date: None,
            framing: Framing::Close,
            ..page()
        }),
        r#"{"t":"exchange","v":1,"run":18231,"action":"GetCallerIdentity","parameters":{},"requested_at":1789000000000,"received_at":1789000000123,"framing":"close","length":8123,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
    );
}

#[test]
fn lines_of_a_discovery() {
    golden(
        Leaf::Listing(Listing {
            run: 1,
            account: "1234567890123456".into(),
            action: Action::ListStackGroupOperations,
            region: "cn-hangzhou".into(),
            operation: String::new(),
            parameters: parameters(&[("StackGroupName", "网络")]),
            page_size: 50,
            watch: Some(7),
        }),
        r#"{"t":"listing","v":1,"run":1,"account":"1234567890123456","action":"ListStackGroupOperations","region":"cn-hangzhou","parameters":{"StackGroupName":"网络"},"page_size":50,"watch":7}"#,
    );
    golden(
        Leaf::Listing(Listing {
            run: 1,
            account: "1234567890123456".into(),
            action: Action::DescribeBatchResultDetail,
            region: String::new(),
            operation: "123456".into(),
            parameters: parameters(&[("Lang", "en")]),
            page_size: 20,
            watch: None,
        }),
        r#"{"t":"listing","v":1,"run":1,"account":"1234567890123456","action":"DescribeBatchResultDetail","operation":"123456","parameters":{"Lang":"en"},"page_size":20}"#,
    );
    golden(
        Leaf::Exchange(Exchange {
            ask: Ask::Call(Call {
                label: None,
                account: Some("1234567890123456".into()),
                action: Action::DescribeRegions,
                region: None,
                parameters: Parameters::default(),
                intervention: None,
                watch: Some(7),
            }),
            date: None,
            ..page()
        }),
        r#"{"t":"exchange","v":1,"run":18231,"account":"1234567890123456","action":"DescribeRegions","parameters":{},"watch":7,"requested_at":1789000000000,"received_at":1789000000123,"length":8123,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
    );
}

#[test]
fn lines_of_no_answer() {
    let nothing = NoAnswer {
        run: 5,
        ask: Ask::Page {
            listing: 9,
            page: 2,
        },
        attempt: 1,
        requested_at: UtcMillis(1_789_000_000_000),
        received_at: AT,
        outcome: Lack::Unreachable,
        reason: "dns".into(),
        http_status: None,
        partial: None,
    };
    golden(
        Leaf::NoAnswer(nothing.clone()),
        r#"{"t":"no_answer","v":1,"run":5,"listing":9,"page":2,"requested_at":1789000000000,"received_at":1789000000123,"outcome":"unreachable","reason":"dns"}"#,
    );
    golden(
        Leaf::NoAnswer(NoAnswer {
            attempt: 2,
            outcome: Lack::Truncated,
            reason: "body ended after 17 of 4096 bytes".into(),
            http_status: Some(200),
            partial: Some(KeptBody {
                length: 17,
                ..body()
            }),
            ..nothing
        }),
        r#"{"t":"no_answer","v":1,"run":5,"listing":9,"page":2,"attempt":2,"requested_at":1789000000000,"received_at":1789000000123,"outcome":"truncated","reason":"body ended after 17 of 4096 bytes","http_status":200,"length":17,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
    );
}

#[test]
fn lines_of_what_people_did() {
    let removed = Watch {
        reason: Some("done".into()),
        ..Watch::new(7, WatchChange::Remove, "ops", AT)
    };
    golden(
        Leaf::Watch(removed.clone()),
        r#"{"t":"watch","v":1,"watch":7,"change":"remove","reason":"done","user":"ops","at":1789000000123}"#,
    );
    golden(
        Leaf::Watch(Watch {
            change: WatchChange::Add,
            service: Some(Service::Alidns),
            label: Some("prod".into()),
            region: Some("cn-hangzhou".into()),
            operation: Some("123456".into()),
            kind: None,
            names: Vec::new(),
            since: None,
            parent: None,
            batch_type: Some("RR_ADD".into()),
            lang: Some("en".into()),
            resource_group: Some("rg-1".into()),
            declared_started_at: Some(UtcMillis(-1)),
            origin: Some("command".into()),
            ..removed.clone()
        }),
        r#"{"t":"watch","v":1,"watch":7,"change":"add","service":"alidns","label":"prod","region":"cn-hangzhou","operation":"123456","batch_type":"RR_ADD","lang":"en","resource_group":"rg-1","declared_started_at":-1,"origin":"command","reason":"done","user":"ops","at":1789000000123}"#,
    );
    golden(
        Leaf::Watch(Watch {
            change: WatchChange::Add,
            service: Some(Service::Ros),
            region: Some("all".into()),
            kind: Some(WatchKind::RosStackGroups),
            names: vec!["net-*".into(), "a\"b".into()],
            since: Some(AT),
            parent: Some(3),
            reason: None,
            ..removed.clone()
        }),
        r#"{"t":"watch","v":1,"watch":7,"change":"add","service":"ros","region":"all","kind":"ros-stack-groups","names":["net-*","a\"b"],"since":1789000000123,"parent":3,"user":"ops","at":1789000000123}"#,
    );
    golden(
        Leaf::Intervention(Intervention {
            run: 3,
            account: "1234567890123456".into(),
            region: "cn-hangzhou".into(),
            operation: "6da106ca".into(),
            reason: "a \"wrong\" template\\\n停止".into(),
            ticket: Some("OPS-1".into()),
            user: "ops".into(),
            caller_arn: Some("acs:ram::1:user/ops".into()),
            status_before: Some("RUNNING".into()),
            requested_at: AT,
        }),
        r#"{"t":"intervention","v":1,"run":3,"account":"1234567890123456","region":"cn-hangzhou","operation":"6da106ca","reason":"a \"wrong\" template\\\n停止","ticket":"OPS-1","user":"ops","caller_arn":"acs:ram::1:user/ops","status_before":"RUNNING","requested_at":1789000000123}"#,
    );
}

#[test]
fn a_page_is_short() {
    let line = Leaf::Exchange(page()).to_line();
    assert!(line.len() <= 225, "{} bytes", line.len());
}

#[test]
fn what_a_newer_program_wrote_is_kept_apart() {
    for (line, kind, version) in [
        (r#"{"t":"weather","v":1,"at":5}"#, "weather", 1),
        (r#"{"t":"checkpoint_2","v":1}"#, "checkpoint_2", 1),
        (r#"{"t":"run_end","v":2,"run":[1]}"#, "run_end", 2),
    ] {
        let kind = kind.to_owned();
        assert_eq!(Leaf::parse(line).unwrap(), Leaf::Other { kind, version });
    }
    let with_more = r#"{"t":"run_end","v":1,"run":1,"new":{"a":[1]},"ended_at":5,"reason":"done"}"#;
    let Leaf::RunEnd(leaf) = Leaf::parse(with_more).unwrap() else {
        panic!("a run's end");
    };
    assert_eq!((leaf.run, leaf.reason.as_str()), (1, "done"));
}

#[test]
fn what_is_no_leaf_is_refused() {
    for line in [
        "",
        "{}",
        "[]",
        r#"{"v":1,"t":"run_end"}"#,
        r#"{ "t":"run_end","v":1}"#,
        r#"{"t":"run_end"}"#,
        r#"{"t":"","v":1}"#,
        r#"{"t":"Run End","v":1}"#,
        r#"{"t":"run_end","v":"1"}"#,
        r#"{"t":"run_end","v":1"#,
        "{\"t\":\"run_end\",\"v\":1,\"run\":1,\"ended_at\":5,\"reason\":\"done\"}\n",
    ] {
        let error = Leaf::parse(line).unwrap_err();
        assert!(matches!(error, LeafError::Head(_)), "{line}: {error}");
    }
}

#[test]
fn fields_that_are_not_those_of_the_type_are_refused() {
    let exchange = |rest: &str| {
        format!(r#"{{"t":"exchange","v":1,"run":1,"requested_at":1,"received_at":2,{rest}}}"#)
    };
    let body =
        r#""length":0,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#;
    assert!(Leaf::parse(&exchange(&format!(r#""listing":1,"page":1,{body}"#))).is_ok());
    for line in [
        r#"{"t":"weather","v":1,"#.to_owned(),
        r#"{"t":"weather","v":1} x"#.to_owned(),
        r#"{"t":"note","v":1,"run":1,"cause":"weather","text":"","at":1}"#.to_owned(),
        r#"{"t":"run_skipped","v":1,"at":5,"user":"u","host":"h","process_id":1,"cause":"bored"}"#
            .to_owned(),
        r#"{"t":"credential","v":1,"run":1,"source":"s","requested_at":1,"received_at":2}"#
            .to_owned(),
        r#"{"t":"config","v":1,"at":1,"entries":0,"body":"47DE","length":0}"#.to_owned(),
        r#"{"t":"run_end","v":1,"run":1,"reason":"done"}"#.to_owned(),
        r#"{"t":"run_end","v":1,"run":1.0,"ended_at":5,"reason":"done"}"#.to_owned(),
        r#"{"t":"run_end","v":1,"run":1,"run":2,"ended_at":5,"reason":"done"}"#.to_owned(),
        r#"{"t":"watch","v":1,"watch":1,"change":"pause","user":"u","at":1}"#.to_owned(),
        exchange(body),
        exchange(&format!(r#""listing":1,{body}"#)),
        exchange(r#""listing":1,"page":1,"length":0"#),
        exchange(
            r#""listing":1,"page":1,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
        ),
        exchange(r#""listing":1,"page":1,"length":0,"body":"47DE""#),
        exchange(&format!(
            r#""listing":1,"page":1,"action":"GetCallerIdentity",{body}"#
        )),
        exchange(&format!(r#""action":"GetCallerIdentity",{body}"#)),
        exchange(&format!(
            r#""action":"DropEverything","parameters":{{}},{body}"#
        )),
        exchange(&format!(
            r#""action":"GetCallerIdentity","parameters":{{"A":"1","A":"2"}},{body}"#
        )),
    ] {
        let error = Leaf::parse(&line).unwrap_err();
        assert!(matches!(error, LeafError::Fields { .. }), "{line}: {error}");
    }
}

#[test]
fn parameters_have_unique_names() {
    let twice = [
        ("A".to_owned(), "1".to_owned()),
        ("A".to_owned(), "2".to_owned()),
    ];
    assert_eq!(Parameters::new(twice), Err("A".to_owned()));
}
