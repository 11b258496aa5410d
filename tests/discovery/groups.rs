//! Stack groups: identity, versions, presence, and which names have to be listed.

use optrail::model::Action;
use optrail::store::{listings, page_listings, stack_groups};
use serde_json::json;

use crate::scene::{ACCOUNT, REGION, Scene, group, page_of};

fn names(scene: &Scene) -> Vec<String> {
    scene.ask(|db| stack_groups::names_to_list(db, ACCOUNT, REGION))
}

fn is_complete(scene: &Scene, listing: i64) -> bool {
    scene
        .ask(move |db| page_listings::verdict(db, listing))
        .unwrap()
}

#[test]
fn a_group_made_again_under_its_name_is_another() {
    let mut scene = Scene::new();
    scene.begin(vec![]);
    scene.groups(1, &[group("fd-1", "G", "ACTIVE")]);
    scene.end();
    scene.begin(vec![]);
    let both = [group("fd-1", "G", "DELETED"), group("fd-2", "G", "ACTIVE")];
    scene.groups(2, &both);
    scene.end();
    scene.ask(|_| Ok(()));
    assert_eq!(
        scene.rows(
            "SELECT stack_group_id, stack_group_name, status, version, present FROM stack_groups ORDER BY 1"
        ),
        [
            [json!("fd-1"), json!("G"), json!("DELETED"), json!(2), json!(1)],
            [json!("fd-2"), json!("G"), json!("ACTIVE"), json!(1), json!(1)],
        ]
    );
    assert_eq!(
        scene.rows(
            "SELECT version, is_current, changed FROM stack_group_history WHERE stack_group_id = 'fd-1' ORDER BY 1"
        ),
        [
            [json!(1), json!(0), json!(null)],
            [json!(2), json!(1), json!("[\"status\",\"status_raw\"]")],
        ]
    );
    assert_eq!(names(&scene), ["G"]);
    scene.rederive();
}

#[test]
fn the_name_listed_longest_ago_comes_first() {
    let mut scene = Scene::new();
    scene.begin(vec![]);
    let groups = ["A", "B", "C"].map(|name| group(&format!("fd-{name}"), name, "ACTIVE"));
    scene.groups(3, &groups);
    assert_eq!(names(&scene), ["A", "B", "C"]);
    scene.operations("B", &[]);
    scene.operations("A", &[]);
    assert_eq!(names(&scene), ["C", "B", "A"]);
    scene.operations("C", &[]);
    assert_eq!(names(&scene), ["B", "A", "C"]);
    scene.end();
}

#[test]
fn a_list_is_complete_by_its_own_numbers() {
    let mut scene = Scene::new();
    scene.begin(vec![]);
    let (a, b) = (group("fd-a", "A", "ACTIVE"), group("fd-b", "B", "ACTIVE"));
    let folded = scene.begin_list(Action::ListStackGroups, "");
    let pages = [[a.clone(), b.clone()], [b.clone(), a.clone()]];
    for (number, rows) in (1..).zip(&pages) {
        scene.page(folded, number, &page_of("StackGroups", number, 3, rows));
    }
    scene.page(
        folded,
        3,
        &page_of("StackGroups", 3, 3, &[group("fd-c", "C", "ACTIVE")]),
    );
    let grown = scene.begin_list(Action::ListStackGroups, "");
    scene.page(
        grown,
        1,
        &page_of("StackGroups", 1, 2, std::slice::from_ref(&a)),
    );
    scene.page(
        grown,
        2,
        &page_of("StackGroups", 2, 3, std::slice::from_ref(&b)),
    );
    let disputed = scene.begin_list(Action::ListStackGroups, "");
    let other = group("fd-a", "A", "DELETED");
    scene.page(disputed, 1, &page_of("StackGroups", 1, 1, &[a, other]));
    let silent = scene.begin_list(Action::ListStackGroups, "");
    scene.page(silent, 1, &json!({"StackGroups": [b]}));
    let wrong = scene.begin_list(Action::ListStackGroupOperations, "A");
    let row = json!({"OperationId": "o", "StackGroupName": "B"});
    scene.page(wrong, 1, &page_of("StackGroupOperations", 1, 1, &[row]));
    let end = scene.end();
    assert_eq!(
        scene.rows("SELECT listing_id, verdict, reason FROM listings ORDER BY 1"),
        [
            [json!(folded), json!("complete"), json!(null)],
            [
                json!(grown),
                json!("incomplete"),
                json!("TotalCount changed from 2 to 3")
            ],
            [
                json!(disputed),
                json!("incomplete"),
                json!("1 keys came with different states")
            ],
            [
                json!(silent),
                json!("incomplete"),
                json!("TotalCount is missing")
            ],
            [
                json!(wrong),
                json!("incomplete"),
                json!("page 1: wrong_entity")
            ],
        ]
    );
    assert_eq!(
        (end.counts.listings_complete, end.counts.listings_incomplete),
        (1, 4)
    );
    // Of one list the newest reading counts, and a page that failed is told as itself.
    let run = scene.run;
    let unfinished = scene.ask(move |db| listings::unfinished(db, run));
    let reasons: Vec<_> = unfinished
        .iter()
        .map(|list| (list.action.as_str(), list.reason.as_deref()))
        .collect();
    assert_eq!(
        reasons,
        [("ListStackGroups", Some("TotalCount is missing"))]
    );
    // What came with two states adds none.
    assert_eq!(
        scene.rows("SELECT count(*) FROM stack_group_history"),
        [[json!(3)]]
    );
    scene.rederive();
}

#[test]
fn a_group_is_last_seen_by_the_last_complete_list_that_held_it() {
    let mut scene = Scene::new();
    let (a, b) = (group("fd-a", "A", "ACTIVE"), group("fd-b", "B", "ACTIVE"));
    let mut seen = Vec::new();
    let lists = [
        vec![a.clone(), b.clone()],
        vec![a.clone(), b.clone()],
        vec![a.clone()],
        vec![a.clone()],
        vec![a.clone(), b.clone()],
    ];
    for rows in &lists {
        scene.begin(vec![]);
        // Proves nothing: it lacks what it says it has.
        scene.groups(9, std::slice::from_ref(&a));
        scene.groups(rows.len(), rows);
        scene.end();
        let sql = "SELECT present, last_seen_at FROM stack_groups WHERE stack_group_id = 'fd-b'";
        seen.push(scene.rows(sql).remove(0));
    }
    let present: Vec<_> = seen.iter().map(|row| row[0].as_i64().unwrap()).collect();
    assert_eq!(present, [1, 1, 0, 0, 1]);
    let at = |run: usize| seen[run][1].as_str().unwrap();
    assert!(at(0) < at(1), "{seen:?}");
    assert_eq!((at(1), at(1)), (at(2), at(3)));
    assert!(at(3) < at(4), "{seen:?}");
    assert_eq!(
        scene.rows("SELECT count(*) FROM stack_group_presence"),
        [[json!(2)]]
    );
    scene.rederive();
}

#[test]
fn the_operations_of_a_deleted_group_are_listed_once_more() {
    let mut scene = Scene::new();
    scene.begin(vec![]);
    let rows = [
        group("fd-a", "A", "ACTIVE"),
        group("fd-b", "B", "ACTIVE"),
        group("fd-c", "", "ACTIVE"),
    ];
    let all = scene.groups(3, &rows);
    assert!(is_complete(&scene, all));
    assert_eq!(names(&scene), ["A", "B"]);
    let listed = scene.operations("A", &["o1", "o2"]);
    assert!(is_complete(&scene, listed));
    scene.end();

    scene.begin(vec![]);
    let rows = [group("fd-a", "A", "DELETED"), group("fd-b", "B", "DELETED")];
    scene.groups(2, &rows);
    // The list of before does not count: something may have happened since.
    assert_eq!(names(&scene), ["B", "A"]);
    let torn = scene.begin_list(Action::ListStackGroupOperations, "A");
    scene.page_fails(torn, 1, "Throttling.User");
    let unknown = scene.begin_list(Action::ListStackGroupOperations, "B");
    scene.page_fails(unknown, 1, "StackGroupNotFound");
    scene.end();
    assert_eq!(names(&scene), ["A"]);

    scene.begin(vec![]);
    scene.groups(2, &rows);
    scene.operations("A", &["o1", "o2", "o3"]);
    scene.end();
    assert!(names(&scene).is_empty());

    // Made again: the name is of interest again.
    scene.begin(vec![]);
    let again = [
        rows[0].clone(),
        rows[1].clone(),
        group("fd-d", "A", "ACTIVE"),
    ];
    scene.groups(3, &again);
    assert_eq!(names(&scene), ["A"]);
    // Gone from the list: nothing to ask.
    scene.groups(0, &[]);
    assert!(names(&scene).is_empty());
    scene.end();
    scene.rederive();
}

#[test]
fn operations_are_counted_for_their_group() {
    let mut scene = Scene::new();
    scene.begin(vec![]);
    scene.groups(1, &[group("fd-a", "A", "ACTIVE")]);
    for id in ["o1", "o2"] {
        let mut call = crate::scene::for_watch(Action::GetStackGroupOperation, 0);
        call.watch = None;
        call.region = Some(REGION.to_owned());
        let parameters = [("OperationId".to_owned(), id.to_owned())];
        call.parameters = optrail::evidence::leaf::Parameters::new(parameters).unwrap();
        for status in ["RUNNING", "SUCCEEDED"] {
            let body = json!({"RequestId": "R", "StackGroupOperation":
                {"OperationId": id, "Status": status, "StackGroupId": "fd-a", "StackGroupName": "A"}});
            scene.call(call.clone(), 200, &body);
        }
    }
    scene.end();
    assert_eq!(
        scene.rows("SELECT operations FROM stack_groups"),
        [[json!(2)]]
    );
    scene.rederive();
}
