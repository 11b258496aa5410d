//! Several processes that seal at once.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use optrail::evidence::checkpoint::Checkpoint;
use optrail::evidence::note::Note;

use crate::world::{World, running};

/// Calls of each of the four.
const CALLS: usize = 20;

#[test]
fn the_newest_checkpoint_never_goes_backwards() {
    let world = World::for_program(7);
    let stopped: Vec<String> = (0..CALLS)
        .map(|_| world.add_ros(running(&world, 1)))
        .collect();
    world.run(&["collect"]).expect(0);
    let states = world.home().join("state/optrail");
    let log = fs::read_dir(&states)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let newest = || -> u64 {
        let note = Note::parse(&fs::read(log.join("checkpoint")).unwrap()).unwrap();
        Checkpoint::parse_text(note.text()).unwrap().size
    };
    let ended = AtomicBool::new(false);
    let calls = |name: &'static str, arguments: &dyn Fn(usize) -> Vec<String>, codes: &[i32]| {
        for call in 0..CALLS {
            let arguments = arguments(call);
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let said = world.run(&words);
            let code = said.code.unwrap();
            assert!(codes.contains(&code), "{name} {call}: {said:?}");
        }
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let (mut last, mut steps) = (newest(), 0);
            while !ended.load(Ordering::Relaxed) {
                let now = newest();
                assert!(now >= last, "{now} after {last}");
                steps += usize::from(now > last);
                last = now;
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            steps
        });
        let workers = [
            scope.spawn(|| {
                calls(
                    "collect",
                    &|_| words(&["collect", "--recheck", "--allow-partial"]),
                    &[0],
                )
            }),
            scope.spawn(|| calls("checkpoint", &|_| words(&["checkpoint"]), &[0])),
            scope.spawn(|| {
                let add = |call: usize| {
                    words(&[
                        "watch",
                        "add",
                        "alidns",
                        "--task-id",
                        &format!("{}", 1000 + call),
                    ])
                };
                calls("watch add", &add, &[0]);
            }),
            scope.spawn(|| {
                let stop =
                    |call: usize| words(&["stop", &stopped[call], "--reason", "test", "--yes"]);
                calls("stop", &stop, &[0]);
            }),
        ];
        let failed: Vec<_> = workers
            .into_iter()
            .filter_map(|worker| worker.join().err())
            .collect();
        ended.store(true, Ordering::Relaxed);
        let steps = watcher.join().unwrap();
        assert!(failed.is_empty(), "a worker failed");
        assert!(steps > CALLS / 2, "{steps} steps were seen");
    });
    world.verify();
    assert_eq!(
        i64::try_from(newest()).unwrap(),
        world.number("SELECT max(size) FROM checkpoint")
    );
}
