//! Several accounts in one run: each on its own, whatever becomes of the others.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use optrail::sandbox::scenario::{READER_ROLE, accounts};
use optrail::sandbox::{DEFAULT_ACCOUNT_ID, Key, RateKind, RateLimit, Role};
use serde_json::Value;

use crate::oracle::{assert_batches, assert_cadt, assert_ros};
use crate::scene::{
    OWN, cadt, configure, configured, ended, endpoints, key_of, last_task, of, profile,
    real_time_world, ros, stack_groups, watch,
};
use crate::world::{Ended, World};

/// Accounts beside the one of the world's own key.
const SECOND: &str = "1900000000000001";
const THIRD: &str = "1900000000000002";

/// Operations of each account.
const OPERATIONS: usize = 30;

/// How much longer a good account may take because of others, in real time: the machine is shared.
const SLACK: Duration = Duration::from_secs(3);

/// Puts operations into an account and watches them for a label; tells nothing: the oracle finds them.
fn fill(world: &World, account_id: &str, label: &str) {
    for _ in 0..OPERATIONS {
        let id = world.cloud.add_ros_operation(ended(world, account_id, 60));
        watch(world, of(label, ros(&id)));
    }
}

/// A run in which every account is at the same address.
fn collect(world: &World, more: &[&str]) -> (Ended, Value) {
    collect_at(world, true, more)
}

/// A run in which the configuration says where each account is.
fn collect_each(world: &World, more: &[&str]) -> (Ended, Value) {
    collect_at(world, false, more)
}

fn collect_at(world: &World, is_one_for_all: bool, more: &[&str]) -> (Ended, Value) {
    let summary = world.home().join("summary.json");
    let _ = fs::remove_file(&summary);
    let mut arguments = vec!["collect", "--summary", summary.to_str().unwrap()];
    arguments.extend(more);
    let mut command = configured(world, &arguments);
    if !is_one_for_all {
        command.env_remove("OPTRAIL_ENDPOINT");
    }
    let ended = Ended::of(command.output().unwrap());
    let line = fs::read_to_string(&summary).unwrap();
    (ended, serde_json::from_str(&line).unwrap())
}

/// How long the requests of an account took in a run, from the beginning of the run on.
fn took(world: &World, account_id: &str, run_id: i64) -> Duration {
    let ms = world.number(&format!(
        "SELECT CAST(round((julianday(max(q.received_at)) - julianday(r.started_at)) * 86400000) AS INTEGER) \
         FROM requests q JOIN collection_runs r ON r.run_id = q.run_id \
         WHERE q.account_id = '{account_id}' AND q.run_id = {run_id}"
    ));
    Duration::from_millis(ms.try_into().unwrap())
}

/// The errors of a summary: account and outcome, each once, in order.
fn errors(summary: &Value) -> Vec<String> {
    let entries = summary["errors"].as_array().unwrap();
    let mut told: Vec<String> = entries
        .iter()
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap_or("-").to_owned();
            format!("{} {}", text("account"), text("outcome"))
        })
        .collect();
    told.sort();
    told.dedup();
    told
}

#[test]
fn a_wrong_key_and_hard_throttling_neither_delay_nor_hide_the_good_account() {
    let world = real_time_world(21);
    let wrong = Key {
        access_key_secret: "notTheSecret".to_owned(),
        ..key_of(&world, SECOND)
    };
    let throttled = key_of(&world, THIRD);
    let only_good = "[[account]]\nname = \"good\"\nprofile = \"good\"\n";
    let all = format!(
        "{only_good}[[account]]\nname = \"wrong\"\nprofile = \"wrong\"\n\
         [[account]]\nname = \"slow\"\nprofile = \"slow\"\n"
    );
    let profiles = vec![
        profile("good", &world.key),
        profile("wrong", &wrong),
        profile("slow", &throttled),
    ];
    fill(&world, OWN, "good");
    configure(&world, profiles.clone(), only_good);
    let (ended, _) = collect(&world, &[]);
    ended.expect_silence();
    let alone = took(&world, OWN, 1);

    fill(&world, SECOND, "wrong");
    fill(&world, THIRD, "slow");
    let mut none = RateLimit::new(1, RateKind::FixedWindow).of_account(THIRD);
    none.hint_one_in = 0;
    world.cloud.limit(none);
    configure(&world, profiles, &all);
    let (ended, summary) = collect(&world, &["--recheck", "--deadline", "6s"]);
    let ended = ended.expect(4);
    assert!(
        took(&world, OWN, 2) < alone + SLACK,
        "{:?}",
        took(&world, OWN, 2)
    );
    assert_ros(&world, OWN, |_| true);
    assert_ros(&world, SECOND, |_| false);
    let told = errors(&summary);
    assert!(
        told.iter().any(|line| line.starts_with("wrong ")),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|line| line.starts_with("good ")),
        "{told:?}"
    );
    let codes: Vec<&Value> = summary["errors"].as_array().unwrap().iter().collect();
    assert!(
        codes
            .iter()
            .any(|e| e["account"] == "wrong" && e["code"] == "SignatureDoesNotMatch"),
        "{codes:?}"
    );
    assert!(
        ended.stderr.contains("SignatureDoesNotMatch"),
        "{}",
        ended.stderr
    );
    assert!(summary["throttled"].as_i64().unwrap() > 0, "{summary}");
    // What the throttled account did not get in time is deferred or told, and comes later.
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 0"),
        0
    );
    world.cloud.clear_limits();
    let (ended, _) = collect(&world, &[]);
    ended.expect(4);
    assert_ros(&world, THIRD, |_| true);
    assert_eq!(
        world.lines("SELECT DISTINCT run_id, account_id FROM requests WHERE account_id IS NOT NULL ORDER BY 1, 2"),
        [
            format!("1,{OWN}"),
            format!("2,{OWN}"),
            format!("2,{THIRD}"),
            format!("3,{THIRD}")
        ].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>()
    );
    world.verify();
}

#[test]
fn fault_52_an_account_behind_a_black_hole_delays_no_other() {
    let world = real_time_world(22);
    // Connections are taken, and nothing ever comes back.
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let hole = (hole.local_addr().unwrap(), hole);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let account = |name: &str, address: &str| {
        format!(
            "[[account]]\nname = \"{name}\"\nprofile = \"good\"\n{}",
            endpoints(address)
        )
    };
    let good = account("good", &world.endpoint());
    let profiles = vec![profile("good", &world.key)];
    fill(&world, OWN, "good");
    configure(&world, profiles.clone(), &good);
    let (ended, _) = collect_each(&world, &[]);
    ended.expect_silence();
    let alone = took(&world, OWN, 1);

    for label in ["hole", "closed"] {
        let id = world.cloud.add_ros_operation(ended_of_nobody(&world));
        watch(&world, of(label, ros(&id)));
    }
    let toml = [
        account("hole", &format!("http://{}", hole.0)),
        account("closed", &format!("http://{closed}")),
        good,
    ];
    configure(&world, profiles, &toml.concat());
    let begun = Instant::now();
    let (ended, summary) = collect_each(&world, &["--recheck"]);
    let ended = ended.expect(4);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
    assert!(took(&world, OWN, 2) < alone + SLACK);
    assert_ros(&world, OWN, |o| o.row_count() > 0);
    assert_eq!(errors(&summary), ["closed unreachable", "hole unreachable"]);
    assert!(ended.stderr.contains("unreachable"), "{}", ended.stderr);
    let gaps = "SELECT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(gaps), ["unreachable", "unreachable"]);
    world.verify();
}

fn ended_of_nobody(world: &World) -> optrail::sandbox::RosSpec {
    ended(world, SECOND, 0)
}

#[test]
fn an_account_that_cannot_be_made_stops_no_other() {
    let world = real_time_world(24);
    fill(&world, OWN, "good");
    fill(&world, SECOND, "bad");
    let good = format!(
        "[[account]]\nname = \"good\"\nprofile = \"good\"\n{}",
        endpoints(&world.endpoint())
    );
    let bad = format!(
        "[[account]]\nname = \"bad\"\nprofile = \"good\"\n{}",
        endpoints("no address at all")
    );
    let profiles = vec![profile("good", &world.key)];
    configure(&world, profiles.clone(), &format!("{bad}{good}"));
    let (ended, summary) = collect_each(&world, &[]);
    let ended = ended.expect(4);
    assert!(
        ended.stderr.contains("account 'bad': the endpoint of"),
        "{}",
        ended.stderr
    );
    assert_ros(&world, OWN, |_| true);
    assert_ros(&world, SECOND, |_| false);
    assert_eq!(errors(&summary), ["bad credential"]);
    let failed = i64::try_from(OPERATIONS).unwrap();
    assert_eq!(summary["watches_failed"], failed, "{summary}");
    world.verify();

    // Where no account is left, there is no run.
    configure(&world, profiles, &bad);
    let mut alone = configured(&world, &["collect"]);
    let said = Ended::of(alone.env_remove("OPTRAIL_ENDPOINT").output().unwrap()).expect(1);
    assert!(said.stderr.contains("account 'bad'"), "{}", said.stderr);
    assert_eq!(world.number("SELECT count(*) FROM collection_runs"), 1);
}

#[test]
fn where_every_account_is_refused_there_was_no_run_to_speak_of() {
    let world = real_time_world(23);
    let mut toml = String::new();
    let mut profiles = Vec::new();
    for (name, account_id) in [("one", OWN), ("two", SECOND), ("three", THIRD)] {
        let key = Key {
            access_key_secret: "notTheSecret".to_owned(),
            ..key_of(&world, account_id)
        };
        profiles.push(profile(name, &key));
        write!(
            toml,
            "[[account]]\nname = \"{name}\"\nprofile = \"{name}\"\n"
        )
        .unwrap();
        watch(&world, of(name, stack_groups("cn-hangzhou")));
    }
    configure(&world, profiles, &toml);
    let (ended, summary) = collect(&world, &[]);
    let ended = ended.expect(1);
    assert_eq!(summary["outcome"], "failed");
    let named = ["one", "two", "three"].map(|name| {
        errors(&summary)
            .iter()
            .any(|line| line.starts_with(&format!("{name} ")))
    });
    assert_eq!(named, [true; 3], "{summary}");
    assert!(!ended.stderr.is_empty());
    let gaps = "SELECT DISTINCT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(gaps), ["credential"]);
    world.verify();
}

/// Accounts of a list.
const LISTED: usize = 200;

#[test]
fn two_hundred_accounts_of_a_list_are_each_asked_under_their_own_identity() {
    let world = real_time_world(24);
    let ids: Vec<String> = (0..LISTED)
        .map(|number| match number {
            0 => DEFAULT_ACCOUNT_ID.to_owned(),
            _ => (1_900_000_000_000_000 + number).to_string(),
        })
        .collect();
    accounts(&world.cloud, &ids);
    let mut list = "account_id,name,owner,environment\n".to_owned();
    for (number, id) in ids.iter().enumerate() {
        writeln!(list, "{id},team-{number:03},Owner {number},test").unwrap();
    }
    fs::write(world.home().join("accounts.csv"), list).unwrap();
    let toml = "[[account]]\nids_file = \"accounts.csv\"\n\
                role_arn = \"acs:ram::{account_id}:role/optrail-reader\"\nprofile = \"base\"\n";
    let with_endpoint = format!("{toml}{}", endpoints(&world.endpoint()));
    configure(&world, vec![profile("base", &world.key)], &with_endpoint);
    for id in &ids {
        watch(&world, of(id, stack_groups("cn-hangzhou")));
        watch(&world, of(id, last_task(None)));
    }
    let truth = world.cloud.truth();
    for operation in &truth.bpstudio {
        let label = &operation.spec.account_id;
        watch(&world, of(label, cadt(&operation.operation_id)));
    }
    // One of them is refused: that is its affair alone.
    let refused = &ids[77];
    world
        .cloud
        .remove_role(&format!("acs:ram::{refused}:role/{READER_ROLE}"));

    let begun = Instant::now();
    let (ended, summary) = collect(&world, &["--deadline", "5m"]);
    let took = begun.elapsed();
    let ended = ended.expect(4);
    println!("{LISTED} accounts in {took:?}");
    assert!(took < Duration::from_secs(90), "{took:?}");
    for id in ids.iter().filter(|id| *id != refused) {
        assert_ros(&world, id, |_| true);
        assert_cadt(&world, id);
        let tasks = truth.batches.iter().filter(|t| t.spec.account_id == **id);
        let tasks: Vec<i64> = tasks.map(|task| task.task_id).collect();
        assert_batches(&world, id, &tasks);
    }
    assert_ros(&world, refused, |_| false);
    assert_eq!(errors(&summary), [format!("{refused} credential")]);
    assert!(ended.stderr.contains(refused.as_str()), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("EntityNotExist.Role"),
        "{}",
        ended.stderr
    );
    // Whose answer is whose: the identity of each account is its own role's.
    let identities = world.lines("SELECT label, account_id, arn FROM run_identity ORDER BY label");
    let mut expected: Vec<String> = ids
        .iter()
        .filter(|id| *id != refused)
        .map(|id| format!("{id},{id},acs:ram::{id}:assumed-role/{READER_ROLE}/optrail"))
        .collect();
    expected.sort();
    assert_eq!(identities, expected);
    let strange = "SELECT count(*) FROM requests r WHERE account_id IS NOT NULL AND caller_arn NOT LIKE \
                   'acs:ram::' || account_id || ':%'";
    assert_eq!(world.number(strange), 0);
    // One call for each role, and the base key is not asked for who it is two hundred times.
    assert_eq!(world.requests_of("AssumeRole"), LISTED);
    assert_eq!(world.requests_of("GetCallerIdentity"), LISTED - 1);
    world.verify();

    // The role is given back: the next run has everything.
    world
        .cloud
        .add_role(Role::new(refused, READER_ROLE, DEFAULT_ACCOUNT_ID));
    let (ended, _) = collect(&world, &[]);
    let told = ended.expect(0).stderr;
    assert!(
        told.contains(refused) && told.contains("again well"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_ros(&world, refused, |_| true);
    world.verify();
}
