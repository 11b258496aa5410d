//! What must never be written: secret, token and signature of a request, in whatever spelling a service
//! echoes them. Looked for in every byte that the program leaves behind.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use optrail::cli::dataset::DATASETS;
use optrail::model::Service;
use optrail::sandbox::{BatchSpec, BatchState, BatchType, BpSpec, BpState, Fault, FaultKind, Key};
use optrail::sandbox::{Schedule, Spelling};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::relay::{Relay, refuse_with};
use crate::world::{ACCOUNT, Ended, World, running, sign_by_machine_clock};

/// A secret with every character that some spelling writes otherwise, and a token, which can have fewer.
const SECRET: &str = "c4nary/Of+Nobody=<&>'\"\\%~end";
const TOKEN: &str = "CAIScanary+tokenOf/Nobody==-_.~end";

/// Two runs fail with the identity call, two with what it lets through, and two with the list; then all is well.
const EXIT_CODES: [i32; 7] = [1, 1, 1, 1, 4, 4, 0];

fn key() -> Key {
    Key {
        access_key_id: "LTAIcanaryOfNobody".to_owned(),
        access_key_secret: SECRET.to_owned(),
        security_token: Some(TOKEN.to_owned()),
        ..Key::default()
    }
}

/// A world with an operation of each service.
fn world() -> World {
    let world = World::with(1, |config| {
        sign_by_machine_clock(config);
        config.keys = vec![key()];
    });
    world.add_ros(running(&world, 3));
    let now = world.cloud.now();
    let bpstudio = world.cloud.add_bpstudio(BpSpec {
        account_id: ACCOUNT.to_owned(),
        operation_id: None,
        states: Schedule::starting(now, BpState::of("RUNNING")),
    });
    world.watch(Service::Bpstudio, &bpstudio);
    let state = BatchState {
        status: 0,
        total_count: 1,
        success_count: 0,
        failed_count: 0,
        reason: None,
    };
    let batch = world.cloud.add_batch(BatchSpec {
        account_id: ACCOUNT.to_owned(),
        task_id: None,
        batch_type: BatchType::RrAdd,
        states: Schedule::starting(now, state),
    });
    world.watch(Service::Alidns, &batch.to_string());
    world
}

/// Every call echoes twice: first as the gateway does, which shows what it has signed, then in the words of an
/// error of the service.
fn script_echoes(world: &World) {
    let actions = [
        "GetCallerIdentity",
        "GetStackGroupOperation",
        "ListStackGroupOperationResults",
        "GetExecuteOperationResult",
        "DescribeBatchResultCount",
    ];
    let message: Vec<String> = [SECRET, TOKEN].into_iter().flat_map(spellings).collect();
    for action in actions {
        let echo = FaultKind::EchoSecrets(Spelling::ALL.to_vec());
        world.cloud.script(Fault::once(echo).on_action(action));
        let error = FaultKind::Error {
            http_status: 400,
            code: "InvalidParameter".to_owned(),
            message: message.join(" "),
        };
        world.cloud.script(Fault::once(error).on_action(action));
    }
}

fn echoes_leave_no_trace(signature: &str) {
    let world = world();
    let relay = Relay::to(&world.endpoint(), |_| {});
    // A reader keeps the write-ahead log from being folded into the file.
    drop(world.recorder());
    let reader = Connection::open(world.database()).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM leaf;")
        .unwrap();
    script_echoes(&world);
    let mut said = Vec::new();
    for code in EXIT_CODES {
        let run = [
            "collect",
            "-vv",
            "--signature",
            signature,
            "--summary",
            "-",
            "--endpoint",
        ];
        let mut command = world.optrail(&run);
        let ended = Ended::of(command.arg(relay.endpoint()).output().unwrap()).expect(code);
        said.push(("stdout".to_owned(), ended.stdout.into_bytes()));
        said.push(("stderr".to_owned(), ended.stderr.into_bytes()));
    }
    let marked = "SELECT count(*) FROM requests WHERE redactions > 0";
    assert_eq!(world.number(marked), 10);

    let traffic = relay.traffic();
    assert_echoed(&traffic.answered);
    let signatures = signatures(&traffic.sent);
    assert!(signatures.len() > 10, "{signatures:?}");
    let secrets = [SECRET, TOKEN].into_iter();
    let canaries: BTreeSet<String> = secrets
        .chain(signatures.iter().map(String::as_str))
        .flat_map(spellings)
        .flat_map(|spelling| [json(&spelling), spelling])
        .collect();
    let written = [said, everything_written(&world), exports(&world)].concat();
    let is_log = |name: &str| name.ends_with("-wal");
    assert!(
        written
            .iter()
            .any(|(name, bytes)| is_log(name) && !bytes.is_empty())
    );
    for (name, bytes) in &written {
        for canary in &canaries {
            assert!(!holds(bytes, canary), "{name} holds {canary}");
        }
    }
    drop(reader);
    world.verify();
}

#[test]
fn fault_45_echoed_secrets_leave_no_trace() {
    echoes_leave_no_trace("v3");
}

#[test]
fn fault_45_with_the_older_signature_echoed_secrets_leave_no_trace_either() {
    echoes_leave_no_trace("v1");
}

#[test]
fn fault_45_an_echoed_signature_leaves_no_trace_whatever_stands_around_it() {
    for signature in ["v3", "v1"] {
        let world = world();
        let sent = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&sent);
        let endpoint = refuse_with(move |request| {
            let signatures = signatures(request);
            let spelled: Vec<_> = signatures.iter().flat_map(|text| spellings(text)).collect();
            seen.lock().unwrap().extend(signatures);
            let message = json(&spelled.join(" "));
            let id = "B288A0BE-D927-4888-B0F7-B35EF84B6E6F";
            format!(
                r#"{{"RequestId":"{id}","Code":"InvalidParameter","Message":"what is {message} ?"}}"#
            )
        });
        let run = ["collect", "--signature", signature, "--endpoint", &endpoint];
        let ended = world.run(&run).expect(1);
        let mut written = everything_written(&world);
        written.push(("stderr".to_owned(), ended.stderr.into_bytes()));
        assert!(holds(&written[written.len() - 1].1, "what is "));
        let sent = sent.lock().unwrap();
        assert_eq!(sent.len(), 1);
        for canary in sent.iter().flat_map(|text| spellings(text)) {
            for (name, bytes) in &written {
                assert!(!holds(bytes, &canary), "{name} holds {canary}");
            }
        }
        world.verify();
    }
}

/// Kinds of failure that tell something of the request, or of the server, or nothing at all.
fn failures() -> Vec<FaultKind> {
    let error = |http_status, code: &str| FaultKind::Error {
        http_status,
        code: code.to_owned(),
        message: "made up".to_owned(),
    };
    vec![
        error(403, "NoPermission"),
        error(400, "InvalidTimeStamp.Expired"),
        error(400, "SignatureNonceUsed"),
        error(400, "InvalidSecurityToken.Expired"),
        error(404, "InvalidAccessKeyId.NotFound"),
        FaultKind::EchoSecrets(Spelling::ALL.to_vec()),
        FaultKind::Throttle {
            retry_after_ms: Some(10),
        },
        FaultKind::ServiceUnavailable,
        FaultKind::BadGateway,
        FaultKind::ProxyPage,
        FaultKind::Redirect {
            location: "http://127.0.0.1:9/".to_owned(),
        },
        FaultKind::EmptyBody,
        FaultKind::NullBody,
        FaultKind::CutBody,
        FaultKind::GarbledBody,
        FaultKind::BrokenJson,
        FaultKind::Disconnect { carried_out: true },
        FaultKind::WrongEntity,
    ]
}

#[test]
fn fault_68_no_way_to_fail_leaves_a_trace_of_a_secret() {
    let world = world();
    let mut said = Vec::new();
    for (number, kind) in (0..).zip(failures()) {
        let action = ["GetCallerIdentity", "GetStackGroupOperation"][number % 2];
        world
            .cloud
            .script(Fault::once(kind.clone()).on_action(action));
        let signature = ["v3", "v1"][number / 2 % 2];
        let run = ["collect", "-vv", "--signature", signature, "--summary", "-"];
        let ended = world.run(&run);
        assert!(matches!(ended.code, Some(0 | 1 | 4)), "{kind:?}: {ended:?}");
        said.push((format!("stdout of {kind:?}"), ended.stdout.into_bytes()));
        said.push((format!("stderr of {kind:?}"), ended.stderr.into_bytes()));
    }
    let failed = "SELECT count(*) FROM requests WHERE outcome <> 'ok'";
    let failures = i64::try_from(failures().len()).unwrap();
    assert!(
        world.number(failed) >= failures - 1,
        "{}",
        world.number(failed)
    );
    for arguments in [
        &["doctor"][..],
        &["config", "check"],
        &["check"],
        &["policy"],
    ] {
        let ended = world.run(arguments);
        said.push((format!("{arguments:?}"), ended.stdout.into_bytes()));
        said.push((format!("{arguments:?}"), ended.stderr.into_bytes()));
    }
    let written = [said, everything_written(&world), exports(&world)].concat();
    for canary in [SECRET, TOKEN].into_iter().flat_map(spellings) {
        for (name, bytes) in &written {
            assert!(!holds(bytes, &canary), "{name} holds {canary}");
        }
    }
    world.verify();
}

/// Expects that the server did echo, or the test would prove nothing.
fn assert_echoed(answered: &[u8]) {
    for spelling in [SECRET, TOKEN].into_iter().flat_map(spellings) {
        assert!(
            holds(answered, &json(&spelling)),
            "the server never sent {spelling}"
        );
    }
}

/// The signatures that went over the wire, as they are before any encoding.
fn signatures(sent: &[u8]) -> BTreeSet<String> {
    let sent = String::from_utf8_lossy(sent);
    let after = sent.split("Signature=").skip(1);
    let signatures = after.map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "%+/=_-.~".contains(c)));
        let written = &rest[..end.unwrap_or(rest.len())];
        written
            .replace("%2B", "+")
            .replace("%2F", "/")
            .replace("%3D", "=")
    });
    signatures.collect()
}

/// A text in every spelling in which something secret could be written.
fn spellings(text: &str) -> Vec<String> {
    let lower = percent(text)
        .replace("%2F", "%2f")
        .replace("%3D", "%3d")
        .replace("%2B", "%2b")
        .replace("%3C", "%3c")
        .replace("%3E", "%3e")
        .replace("%5C", "%5c");
    vec![
        text.to_owned(),
        percent(text),
        lower,
        percent(&percent(text)),
        xml(text),
        json(text),
        json(text).replace('/', "\\/"),
        STANDARD.encode(text),
        hex(text, ""),
        hex(text, "").to_uppercase(),
        hex(text, " "),
        hex(text, " ").to_uppercase(),
    ]
}

fn percent(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

/// The text within a JSON string.
fn json(text: &str) -> String {
    serde_json::to_string(text)
        .unwrap()
        .trim_matches('"')
        .to_owned()
}

fn hex(text: &str, separator: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(separator)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// Every file, as it is, and every body of the database, unpacked.
fn everything_written(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut written = Vec::new();
    let mut directories = vec![world.home().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                written.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    for row in world.select("SELECT template_id, codec, data FROM body_template") {
        let [Value::Integer(id), Value::Integer(codec), Value::Blob(data)] = &row[..] else {
            panic!("{row:?} is no template");
        };
        let body = match codec {
            0 => data.clone(),
            _ => zstd::decode_all(&data[..]).unwrap(),
        };
        written.push((format!("body template {id}"), body));
    }
    written
}

/// What every export and the commands for people print.
fn exports(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut printed = Vec::new();
    for dataset in &DATASETS {
        let ended = world
            .run(&["export", dataset.view, "--format", "jsonl"])
            .expect(0);
        printed.push((
            format!("export {}", dataset.view),
            ended.stdout.into_bytes(),
        ));
    }
    printed.push((
        "status".to_owned(),
        world.run(&["status"]).expect(0).stdout.into_bytes(),
    ));
    printed
}
