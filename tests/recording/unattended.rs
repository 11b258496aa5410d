//! A collector that nobody sits before: what it says, leaves behind for machines, and does when told to go on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use optrail::model::Service;
use optrail::sandbox::{Fault, FaultKind};
use serde_json::Value;

use crate::world::{Ended, MINUTE_MS, World, running, signal, wait_until};

/// How soon a signal ends a wait.
const SIGNAL_PATIENCE: Duration = Duration::from_secs(1);

/// An operation that ends after a minute.
fn add_short(world: &World) -> String {
    let mut spec = running(world, 0);
    spec.status = spec.status.then(MINUTE_MS, "SUCCEEDED".into());
    world.add_ros(spec)
}

#[test]
fn a_dry_run_says_what_and_why_and_does_nothing() {
    let world = World::for_program(40);
    let id = world.add_ros(running(&world, 1));
    world.watch(Service::Bpstudio, "op-1");
    // The rows of the last watch are derived.
    drop(world.recorder().read_blocking(|_| Ok(())));
    let leaves = world.number("SELECT count(*) FROM leaf");
    let ended = world.run(&["collect", "--dry-run"]).expect(0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ended.stdout);
    assert!(lines[2].contains("op-1") && lines[2].contains("expires by 20"));
    assert!(lines[3].contains(&id) && lines[3].contains("new"));
    assert_eq!(world.cloud.requests().len(), 0);
    assert_eq!(world.number("SELECT count(*) FROM leaf"), leaves);
}

#[test]
fn following_ends_when_nothing_goes_on() {
    let world = World::for_program(41);
    add_short(&world);
    let follow = world.start(&["collect", "--follow", "--every", "50ms", "--summary", "-"]);
    world.wait_for_requests(4);
    world.clock.advance_ms(i64::from(MINUTE_MS));
    let ended = Ended::of(follow.wait_with_output().unwrap()).expect(0);
    let runs = i64::try_from(ended.stdout.lines().count()).unwrap();
    assert!(runs >= 2, "{}", ended.stdout);
    assert_eq!(world.number("SELECT count(*) FROM collection_runs"), runs);
    assert_eq!(world.lines("SELECT state FROM watches"), ["settled"]);
    world.verify();
}

#[test]
fn what_was_lost_on_the_way_is_not_forgotten_at_the_end() {
    let world = World::for_program(42);
    add_short(&world);
    world.watch(Service::Ros, "00000000-0000-4000-8000-000000000000");
    world.clock.advance_ms(i64::from(MINUTE_MS));
    let follow = ["collect", "--follow", "--every", "10ms"];
    world.run(&follow).expect(4);
    assert_eq!(world.number("SELECT count(*) FROM collection_runs"), 3);
    world.verify();
}

#[test]
fn a_signal_ends_the_wait_between_runs() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let world = World::for_program(43);
        world.add_ros(running(&world, 0));
        let follow = world.start(&["collect", "--follow", "--every", "1h"]);
        wait_until("the first run ends", || {
            world.database().exists()
                && world.number("SELECT count(*) FROM leaf") > 0
                && world.number("SELECT count(*) FROM collection_runs WHERE ended_at IS NOT NULL")
                    == 1
        });
        let begun = Instant::now();
        signal(&follow, name);
        Ended::of(follow.wait_with_output().unwrap()).expect(code);
        assert!(begun.elapsed() < SIGNAL_PATIENCE);
        world.verify();
    }
}

#[test]
fn a_signal_ends_the_wait_before_a_repeat() {
    let world = World::for_program(44);
    world.add_ros(running(&world, 0));
    let busy = Fault::times(
        FaultKind::Throttle {
            retry_after_ms: None,
        },
        1_000,
    );
    world.cloud.script(busy.on_action("GetStackGroupOperation"));
    let collector = world.start(&["collect"]);
    wait_until("it was throttled a few times", || {
        world.requests_of("GetStackGroupOperation") >= 3
    });
    let begun = Instant::now();
    signal(&collector, "TERM");
    Ended::of(collector.wait_with_output().unwrap()).expect(143);
    assert!(begun.elapsed() < SIGNAL_PATIENCE);
    world.verify();
}

/// The samples of a text in the format of Prometheus.
fn samples(text: &str) -> Vec<(String, f64)> {
    let mut typed = Vec::new();
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("# TYPE ") {
            let (name, kind) = words.split_once(' ').unwrap();
            assert!(["gauge", "counter"].contains(&kind));
            assert!(!typed.contains(&name.to_owned()), "{name} twice");
            typed.push(name.to_owned());
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            assert_eq!(typed.last().map(String::as_str), Some(name));
            samples.push((series.to_owned(), value.parse().unwrap()));
        }
    }
    samples
}

#[test]
fn metrics_are_written_whole_and_for_everybody() {
    let world = World::for_program(45);
    world.add_ros(running(&world, 1));
    world.watch(Service::Bpstudio, "op_long_gone");
    let file = world.home().join("optrail.prom");
    let typed = ["collect", "--metrics", file.to_str().unwrap()];
    world.run(&typed).expect(4);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let samples = samples(&fs::read_to_string(&file).unwrap());
    let of = |name: &str| {
        let found = samples.iter().find(|(series, _)| series == name);
        found.unwrap_or_else(|| panic!("no {name}")).1
    };
    for (name, expected) in [
        ("optrail_last_run_id", 1.0),
        ("optrail_last_collect_exit_code", 4.0),
        ("optrail_last_run_outcome{outcome=\"partial\"}", 1.0),
        ("optrail_last_run_outcome{outcome=\"complete\"}", 0.0),
        ("optrail_last_run_watches{result=\"due\"}", 2.0),
        ("optrail_watches{state=\"active\"}", 1.0),
        ("optrail_watches{state=\"expired\"}", 1.0),
        ("optrail_watches_failing{account=\"default\"}", 0.0),
        ("optrail_expired_unseen_total", 1.0),
        ("optrail_last_success_timestamp_seconds", 0.0),
    ] {
        assert!((of(name) - expected).abs() < 1e-9, "{name}: {}", of(name));
    }
    assert!(of("optrail_database_bytes") > 0.0 && of("optrail_disk_free_bytes") > 0.0);
    // Also after a run that could not go on.
    let mut command = world.optrail(&typed);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "notTheSecretOfNobody");
    Ended::of(command.output().unwrap()).expect(1);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("optrail_last_run_outcome{outcome=\"failed\"} 1"));
}

#[test]
fn a_command_at_the_end_gets_the_summary_and_no_key() {
    let world = World::for_program(46);
    world.add_ros(running(&world, 1));
    let (summary, env) = (world.home().join("summary"), world.home().join("env"));
    let command = format!(
        "cat > {}; env > {}; exit 3",
        summary.display(),
        env.display()
    );
    let mut collect = world.optrail(&["collect", "--on-end", &command]);
    collect.env("PATH", std::env::var("PATH").unwrap());
    let ended = Ended::of(collect.output().unwrap()).expect(0);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("--on-end") && ended.stderr.contains('3'));
    let line: Value = serde_json::from_str(&fs::read_to_string(summary).unwrap()).unwrap();
    assert_eq!(line["outcome"], "complete");
    let env = fs::read_to_string(env).unwrap();
    for set in [
        "OPTRAIL_RUN_ID=1",
        "OPTRAIL_OUTCOME=complete",
        "OPTRAIL_EXIT=0",
    ] {
        assert!(env.lines().any(|line| line == set), "{env}");
    }
    assert!(!env.contains("ALIBABA") && !env.contains(&world.key.access_key_secret));
}

#[test]
fn fault_25_a_collector_that_met_the_lock_is_in_the_log() {
    let world = World::for_program(47);
    world.add_ros(running(&world, 1));
    let held = Fault::once(FaultKind::Hang { ms: 3_000 });
    world.cloud.script(held.on_action("GetCallerIdentity"));
    let first = world.start(&["collect"]);
    world.wait_for_requests(1);
    Ended::of(world.optrail(&["collect"]).output().unwrap()).expect(5);
    Ended::of(first.wait_with_output().unwrap()).expect_silence();
    assert_eq!(world.lines("SELECT cause FROM run_skipped"), ["locked"]);
    world.verify();
}

#[test]
fn a_failure_is_told_when_it_begins_and_when_it_ends() {
    let world = World::for_program(48);
    let id = world.add_ros(running(&world, 1));
    for _ in 0..3 {
        let refused = Fault::once(FaultKind::Denied).on_operation(&id);
        world
            .cloud
            .script(refused.on_action("GetStackGroupOperation"));
    }
    let first = world.run(&["collect"]).expect(1);
    assert!(first.stderr.contains(&id) && first.stderr.lines().count() == 1);
    assert_eq!(world.run(&["collect"]).expect(1).stderr, "");
    let verbose = world.run(&["collect", "-v"]).expect(1);
    assert!(verbose.stderr.contains("denied"), "{}", verbose.stderr);
    let well = world.run(&["collect"]).expect(0);
    assert!(well.stderr.contains(&id) && well.stderr.contains("again well after"));
    world.run(&["collect"]).expect_silence();
    world.verify();
}

#[test]
fn a_configuration_alone_and_next_to_no_environment_will_do() {
    let world = World::for_program(49);
    let id = world.cloud.add_ros_operation(running(&world, 2));
    let config = world.home().join("optrail.toml");
    let text = format!(
        "database = \"{}\"\n[state]\ndirectory = \"{}\"\n[collect]\nevery = \"5m\"\ndeadline = \"20s\"\nconcurrency = 3\n\
         [[account]]\nname = \"prod\"\n[[account.watch]]\nkind = \"ros\"\nregion = \"cn-hangzhou\"\nids = [\"{id}\"]\n",
        world.database().display(),
        world.home().join("state").display()
    );
    fs::write(&config, &text).unwrap();
    let collect = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_optrail"));
        let key = &world.key;
        command
            .env_clear()
            .env("TZ", "Nowhere/Atall")
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", &key.access_key_id)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &key.access_key_secret)
            .current_dir("/")
            .args(["--config", config.to_str().unwrap()])
            .args(["--endpoint", &world.endpoint(), "collect"])
            .args(arguments)
            .stdin(Stdio::null());
        if let Some(token) = &key.security_token {
            command.env("ALIBABA_CLOUD_SECURITY_TOKEN", token);
        }
        Ended::of(command.output().unwrap())
    };
    let preview = collect(&["--dry-run"]).expect(0);
    assert!(preview.stdout.contains(&id) && !world.database().exists());
    collect(&[]).expect_silence();
    collect(&[]).expect_silence();
    let run = "SELECT every_ms, watches_due, outcome FROM collection_runs";
    assert_eq!(world.lines(run), ["300000,1,complete"; 2]);
    assert_eq!(
        world.lines("SELECT label, origin FROM watches"),
        ["prod,configuration"]
    );
    assert_eq!(world.number("SELECT count(*) FROM config"), 1);
    // What is gone from the configuration is given up.
    let (kept, _) = text.split_once("[[account.watch]]").unwrap();
    fs::write(&config, kept).unwrap();
    collect(&[]).expect(0);
    assert_eq!(world.lines("SELECT state FROM watches"), ["removed"]);
    world.verify();
}

#[test]
fn a_summary_that_cannot_be_written_leaves_no_run_unsealed() {
    let world = World::for_program(50);
    world.add_ros(running(&world, 1));
    let line = world.home().join("line");
    let typed = [
        "collect",
        "--summary",
        "/nowhere/at/all",
        "--checkpoint-line",
    ];
    let ended = world
        .run(&[&typed[..], &[line.to_str().unwrap()]].concat())
        .expect(1);
    assert!(
        ended.stderr.contains("cannot append the summary"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        world.number("SELECT max(size) FROM checkpoint"),
        world.number("SELECT count(*) FROM leaf")
    );
    assert_eq!(fs::read_to_string(line).unwrap().lines().count(), 1);
    world.verify();
}

#[test]
fn a_key_that_cannot_be_used_is_told_when_that_begins_and_ends() {
    let world = World::for_program(51);
    world.add_ros(running(&world, 1));
    world.run(&["collect"]).expect_silence();
    let mut logs = fs::read_dir(world.home().join("state/optrail")).unwrap();
    let key = logs.next().unwrap().unwrap().path().join("key");
    let away = world.home().join("key");
    fs::rename(&key, &away).unwrap();
    let first = world.run(&["collect"]).expect(4);
    assert_eq!(first.stderr.lines().count(), 1, "{}", first.stderr);
    assert!(
        first.stderr.contains("not sealed by a checkpoint: the key"),
        "{}",
        first.stderr
    );
    assert_eq!(world.run(&["collect"]).expect(4).stderr, "");
    let verbose = world.run(&["collect", "-v"]).expect(4);
    assert!(verbose.stderr.contains("not sealed"), "{}", verbose.stderr);
    fs::rename(&away, &key).unwrap();
    let well = world.run(&["collect"]).expect(0);
    assert!(
        well.stderr.contains("the seal: again well after"),
        "{}",
        well.stderr
    );
    world.run(&["collect"]).expect_silence();
    world.verify();
}
