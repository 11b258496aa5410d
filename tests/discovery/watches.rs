//! Watches without an operation: what makes two of them, what they find, and how a run is judged for them.

use optrail::evidence::leaf::{Watch, WatchChange};
use optrail::model::{ALL_REGIONS, Action, UtcMillis};
use optrail::record::PlanEntry;
use optrail::store::watches::{self, WatchTarget};
use serde_json::{Value, json};

use crate::scene::{
    LABEL, REGION, Scene, discovery, entry, for_watch, group, identity, last_task, operation,
    page_of, task,
};

fn missed(scene: &Scene) -> Vec<Vec<Value>> {
    scene.rows("SELECT watch_id, cause FROM missed_look ORDER BY run_id, watch_id")
}

fn part(region: &str, group: Option<&str>) -> PlanEntry {
    PlanEntry {
        group: group.map(str::to_owned),
        ..entry(1, &discovery(region))
    }
}

#[test]
fn watches_differ_in_what_they_follow() {
    let mut scene = Scene::new();
    let named = WatchTarget {
        names: vec!["net-*".to_owned()],
        ..discovery(REGION)
    };
    let since = WatchTarget {
        since: Some(UtcMillis(1)),
        ..discovery(REGION)
    };
    let targets = [
        discovery(REGION),
        discovery(ALL_REGIONS),
        named,
        since,
        last_task(None),
        last_task(Some("RR_ADD")),
        last_task(Some("RR_DEL")),
        task("7"),
    ];
    for (number, target) in (1..).zip(&targets) {
        assert_eq!(scene.add(target), (number, true), "{target:?}");
        assert_eq!(scene.add(target), (number, false), "{target:?}");
    }
    let rows = scene.ask(watches::all);
    let found: Vec<_> = rows.into_iter().map(|row| row.target).collect();
    assert_eq!(found, targets);
    scene.rederive();
}

#[test]
fn a_target_that_ever_had_a_watch_is_not_discovered_again() {
    let mut scene = Scene::new();
    scene.add(&discovery(REGION));
    let found = [operation("o1"), operation("o2"), operation("o1")];
    assert_eq!(scene.discover(1, &found), [Some(2), Some(3), None]);
    assert_eq!(scene.discover(1, &found), [None, None, None]);
    let given_up = Watch {
        watch: 2,
        change: WatchChange::Remove,
        ..scene.watch(&operation("o1"))
    };
    scene.recorder.remove_watch(given_up).unwrap();
    assert_eq!(
        scene.discover(1, &[operation("o1"), operation("o3")]),
        [None, Some(4)]
    );
    let rows = scene.ask(watches::to_be_asked);
    let parents: Vec<_> = rows.iter().map(|row| (row.watch_id, row.parent)).collect();
    assert_eq!(parents, [(1, None), (3, Some(1)), (4, Some(1))]);
    // By hand it can be taken up again.
    assert_eq!(scene.add(&operation("o1")), (5, true));
    scene.rederive();
}

#[test]
fn a_discovery_looked_well_when_every_part_did() {
    let mut scene = Scene::new();
    scene.add(&discovery(ALL_REGIONS));
    scene.begin(vec![part(ALL_REGIONS, None)]);
    scene.regions(1);
    scene.plan(vec![part(REGION, None)]);
    scene.groups(1, &[group("fd-a", "A", "ACTIVE")]);
    scene.plan(vec![part(REGION, Some("A"))]);
    // A torn list that was read again counts for nothing.
    let torn = scene.begin_list(Action::ListStackGroupOperations, "A");
    scene.page_fails(torn, 1, "ServiceUnavailable");
    scene.operations("A", &["o1"]);
    let end = scene.end();
    assert_eq!(
        (end.outcome.as_str(), end.watches_due, end.watches_polled),
        ("complete", 1, 1)
    );
    assert!(missed(&scene).is_empty());
    let watch = scene.rows("SELECT kind, state, last_outcome, account_id IS NULL FROM watches");
    assert_eq!(
        watch,
        [[
            json!("ros-stack-groups"),
            json!("active"),
            json!("ok"),
            json!(0)
        ]]
    );

    // A group that went between two calls is a fact.
    scene.begin(vec![part(REGION, Some("A"))]);
    let gone = scene.begin_list(Action::ListStackGroupOperations, "A");
    scene.page_fails(gone, 1, "StackGroupNotFound");
    assert_eq!(scene.end().outcome.as_str(), "complete");
    scene.rederive();
}

#[test]
fn a_discovery_that_missed_a_part_says_why() {
    let mut scene = Scene::new();
    scene.add(&discovery(ALL_REGIONS));
    let root = || vec![part(ALL_REGIONS, None)];

    // The first failing part names the cause.
    scene.begin(root());
    scene.regions(1);
    scene.plan(vec![part(REGION, None), part("cn-beijing", None)]);
    let listing = scene.begin_list(Action::ListStackGroups, "");
    scene.page_fails(listing, 1, "Throttling.User");
    let end = scene.end();
    assert_eq!((end.outcome.as_str(), end.watches_failed), ("partial", 1));
    // Pages answered, and the list torn.
    scene.begin(root());
    scene.regions(1);
    scene.plan(vec![part(REGION, None)]);
    let listing = scene.groups(5, &[group("fd-a", "A", "ACTIVE")]);
    scene.page(listing, 2, &page_of("StackGroups", 2, 5, &[]));
    scene.end();
    // A part without its turn.
    scene.begin(root());
    scene.regions(1);
    scene.plan(vec![part(REGION, None)]);
    assert_eq!(scene.end_because("deadline").watches_deferred, 1);
    // Refused at the root: nothing was answered at all.
    scene.begin(root());
    let refusal = json!({"RequestId": "R", "Code": "NoPermission", "Message": "no"});
    scene.call(for_watch(Action::DescribeRegions, 1), 403, &refusal);
    assert_eq!(scene.end().outcome.as_str(), "failed");
    // Dead after the root: what it had yet to find is not known.
    scene.begin(root());
    scene.regions(1);
    scene.begin(root());
    scene.regions(1);
    scene.end();
    let causes: Vec<_> = missed(&scene)
        .into_iter()
        .map(|row| row[1].clone())
        .collect();
    assert_eq!(
        causes,
        [
            "throttled",
            "incomplete_listing",
            "deferred",
            "denied",
            "aborted"
        ]
    );
    scene.rederive();
}

#[test]
fn a_list_that_was_cut_is_not_called_incomplete() {
    let mut scene = Scene::new();
    scene.add(&discovery(REGION));
    let half = [group("fd-a", "A", "ACTIVE"), group("fd-b", "B", "ACTIVE")];
    let ends = ["SIGTERM", "SIGINT", "error: disk full", "deadline"];
    for (end, half) in ends
        .iter()
        .flat_map(|end| [(*end, None), (*end, Some(&half))])
    {
        scene.begin(vec![part(REGION, None)]);
        match half {
            Some(half) => drop(scene.groups(5, half)),
            None => drop(scene.begin_list(Action::ListStackGroups, "")),
        }
        scene.end_because(end);
    }
    let causes: Vec<_> = missed(&scene)
        .into_iter()
        .map(|row| row[1].clone())
        .collect();
    let (cut, late) = (json!("aborted"), json!("deferred"));
    assert_eq!(causes[..6], vec![cut; 6]);
    assert_eq!(causes[6..], vec![late; 2]);
    scene.rederive();
}

#[test]
fn the_last_task_is_looked_at_for_its_watch() {
    let mut scene = Scene::new();
    scene.add(&last_task(Some("RR_ADD")));
    scene.add(&last_task(None));
    let plan = || {
        vec![
            entry(1, &last_task(Some("RR_ADD"))),
            entry(2, &last_task(None)),
        ]
    };
    scene.begin(plan());
    let count = |watch| for_watch(Action::DescribeBatchResultCount, watch);
    let task = json!({"RequestId": "R", "TaskId": 7, "Status": 1, "TotalCount": 1});
    scene.call(count(1), 200, &task);
    let none = json!({"RequestId": "R", "Status": -1});
    scene.call(count(2), 200, &none);
    assert_eq!(scene.end().outcome.as_str(), "complete");
    // The task is another's matter: these watches go on.
    assert_eq!(
        scene.rows("SELECT batch_type, state, last_outcome FROM watches ORDER BY watch_id"),
        [
            [json!("RR_ADD"), json!("active"), json!("ok")],
            [json!(null), json!("active"), json!("ok")]
        ]
    );
    assert_eq!(
        scene.rows("SELECT operation_id FROM batches"),
        [[json!("7")]]
    );
    let last = scene.ask(watches::to_be_asked);
    assert!(
        last.iter()
            .all(|row| row.last_sequence.is_some() && row.op.is_none())
    );

    scene.begin(plan());
    scene.call(count(1), 200, &task);
    scene.end();
    assert_eq!(missed(&scene), [[json!(2), json!("deferred")]]);
    scene.rederive();
}

#[test]
fn refused_credentials_are_those_of_their_label() {
    let mut scene = Scene::new();
    let other = |target: WatchTarget| WatchTarget {
        label: "other".to_owned(),
        ..target
    };
    scene.add(&discovery(REGION));
    scene.add(&other(discovery(REGION)));
    scene.add(&other(operation("o1")));
    scene.begin_unknown(vec![
        part(REGION, None),
        entry(2, &other(discovery(REGION))),
        entry(3, &other(operation("o1"))),
    ]);
    let refusal = json!({"RequestId": "R", "Code": "InvalidAccessKeyId.NotFound", "Message": "no"});
    scene.call(identity("other"), 404, &refusal);
    scene.identify(LABEL, "1234567890123456");
    scene.groups(0, &[]);
    let end = scene.end();
    assert_eq!(end.outcome.as_str(), "partial");
    assert_eq!(
        missed(&scene),
        [
            [json!(2), json!("credential")],
            [json!(3), json!("credential")]
        ]
    );
    scene.rederive();
}
