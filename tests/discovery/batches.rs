//! Rows of DNS batch tasks, and when a task is asked no more.

use optrail::model::Action;
use optrail::store::page_listings;
use serde_json::json;

use crate::scene::{Scene, entry, rows_of, task};

const DETAIL: Action = Action::DescribeBatchResultDetail;

fn state(scene: &Scene) -> String {
    let row = scene.rows("SELECT state FROM watches WHERE watch_id = 1");
    row[0][0].as_str().unwrap().to_owned()
}

#[test]
fn a_task_is_settled_once_its_rows_were_listed_completely() {
    let mut scene = Scene::new();
    let (watch, _) = scene.add(&task("7"));
    let plan = vec![entry(watch, &task("7"))];

    scene.begin(plan.clone());
    scene.count("7", 0);
    assert_eq!(scene.end().outcome.as_str(), "complete");
    assert_eq!(state(&scene), "active");

    // Ended, and nothing listed: no missed look, and yet not all that was to be read.
    scene.begin(plan.clone());
    scene.count("7", 1);
    let end = scene.end();
    assert_eq!(
        (
            end.outcome.as_str(),
            end.watches_failed,
            end.counts.listings_incomplete
        ),
        ("partial", 0, 1)
    );
    assert_eq!(state(&scene), "active");

    // Torn.
    scene.begin(plan.clone());
    scene.count("7", 1);
    let torn = scene.begin_list(DETAIL, "7");
    scene.page(torn, 1, &rows_of(1, 3, &["a", "a"]));
    scene.page_fails(torn, 2, "Throttling.User");
    let end = scene.end();
    assert_eq!(
        (end.outcome.as_str(), end.counts.listings_incomplete),
        ("partial", 1)
    );
    assert!(scene.rows("SELECT 1 FROM batch_details").is_empty());

    // Whole: equal rows are rows of their own.
    scene.begin(plan.clone());
    scene.count("7", 1);
    let whole = scene.begin_list(DETAIL, "7");
    scene.page(whole, 2, &rows_of(2, 3, &["b"]));
    scene.page(whole, 1, &rows_of(1, 3, &["a", "a"]));
    assert_eq!(
        scene.ask(move |db| page_listings::verdict(db, whole)),
        Some(true)
    );
    let end = scene.end();
    assert_eq!(
        (end.outcome.as_str(), end.counts.listings_complete),
        ("complete", 1)
    );
    assert_eq!(state(&scene), "settled");
    let expected = [(1, "a"), (2, "a"), (3, "b")];
    assert_eq!(
        scene.rows("SELECT operation_id, position, rr, status, operate_date FROM batch_details ORDER BY position"),
        expected.map(|(position, rr)| [
            json!("7"),
            json!(position),
            json!(rr),
            json!(1),
            json!(null)
        ])
    );

    // Read once: what a later list says otherwise changes nothing.
    scene.begin(plan);
    scene.count("7", 1);
    let later = scene.begin_list(DETAIL, "7");
    scene.page(later, 1, &rows_of(1, 1, &["z"]));
    scene.end();
    assert_eq!(
        scene.rows("SELECT count(*) FROM batch_details"),
        [[json!(3)]]
    );
    scene.rederive();
}

#[test]
fn a_task_whose_rows_never_come_whole_is_unsettled() {
    let mut scene = Scene::new();
    let (watch, _) = scene.add(&task("7"));
    for look in 1..=5 {
        scene.begin(vec![entry(watch, &task("7"))]);
        scene.count("7", 2);
        scene.end();
        let wanted = if look < 5 { "active" } else { "unsettled" };
        assert_eq!(state(&scene), wanted, "look {look}");
    }
    scene.begin(vec![entry(watch, &task("7"))]);
    scene.count("7", 2);
    let whole = scene.begin_list(DETAIL, "7");
    scene.page(whole, 1, &rows_of(1, 0, &[]));
    assert_eq!(scene.end().outcome.as_str(), "complete");
    assert_eq!(state(&scene), "settled");
    scene.rederive();
}

#[test]
fn rows_that_cannot_be_placed_are_no_complete_list() {
    let mut scene = Scene::new();
    scene.add(&task("7"));
    scene.begin(vec![]);
    let early = scene.begin_list(DETAIL, "7");
    scene.page(early, 1, &rows_of(1, 1, &["a"]));
    scene.count("7", 1);
    let hole = scene.begin_list(DETAIL, "7");
    scene.page(hole, 2, &rows_of(2, 1, &["a"]));
    let uneven = scene.begin_list(DETAIL, "7");
    scene.page(uneven, 1, &rows_of(1, 3, &["a", "b"]));
    let mut other = rows_of(2, 3, &["b"]);
    other["PageSize"] = json!(1);
    scene.page(uneven, 2, &other);
    let another = scene.begin_list(DETAIL, "7");
    scene.page(another, 1, &rows_of(2, 1, &["a"]));
    scene.end();
    assert_eq!(
        scene.rows("SELECT action, operation_id, reason FROM listings ORDER BY listing_id"),
        [
            "the task was not known to have ended",
            "page 1 is missing",
            "PageSize changed from page to page",
            "page 1: wrong_entity",
        ]
        .map(|reason| [
            json!("DescribeBatchResultDetail"),
            json!("7"),
            json!(reason)
        ])
    );
    scene.rederive();
}

/// Looks at an ended task whose only row was done at `written`.
fn look_at_ended(scene: &mut Scene, task_id: &str, written: &str) {
    let (watch, _) = scene.add(&task(task_id));
    scene.begin(vec![entry(watch, &task(task_id))]);
    scene.count(task_id, 1);
    let list = scene.begin_list(DETAIL, task_id);
    let rows =
        json!({"BatchResultDetail": [{"Rr": "a", "Status": true, "OperateDateStr": written}]});
    let page = json!({"PageNumber": 1, "PageSize": 2, "TotalCount": 1, "BatchResultDetails": rows});
    scene.page(list, 1, &page);
    scene.end();
}

#[test]
fn a_row_was_done_in_the_zone_that_held_when_it_was_read() {
    let mut scene = Scene::new();
    let written = "2026-03-01 02:00:00";
    look_at_ended(&mut scene, "1", written);
    scene.configure_zone(Some(480));
    look_at_ended(&mut scene, "2", written);
    look_at_ended(&mut scene, "3", "now");
    scene.configure_zone(Some(-90));
    look_at_ended(&mut scene, "4", written);
    scene.configure_zone(None);
    look_at_ended(&mut scene, "5", written);
    // No day, no hour, and instants that no text of ours can have.
    scene.configure_zone(Some(480));
    look_at_ended(&mut scene, "6", "2021-02-30 00:00:00");
    look_at_ended(&mut scene, "7", "2021-02-28T24:00:00");
    look_at_ended(&mut scene, "8", "0000-01-01 00:00:00");
    scene.configure_zone(Some(-60));
    look_at_ended(&mut scene, "9", "9999-12-31 23:59:59");
    let expected = [
        ("1", None),
        ("2", Some("2026-02-28T18:00:00.000Z")),
        ("3", None),
        ("4", Some("2026-03-01T03:30:00.000Z")),
        ("5", None),
        ("6", None),
        ("7", None),
        ("8", None),
        ("9", None),
    ];
    assert_eq!(
        scene.rows("SELECT operation_id, operate_date FROM batch_details ORDER BY operation_id"),
        expected.map(|(id, at)| [json!(id), json!(at)])
    );
    scene.rederive();
}
