//! The simulated cloud, the database and the collector, all on one clock that stands still during a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use optrail::cloud::{
    Client, ClientConfig, Context, Credentials, Endpoint, Endpoints, Keeper, Secret, Source,
};
use optrail::collect::{Account, Collector, DEFAULT_LABEL, Progress, RoundOptions, Stopping};
use optrail::evidence::leaf::{RunSkipped, SkipCause, Watch, WatchChange, WatchKind};
use optrail::model::{Clock, ManualClock, Service, UtcMillis};
use optrail::record::Recorder;
use optrail::sandbox::{Key, Sandbox, SandboxConfig, SeenRequest, World};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::model::Asked;

/// Where stack groups live.
pub const REGION: &str = "cn-hangzhou";

/// Names of stack groups that discovery wants.
pub const WANTED: &str = "prod-*";

/// How often runs are to begin, ms.
pub const EVERY_MS: i64 = 900_000;

/// How long it must be silent before a run that hangs has kept what was answered.
const SILENCE: Duration = Duration::from_millis(20);

/// How often it must be silent for so long.
const SILENCES: usize = 3;

pub struct Desk {
    pub clock: Arc<ManualClock>,
    pub cloud: Arc<World>,
    sandbox: Sandbox,
    runtime: Runtime,
    home: TempDir,
    account: Arc<Account>,
}

impl Desk {
    pub fn new(seed: u64, now: i64) -> Self {
        let clock = Arc::new(ManualClock::new(UtcMillis(now)));
        let config = SandboxConfig {
            seed,
            ..SandboxConfig::new(Arc::clone(&clock) as Arc<dyn Clock>)
        };
        let key = config.keys[0].clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        // Every answer is synced; in memory that costs nothing, and a year has half a million.
        let memory = Path::new("/dev/shm");
        let home = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        let account = account(&sandbox, &key, &clock);
        let desk = Self {
            clock,
            cloud: sandbox.world(),
            sandbox,
            runtime,
            home: home.unwrap(),
            account,
        };
        Recorder::create(&desk.database(), &"0".repeat(32), UtcMillis(now)).unwrap();
        desk
    }

    pub fn database(&self) -> PathBuf {
        self.home.path().join("optrail.db")
    }

    pub fn clock_ms(&self) -> i64 {
        self.clock.now().0
    }

    pub fn recorder(&self) -> Recorder {
        Recorder::open(&self.database()).unwrap()
    }

    /// Watches an operation or task, or what finds them where there is no id; gives the number of the watch.
    pub fn watch(&self, service: Service, operation: Option<&str>) -> i64 {
        let is_ros = service == Service::Ros;
        let discovers = is_ros && operation.is_none();
        let names = Vec::from_iter(discovers.then(|| WANTED.to_owned()));
        let watch = Watch {
            service: Some(service),
            label: Some(DEFAULT_LABEL.to_owned()),
            region: is_ros.then(|| REGION.to_owned()),
            operation: operation.map(str::to_owned),
            kind: discovers.then_some(WatchKind::RosStackGroups),
            names,
            lang: (service == Service::Alidns).then(|| "en".to_owned()),
            ..self.leaf(0, WatchChange::Add)
        };
        let (watch_id, is_new) = self.recorder().add_watch(watch).unwrap();
        assert!(is_new, "{operation:?} is watched already");
        watch_id
    }

    /// Gives up the watch of an operation.
    pub fn remove_watch(&self, operation: &str) {
        let recorder = self.recorder();
        let operation = operation.to_owned();
        let watch_id = recorder
            .read_blocking(move |db| {
                let sql = "SELECT watch_id FROM watches WHERE operation_id = ?1";
                Ok(db.query_row(sql, [operation], |row| row.get(0)).unwrap())
            })
            .unwrap();
        recorder
            .remove_watch(self.leaf(watch_id, WatchChange::Remove))
            .unwrap();
    }

    fn leaf(&self, watch: i64, change: WatchChange) -> Watch {
        Watch::new(watch, change, "tester", self.clock.now())
    }

    /// A collector that asks nothing.
    pub fn skip(&self, cause: SkipCause) {
        let skipped = RunSkipped {
            at: self.clock.now(),
            user: "tester".to_owned(),
            host: "here".to_owned(),
            process_id: 1,
            cause,
            detail: None,
        };
        self.recorder().skip_run(skipped).unwrap();
    }

    /// One run; what reached the cloud. With `dies_at`, the request during whose answer the process is to
    /// die: whether it did.
    pub fn run(&self, deadline: Duration, dies_at: Option<&Asked>) -> (Vec<Asked>, bool) {
        let before = self.cloud.request_count();
        let collector = self.collector();
        let options = RoundOptions {
            services: Vec::new(),
            only_these_accounts: false,
            deadline,
            // One after the other, so that the order in which they come is the order in which they are kept.
            concurrency: 1,
            recheck: false,
        };
        let died = self.runtime.block_on(async {
            let round = tokio::spawn(async move { collector.round(&options).await });
            if let Some(fatal) = dies_at {
                while !round.is_finished() {
                    if self.asked_since(before).last() == Some(fatal) {
                        self.silence().await;
                        round.abort();
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            match round.await {
                Ok(end) => {
                    end.unwrap();
                    false
                }
                Err(error) => {
                    assert!(error.is_cancelled(), "{error}");
                    // What it had begun ends with it.
                    tokio::time::sleep(SILENCE).await;
                    true
                }
            }
        });
        (self.asked_since(before), died)
    }

    /// Waits until nothing more is kept.
    async fn silence(&self) {
        let reader = Connection::open(self.database()).unwrap();
        let leaves = || -> i64 {
            let sql = "SELECT count(*) FROM leaf";
            reader.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let (mut kept, mut silences) = (leaves(), 0);
        while silences < SILENCES {
            tokio::time::sleep(SILENCE).await;
            let now = leaves();
            silences = if now == kept { silences + 1 } else { 0 };
            kept = now;
        }
    }

    fn asked_since(&self, count: u64) -> Vec<Asked> {
        let requests = self.cloud.requests_since(count);
        requests.into_iter().map(asked).collect()
    }

    /// Forgets what was learned of the pace: that is learned in real time, of which a year has too little.
    pub fn forget_pace(&self) {
        let connection = Connection::open(self.database()).unwrap();
        connection.execute("DELETE FROM limit_learned", []).unwrap();
    }

    fn collector(&self) -> Collector {
        Collector {
            database: self.database(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            accounts: vec![Arc::clone(&self.account)],
            unmade: std::collections::BTreeMap::new(),
            every: Some(Duration::from_millis(EVERY_MS.unsigned_abs())),
            endpoint: Some(self.sandbox.endpoint()),
            simulated: true,
            user: "tester".to_owned(),
            host: "here".to_owned(),
            stopping: Stopping::default(),
            progress: Arc::new(Progress::default()),
        }
    }
}

fn asked(request: SeenRequest) -> Asked {
    let parameter = |name: &str| {
        let mut all = request.parameters.iter();
        let found = all.find(|(parameter, _)| parameter == name);
        found.map(|(_, value)| value.clone())
    };
    let keys = ["OperationId", "TaskId", "StackGroupName"];
    Asked {
        key: keys.into_iter().find_map(parameter).unwrap_or_default(),
        page: parameter("PageNumber").map_or(0, |page| page.parse().unwrap()),
        action: request.action,
    }
}

fn account(sandbox: &Sandbox, key: &Key, clock: &Arc<ManualClock>) -> Arc<Account> {
    let clock = || Arc::clone(clock) as Arc<dyn Clock>;
    let secret = Secret::new(key.access_key_secret.clone());
    let credentials = Credentials::new(&key.access_key_id, secret, None, "a test").unwrap();
    let config = ClientConfig {
        endpoints: Endpoints::everywhere(Endpoint::parse(&sandbox.endpoint()).unwrap()),
        ..ClientConfig::default()
    };
    let context = Context::new(Arc::new(|_: &str| None), clock(), config.clone()).unwrap();
    Arc::new(Account {
        label: DEFAULT_LABEL.to_owned(),
        account_ids: Vec::new(),
        keeper: Arc::new(Keeper::new(Source::Fixed(credentials), Arc::new(context))),
        client: Arc::new(Client::new(config, clock()).unwrap()),
        caps: BTreeMap::new(),
    })
}
