//! The same of what kept the recorder from its work, and of calls for credentials.

use super::*;
use crate::model::{Cause, Outcome};

#[test]
fn lines_of_what_kept_it_from_its_work() {
    let skipped = RunSkipped {
        at: AT,
        user: "ops".into(),
        host: "recorder-1".into(),
        process_id: 4711,
        cause: SkipCause::Locked,
        detail: None,
    };
    golden(
        Leaf::RunSkipped(skipped.clone()),
        r#"{"t":"run_skipped","v":1,"at":1789000000123,"user":"ops","host":"recorder-1","process_id":4711,"cause":"locked"}"#,
    );
    golden(
        Leaf::RunSkipped(RunSkipped {
            cause: SkipCause::Disk,
            detail: Some("12 MB free".into()),
            ..skipped
        }),
        r#"{"t":"run_skipped","v":1,"at":1789000000123,"user":"ops","host":"recorder-1","process_id":4711,"cause":"disk","detail":"12 MB free"}"#,
    );
    golden(
        Leaf::Note(Note {
            run: 3,
            label: Some("prod".into()),
            account: Some("9".into()),
            cause: Cause::Credential,
            text: "answers as another account".into(),
            at: AT,
        }),
        r#"{"t":"note","v":1,"run":3,"label":"prod","account":"9","cause":"credential","text":"answers as another account","at":1789000000123}"#,
    );
    golden(
        Leaf::Clock(ClockStep {
            run: Some(3),
            at: AT,
            stepped_ms: -3_600_000,
            detail: Some("set back".into()),
        }),
        r#"{"t":"clock","v":1,"run":3,"at":1789000000123,"stepped_ms":-3600000,"detail":"set back"}"#,
    );
    golden(
        Leaf::Config(Config {
            at: AT,
            every_ms: Some(300_000),
            alidns_offset_minutes: Some(480),
            bpstudio_offset_minutes: Some(-60),
            entries: 2,
            body: Digest::of(b""),
            length: 90,
        }),
        r#"{"t":"config","v":1,"at":1789000000123,"every_ms":300000,"alidns_offset_minutes":480,"bpstudio_offset_minutes":-60,"entries":2,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","length":90}"#,
    );
}

#[test]
fn lines_of_a_call_for_credentials() {
    let least = CredentialCall {
        run: 3,
        label: None,
        account: None,
        source: "ecs metadata".into(),
        action: None,
        parameters: None,
        attempt: None,
        requested_at: UtcMillis(1_789_000_000_000),
        received_at: AT,
        outcome: Outcome::Unreachable,
        http_status: None,
        code: None,
        message: None,
        request_id: None,
        key_id_tail: None,
        expires_at: None,
    };
    golden(
        Leaf::Credential(least.clone()),
        r#"{"t":"credential","v":1,"run":3,"source":"ecs metadata","requested_at":1789000000000,"received_at":1789000000123,"outcome":"unreachable"}"#,
    );
    golden(
        Leaf::Credential(CredentialCall {
            label: Some("prod".into()),
            account: Some("9".into()),
            source: "role".into(),
            action: Some(Action::AssumeRole),
            parameters: Some(parameters(&[("RoleArn", "acs:ram::9:role/r")])),
            attempt: Some(2),
            outcome: Outcome::Ok,
            http_status: Some(200),
            code: Some("C".into()),
            message: Some("M".into()),
            request_id: Some("R".into()),
            key_id_tail: Some("abcd".into()),
            expires_at: Some(UtcMillis(1_789_003_600_000)),
            ..least
        }),
        r#"{"t":"credential","v":1,"run":3,"label":"prod","account":"9","source":"role","action":"AssumeRole","parameters":{"RoleArn":"acs:ram::9:role/r"},"attempt":2,"requested_at":1789000000000,"received_at":1789000000123,"outcome":"ok","http_status":200,"code":"C","message":"M","request_id":"R","key_id_tail":"abcd","expires_at":1789003600000}"#,
    );
}

#[test]
fn lines_of_who_answers_for_the_log() {
    let made = Key {
        at: AT,
        change: KeyChange::Made,
        origin: "recorder-1/optrail/0123456789abcdef".into(),
        vkey: "recorder-1/optrail/0123456789abcdef+00000000+AA==".into(),
        user: "ops".into(),
        host: "recorder-1".into(),
        reason: None,
    };
    golden(
        Leaf::Key(made.clone()),
        r#"{"t":"key","v":1,"at":1789000000123,"change":"made","origin":"recorder-1/optrail/0123456789abcdef","vkey":"recorder-1/optrail/0123456789abcdef+00000000+AA==","user":"ops","host":"recorder-1"}"#,
    );
    golden(
        Leaf::Key(Key {
            change: KeyChange::Unusable,
            reason: Some("no such file".into()),
            ..made
        }),
        r#"{"t":"key","v":1,"at":1789000000123,"change":"unusable","origin":"recorder-1/optrail/0123456789abcdef","vkey":"recorder-1/optrail/0123456789abcdef+00000000+AA==","user":"ops","host":"recorder-1","reason":"no such file"}"#,
    );
    golden(
        Leaf::Restore(Restore {
            at: AT,
            user: "ops".into(),
            host: "recorder-2".into(),
            reason: "disk died".into(),
            known_origin: Some("o".into()),
            known_size: Some(7),
            known_root: Some("ab".into()),
        }),
        r#"{"t":"restore","v":1,"at":1789000000123,"user":"ops","host":"recorder-2","reason":"disk died","known_origin":"o","known_size":7,"known_root":"ab"}"#,
    );
    golden(
        Leaf::Schema(SchemaChange {
            at: AT,
            from: 4,
            to: 5,
            program: "optrail 0.1.0".into(),
            copy: Some("optrail.db.schema-4".into()),
        }),
        r#"{"t":"schema","v":1,"at":1789000000123,"from":4,"to":5,"program":"optrail 0.1.0","copy":"optrail.db.schema-4"}"#,
    );
}
