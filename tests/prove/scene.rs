//! Thirty operations of three services that were recorded for a while, with failures, a row that goes, and a stop.

use std::path::PathBuf;

use optrail::evidence::note::VerifierKey;
use optrail::model::{Clock as _, Service};
use optrail::sandbox::{Fault, FaultKind, RosSpec, Row, RowState, Rows, Schedule, Word, scenario};

use crate::world::{ACCOUNT, Ended, MINUTE_MS, REGION, World};

/// Stack-group operations beside those of the demo.
const OPERATIONS: u32 = 23;

/// Rounds that were recorded.
pub const ROUNDS: i64 = 7;

/// A recorded world.
pub fn recorded() -> World {
    let world = World::for_program(5);
    let demo = scenario::demo(&world.cloud, ACCOUNT);
    for entity in demo.entities() {
        let service: Service = entity.service.parse().unwrap();
        world.watch(service, &entity.id);
    }
    for number in 0..OPERATIONS {
        world.add_ros(operation(&world, number));
    }
    for round in 0..ROUNDS {
        match round {
            2 => world.cloud.script(Fault::once(FaultKind::BadGateway)),
            3 => world.cloud.script(
                Fault::times(FaultKind::Denied, 5).on_action("ListStackGroupOperationResults"),
            ),
            _ => {}
        }
        world.collect();
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    world
}

/// An operation that ends in its time; each third has a row that goes after a while.
fn operation(world: &World, number: u32) -> RosSpec {
    let now = world.clock.now();
    let status = Schedule::starting(now, Word::from("RUNNING"))
        .then((1 + number % 5) * MINUTE_MS, "SUCCEEDED".into());
    let mut spec = RosSpec::new(ACCOUNT, status);
    spec.stack_group_name = format!("group-{number}");
    let row = |row: u32| {
        let history = Schedule::starting(now, Some(RowState::of("RUNNING"))).then(
            (row + 1) * MINUTE_MS / 2,
            Some(RowState::because("SUCCEEDED", "done, \"well\"")),
        );
        let goes = row == 1 && number.is_multiple_of(3);
        Row {
            account_id: format!("{}", 1_600_000_000_000_000_u64 + u64::from(row)),
            region_id: REGION.to_owned(),
            folder_id: None,
            history: match goes {
                true => history.then(2 * MINUTE_MS, None),
                false => history,
            },
        }
    };
    spec.rows = Rows::Listed((0..2 + number % 3).map(row).collect());
    spec
}

impl World {
    /// The public key of the log, which is made if there is none.
    pub fn vkey(&self) -> VerifierKey {
        let said = self.run(&["checkpoint", "--public-key"]).expect(0).stdout;
        said.trim().parse().unwrap()
    }

    /// Makes a bundle, which must succeed; its bytes.
    pub fn prove(&self, question: &[&str]) -> Vec<u8> {
        self.try_prove(question).0.expect(0);
        std::fs::read(self.bundle()).unwrap()
    }

    /// Makes a bundle, or not.
    pub fn try_prove(&self, question: &[&str]) -> (Ended, PathBuf) {
        let path = self.bundle();
        let _ = std::fs::remove_file(&path);
        let output = path.to_str().unwrap();
        let arguments = [&["prove", "-o", output], question].concat();
        (self.run(&arguments), path)
    }

    fn bundle(&self) -> PathBuf {
        self.home().join("bundle.tar")
    }

    /// Writes a file beside the database, and tells its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.home().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}
