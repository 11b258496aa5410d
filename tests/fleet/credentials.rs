//! Credentials that end, are refused, or are suddenly another account's, in the middle of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use optrail::sandbox::scenario::READER_ROLE;
use optrail::sandbox::{Metadata, Role, World as Cloud};

use crate::oracle::assert_ros;
use crate::scene::{
    OWN, by_role, by_uri, configure, configured, ended, key_of, of, patient, profile,
    real_time_world, ros, watch,
};
use crate::world::{Ended, World};

/// Pages of the large operation: 50 results each.
const PAGES: usize = 2_000;

/// An account that nobody meant.
const OTHER: &str = "1900000000000009";

fn reader_role(world: &World) -> String {
    world.cloud.add_role(Role::new(OWN, READER_ROLE, OWN))
}

/// A stack-group operation of so many results, watched.
fn large(world: &World, rows: u32) -> String {
    let id = world.cloud.add_ros_operation(ended(world, OWN, rows));
    watch(world, ros(&id));
    id
}

/// Does something to the cloud each time when so many more pages were answered, as long as it is wanted.
fn now_and_then(
    cloud: &Arc<Cloud>,
    pages: usize,
    does: impl Fn(&Cloud) + Send + 'static,
) -> Ending {
    let is_over = Arc::new(AtomicBool::new(false));
    let (over, cloud) = (Arc::clone(&is_over), Arc::clone(cloud));
    let thread = thread::spawn(move || {
        let mut next = pages;
        while !over.load(Ordering::Relaxed) {
            let counts = cloud.counts();
            let answered: u64 = counts
                .iter()
                .filter(|((_, action), _)| action == "ListStackGroupOperationResults")
                .map(|(_, count)| count)
                .sum();
            if answered >= next as u64 {
                does(&cloud);
                next += pages;
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
    Ending {
        is_over,
        thread: Some(thread),
    }
}

/// Ends what goes on beside a run.
struct Ending {
    is_over: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// How often each page was asked of the cloud, and how often it was answered.
fn pages_answered(world: &World) -> Vec<(u32, usize)> {
    let mut answered = BTreeMap::new();
    for request in world.cloud.requests() {
        if request.action != "ListStackGroupOperationResults" {
            continue;
        }
        let page = request
            .parameters
            .iter()
            .find(|(name, _)| name == "PageNumber");
        let page: u32 = page.unwrap().1.parse().unwrap();
        *answered.entry(page).or_insert(0) += usize::from(request.http_status == Some(200));
    }
    answered.into_iter().collect()
}

#[test]
fn fault_44_tokens_that_end_in_the_middle_of_two_thousand_pages_lose_nothing() {
    let world = World::with(31, |_| {});
    world.cloud.keep_all_logs();
    let role = reader_role(&world);
    large(&world, u32::try_from(PAGES * 50).unwrap());
    let expiring = now_and_then(&world.cloud, 300, |cloud| cloud.expire_credentials(OWN));
    let end = world.collect_within(&by_role(&world, &role), &patient());
    drop(expiring);
    assert_eq!(
        (end.row.outcome.as_str(), end.failures.len()),
        ("complete", 0),
        "{:?}",
        end.failures
    );
    assert_ros(&world, OWN, |_| true);
    let answered = pages_answered(&world);
    assert_eq!(answered.len(), PAGES);
    let again: Vec<_> = answered.iter().filter(|(_, times)| *times != 1).collect();
    assert!(
        again.is_empty(),
        "answered and asked again, or never: {again:?}"
    );
    let refused = "SELECT count(*) FROM requests WHERE error_code = 'InvalidSecurityToken.Expired'";
    assert!(world.number(refused) > 0, "no token ended");
    let fetched = world.requests_of("AssumeRole");
    assert!((3..=10).contains(&fetched), "{fetched} tokens for six ends");
    world.verify();
}

#[test]
fn fault_44_a_refresh_that_is_refused_is_told_and_the_next_run_is_well() {
    let world = World::with(32, |_| {});
    let role = reader_role(&world);
    large(&world, 10_000);
    let arn = role.clone();
    let refusing = now_and_then(&world.cloud, 50, move |cloud| {
        cloud.remove_role(&arn);
        cloud.expire_credentials(OWN);
    });
    let collector = by_role(&world, &role);
    let end = world.collect_within(&collector, &patient());
    drop(refusing);
    assert_eq!(end.row.outcome.as_str(), "partial", "{:?}", end.failures);
    let of_account: Vec<&str> = end.failures.iter().map(|failure| failure.outcome).collect();
    assert!(of_account.contains(&"credential"), "{:?}", end.failures);
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 0"),
        0
    );
    let cause = "SELECT DISTINCT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(cause), ["credential"]);
    reader_role(&world);
    let end = world.collect_within(&by_role(&world, &role), &patient());
    assert_eq!(
        (end.row.outcome.as_str(), end.failures.len()),
        ("complete", 0)
    );
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

#[test]
fn fault_44_a_refresh_that_answers_as_another_account_stops_that_account() {
    let world = World::with(33, |_| {});
    let own = reader_role(&world);
    let theirs = world.cloud.add_role(Role::new(OTHER, READER_ROLE, OTHER));
    let id = large(&world, 10_000);
    // The other account has an operation of that id, too: what its answers say must not be taken for ours.
    let mut twin = ended(&world, OTHER, 3_000);
    twin.operation_id = Some(id.clone());
    world.cloud.add_ros_operation(twin);
    world.cloud.set_metadata(Some(Metadata::of(own)));
    let swapping = now_and_then(&world.cloud, 50, move |cloud| {
        cloud.set_metadata(Some(Metadata::of(theirs.clone())));
        cloud.expire_credentials(OWN);
    });
    let end = world.collect_within(&by_uri(&world), &patient());
    drop(swapping);
    assert_eq!(end.row.outcome.as_str(), "partial", "{:?}", end.failures);
    let told = end.failures.iter().find(|failure| failure.action.is_none());
    let told = told
        .and_then(|failure| failure.message.clone())
        .unwrap_or_default();
    assert!(
        told.contains(OTHER) && told.contains(OWN),
        "{:?}",
        end.failures
    );
    // The other account was asked for its name, and nothing else.
    let looks = world.cloud.truth().looks;
    let strange: Vec<_> = looks
        .iter()
        .filter(|look| look.account_id == OTHER)
        .map(|look| look.action)
        .collect();
    assert_eq!(strange, ["GetCallerIdentity"]);
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 0"),
        0
    );
    let cause = "SELECT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(cause), ["credential"]);
    world.verify();
    // The next run knows whose account it was, and asks nothing either.
    let end = world.collect_within(&by_uri(&world), &patient());
    assert_eq!(end.row.outcome.as_str(), "failed");
    let accounts = "SELECT DISTINCT account_id FROM operations";
    assert_eq!(world.lines(accounts), [OWN]);
    world.verify();
}

#[test]
fn a_profile_that_answers_as_another_account_is_asked_nothing_until_it_is_accepted() {
    let world = real_time_world(34);
    let id = large(&world, 60);
    world.run(&["collect"]).expect_silence();
    let mut twin = ended(&world, OTHER, 3);
    twin.operation_id = Some(id.clone());
    world.cloud.add_ros_operation(twin);
    key_of(&world, OTHER);
    world.cloud.answer_as(&world.key.access_key_id, OTHER);
    let before = world.requests_of("GetStackGroupOperation");
    let told = world.run(&["collect", "--recheck"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(
        told.stderr.contains(OTHER) && told.stderr.contains(OWN),
        "{told:?}"
    );
    // It lasts, and was told.
    let again = world.run(&["collect", "--recheck"]);
    assert_eq!((again.code, &*again.stderr), (Some(1), ""));
    assert_eq!(world.requests_of("GetStackGroupOperation"), before);
    assert_eq!(
        world.lines("SELECT DISTINCT account_id FROM operations"),
        [OWN]
    );
    // It is meant: the same watch is another operation there.
    world
        .run(&["collect", "--account", OTHER, "--recheck"])
        .expect(0);
    assert_eq!(
        world.lines("SELECT account_id, total_count FROM operations ORDER BY 1"),
        [format!("{OWN},60"), format!("{OTHER},3")].map(|line| line)
    );
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 0"),
        0
    );
    world.verify();
}

#[test]
fn an_account_of_the_configuration_that_answers_as_another_is_told_and_the_rest_goes_on() {
    let world = real_time_world(35);
    let other = key_of(&world, OTHER);
    let toml = format!(
        "[[account]]\nname = \"mine\"\nprofile = \"mine\"\naccount_id = \"{OWN}\"\n\
         [[account]]\nname = \"theirs\"\nprofile = \"theirs\"\n"
    );
    let profiles = vec![profile("mine", &world.key), profile("theirs", &other)];
    configure(&world, profiles, &toml);
    for (label, account) in [("mine", OWN), ("theirs", OTHER)] {
        let id = world.cloud.add_ros_operation(ended(&world, account, 60));
        watch(&world, of(label, ros(&id)));
    }
    let run = |code| {
        let mut command = configured(&world, &["collect", "--recheck"]);
        let ended = Ended::of(command.output().unwrap());
        ended.expect(code)
    };
    run(0);
    world
        .cloud
        .answer_as(&world.key.access_key_id, "1900000000000777");
    let ended = run(4);
    assert!(ended.stderr.contains("1900000000000777"), "{ended:?}");
    assert_ros(&world, OWN, |_| true);
    assert_ros(&world, OTHER, |_| true);
    let accounts = "SELECT DISTINCT account_id FROM operations ORDER BY 1";
    assert_eq!(world.lines(accounts), [OWN, OTHER]);
    world.verify();
}
