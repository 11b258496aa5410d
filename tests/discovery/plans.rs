//! Plans longer than a body may be.

use optrail::record::PlanEntry;
use serde_json::json;

use crate::scene::{Scene, entry, task};

#[test]
fn a_long_plan_is_kept_in_parts_that_can_be_read_again() {
    const ENTRIES: usize = 70;
    let mut scene = Scene::new();
    let (watch, _) = scene.add(&task("7"));
    // 70 MiB in all, where 64 can be read back.
    let long = PlanEntry {
        operation: "7".repeat(1 << 20),
        ..entry(watch, &task("7"))
    };
    scene.begin(vec![long; ENTRIES]);
    assert_eq!(scene.end().outcome.as_str(), "failed");
    let kept = "SELECT count(*) > 1, sum(json_extract(record, '$.entries')), max(json_extract(record, '$.length')) < 20000000
        FROM leaf WHERE json_extract(record, '$.t') = 'plan'";
    assert_eq!(scene.rows(kept), [[json!(1), json!(ENTRIES), json!(1)]]);
    scene.rederive();
}
