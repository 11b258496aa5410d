//! Ends of runs and of commands that nobody plans: an end that comes twice, credentials that are somebody
//! else's, a signal in the middle of waiting.

use optrail::evidence::leaf::{RunEnd, RunKind, RunStart};
use optrail::model::UtcMillis;
use optrail::record::Recorder;
use optrail::verify::{Depth, verify};

use crate::world::{Ended, World, running, signal, wait_until};

fn start(kind: RunKind, at: i64) -> RunStart {
    RunStart {
        user: "ann".to_owned(),
        host: "bench".to_owned(),
        process_id: 1,
        simulated: true,
        ..RunStart::new(0, kind, UtcMillis(at))
    }
}

fn end(run: i64, at: i64) -> RunEnd {
    RunEnd {
        run,
        ended_at: UtcMillis(at),
        reason: "done".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_declared_dead_may_still_end() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    let made = path.clone();
    let recorder =
        tokio::task::spawn_blocking(move || Recorder::create(&made, "log", UtcMillis(0)).unwrap())
            .await
            .unwrap();
    let first = recorder.begin_run(start(RunKind::Collect, 1), vec![], vec![]);
    let first = first.await.unwrap().run_id;
    // Whoever removes the lock file of a collector lets a second one in.
    let second = recorder
        .begin_run(start(RunKind::Collect, 2), vec![RunKind::Collect], vec![])
        .await
        .unwrap();
    assert_eq!(second.aborted, 1);
    let (row, ..) = recorder.end_run(end(first, 3)).await.unwrap();
    assert_eq!(row.outcome.as_str(), "aborted");
    let (row, ..) = recorder.end_run(end(second.run_id, 4)).await.unwrap();
    assert_eq!(row.outcome.as_str(), "complete");
    let report = tokio::task::spawn_blocking(move || {
        drop(recorder);
        verify(&path, Depth::All).unwrap()
    });
    assert_eq!(report.await.unwrap().differences, []);
}

#[test]
fn credentials_of_another_account_are_no_fault_of_the_database() {
    let world = World::for_program(1);
    let id = world.add_ros(running(&world, 1));
    let stop = [
        "stop",
        &id,
        "--region",
        "cn-hangzhou",
        "--reason",
        "x",
        "--yes",
    ];
    for command in [&["collect"][..], &stop[..]] {
        let typed = [command, &["--account", "999"]].concat();
        let ended = world.run(&typed).expect(1);
        assert!(
            ended.stderr.contains("belong to account") && ended.stderr.contains("not to 999"),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("contradicts"), "{}", ended.stderr);
        let typed = [command, &["--account", "default"]].concat();
        world.run(&typed).expect(0);
    }
    world.verify();
}

#[test]
fn fault_03_a_stop_that_waits_ends_with_the_signal_that_ended_it() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let world = World::for_program(1);
        let id = world.add_ros(running(&world, 1));
        let typed = [
            "stop",
            &id,
            "--region",
            "cn-hangzhou",
            "--reason",
            "x",
            "--yes",
            "--wait",
        ];
        let waiting = world.start(&typed);
        // Identity, a look, the stop, a look after it.
        world.wait_for_requests(4);
        let looked = "SELECT count(*) FROM leaf WHERE record LIKE '{\"t\":\"exchange\"%'";
        wait_until("the second look is kept", || world.number(looked) == 4);
        signal(&waiting, name);
        let ended = Ended::of(waiting.wait_with_output().unwrap()).expect(code);
        assert!(ended.stderr.contains("accepted"), "{}", ended.stderr);
        world.verify();
    }
}
