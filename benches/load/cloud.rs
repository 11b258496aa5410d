//! The cloud: an account for each database, whose operations move while the load lasts and have ended before it does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use optrail::model::SystemClock;
use optrail::sandbox::{
    Key, RosSpec, RowFormula, Rows, Sandbox, SandboxConfig, Schedule, Word, World,
};

/// Operations of an account.
const OPERATIONS: u32 = 30;

/// Results of an operation: more than a page has.
const RESULTS: u32 = 60;

/// Results that go on at a time.
const WAVE: u32 = 10;

/// An account, and what it has.
pub struct Account {
    /// Its key.
    pub key: Key,
    /// Its operations, by id.
    pub operations: Vec<String>,
}

/// The simulated cloud.
pub struct Cloud {
    sandbox: Sandbox,
    /// What is true.
    pub world: Arc<World>,
    /// One for each database.
    pub accounts: Vec<Account>,
}

impl Cloud {
    /// Serves so many accounts; the last operation ends when seven tenths of the time are over.
    pub async fn start(accounts: usize, lasts: Duration) -> anyhow::Result<Self> {
        let mut config = SandboxConfig::new(Arc::new(SystemClock));
        config.keys = (0..accounts).map(key).collect();
        let keys = config.keys.clone();
        let sandbox = Sandbox::start(config).await?;
        let world = sandbox.world();
        let last_ms = u32::try_from(lasts.as_millis())? / 10 * 7;
        let accounts = keys.into_iter().map(|key| {
            let operations = (1..=OPERATIONS).map(|number| {
                world.add_ros_operation(operation(&key, &world, last_ms / OPERATIONS * number))
            });
            Account {
                operations: operations.collect(),
                key,
            }
        });
        Ok(Self {
            accounts: accounts.collect(),
            world: Arc::clone(&world),
            sandbox,
        })
    }

    /// Where it is asked.
    pub fn endpoint(&self) -> String {
        self.sandbox.endpoint()
    }

    /// What is true of an account at the end: the status of each operation, and that of each of its results.
    pub fn truth(&self, account: &Account) -> Truth {
        let truth = self.world.truth();
        let own = truth
            .ros
            .iter()
            .filter(|operation| operation.spec.account_id == account.key.account_id);
        let mut wanted = Truth::default();
        for operation in own {
            let id = &operation.operation_id;
            let status = operation.status_at(truth.at).unwrap_or_default();
            wanted
                .operations
                .insert(vec![id.clone(), status.into_owned()]);
            for row in (0..operation.row_count()).filter_map(|number| operation.row(number)) {
                let state = row.history.at(truth.at).cloned().flatten();
                let status = state.map(|state| state.status.into_owned());
                let result = vec![
                    id.clone(),
                    row.account_id,
                    row.region_id,
                    status.unwrap_or_default(),
                ];
                wanted.results.insert(result);
            }
        }
        wanted
    }
}

/// What is true: rows as an export has them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Id and status.
    pub operations: BTreeSet<Vec<String>>,
    /// Id, target account, target region and status.
    pub results: BTreeSet<Vec<String>>,
}

fn key(number: usize) -> Key {
    let account_id = format!("{}", 1_000_000_000_000_001 + number);
    Key {
        access_key_id: format!("LTAIloadKeyOfNobody{number:03}"),
        arn: format!("acs:ram::{account_id}:user/load"),
        account_id,
        ..Key::default()
    }
}

/// One that takes so long; its results go on in waves.
fn operation(key: &Key, world: &World, takes_ms: u32) -> RosSpec {
    let now = world.now();
    let status = Schedule::starting(now, Word::from("RUNNING")).then(takes_ms, "SUCCEEDED".into());
    let mut spec = RosSpec::new(&key.account_id, status);
    spec.rows = Rows::Formula(RowFormula {
        wave: WAVE,
        wave_ms: takes_ms / (RESULTS / WAVE),
        ..RowFormula::of(RESULTS, now)
    });
    spec
}

/// The RequestIds of all answers, by the key that asked.
#[derive(Default)]
pub struct Served {
    seen: u64,
    /// By key id.
    pub by_key: BTreeMap<String, Vec<String>>,
    /// Requests that got no answer, or a refusal.
    pub failed: usize,
}

impl Served {
    /// Takes over what was served since.
    pub fn take(&mut self, cloud: &Cloud) {
        for request in cloud.world.requests_since(self.seen) {
            self.seen += 1;
            if request.http_status != Some(200) {
                self.failed += 1;
            }
            let of_key = self.by_key.entry(request.access_key_id).or_default();
            of_key.push(request.request_id);
        }
    }

    /// Whether none was missed.
    pub fn is_whole(&self, cloud: &Cloud) -> bool {
        self.seen == cloud.world.request_count()
    }
}
