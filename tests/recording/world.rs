//! A simulated cloud, a database beside it, and what records the one into the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use optrail::cloud::{
    Client, ClientConfig, Context, Credentials, Endpoint, Endpoints, Keeper, Secret, Source,
};
use optrail::collect::{
    Account, Collector, DEFAULT_LABEL, Progress, RoundEnd, RoundOptions, Stopping,
};
use optrail::evidence::leaf::{Watch, WatchChange};
use optrail::model::{Clock, ManualClock, Service, SystemClock, UtcMillis};
use optrail::record::Recorder;
use optrail::sandbox::{
    DEFAULT_ACCOUNT_ID, Key, RosSpec, Row, RowState, Rows, Sandbox, SandboxConfig, Schedule, Word,
};
use optrail::verify::{Depth, verify};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The account of the key that asks.
pub const ACCOUNT: &str = DEFAULT_ACCOUNT_ID;

/// Where stack groups live unless a test says otherwise.
pub const REGION: &str = "cn-hangzhou";

/// When every world begins: years away from the machine's clock, which must not matter.
const WORLD_BEGINS: UtcMillis = UtcMillis(1_767_600_000_000);

/// One minute, in milliseconds.
pub const MINUTE_MS: u32 = 60_000;

/// How long a test waits for something that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cloud on a clock of its own, and a database that records it.
pub struct World {
    /// The world's clock, which is the collector's too where that runs in this process.
    pub clock: Arc<ManualClock>,
    /// The world behind the sandbox.
    pub cloud: Arc<optrail::sandbox::World>,
    /// The key that asks.
    pub key: Key,
    sandbox: Sandbox,
    runtime: Runtime,
    home: TempDir,
    is_for_program: bool,
    /// When runs began, by their own clock and by the world's.
    rounds: Mutex<Vec<Round>>,
}

/// A run's beginning.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// By the collector's clock.
    pub ours: UtcMillis,
    /// By the world's.
    pub theirs: UtcMillis,
}

impl World {
    /// For a collector in this process, on the world's clock.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, |_| {})
    }

    /// For the program, which signs by the machine's clock while the world has its own.
    pub fn for_program(seed: u64) -> Self {
        Self::with(seed, sign_by_machine_clock)
    }

    /// With a sandbox that `change` has had its way with; its first key asks.
    pub fn with(seed: u64, change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let clock = Arc::new(ManualClock::new(WORLD_BEGINS));
        let mut config = SandboxConfig {
            seed,
            ..SandboxConfig::new(Arc::clone(&clock) as Arc<dyn Clock>)
        };
        change(&mut config);
        let key = config.keys[0].clone();
        let is_for_program = config.signature_clock.is_some();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        Self {
            clock,
            cloud: sandbox.world(),
            key,
            sandbox,
            runtime,
            home: tempfile::tempdir().unwrap(),
            is_for_program,
            rounds: Mutex::default(),
        }
    }

    /// The directory that holds everything written.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.home().join("optrail.db")
    }

    /// What `--endpoint` takes.
    pub fn endpoint(&self) -> String {
        self.sandbox.endpoint()
    }

    /// Watches something.
    pub fn watch(&self, service: Service, operation: &str) {
        let region = (service == Service::Ros).then(|| REGION.to_owned());
        let watch = Watch {
            service: Some(service),
            label: Some(DEFAULT_LABEL.to_owned()),
            region,
            operation: Some(operation.to_owned()),
            lang: (service == Service::Alidns).then(|| "en".to_owned()),
            origin: Some("test".to_owned()),
            ..Watch::new(0, WatchChange::Add, "tester", self.clock.now())
        };
        let (_, is_new) = self.recorder().add_watch(watch).unwrap();
        assert!(is_new, "{operation} is watched already");
    }

    /// Adds a stack-group operation to the cloud and watches it.
    pub fn add_ros(&self, spec: RosSpec) -> String {
        let id = self.cloud.add_ros_operation(spec);
        self.watch(Service::Ros, &id);
        id
    }

    /// The database open for recording; made where there is none.
    pub fn recorder(&self) -> Recorder {
        let log = "0123456789abcdef0123456789abcdef";
        Recorder::create(&self.database(), log, self.clock.now()).unwrap()
    }

    /// A collector in this process.
    pub fn collector(&self) -> Collector {
        self.collector_with(|_| ())
    }

    /// A collector in this process that asks in another way than usual.
    pub fn collector_with(&self, change: impl FnOnce(&mut ClientConfig)) -> Collector {
        self.collector_by(&self.our_clock(), change)
    }

    /// A collector in this process that has another clock.
    pub fn collector_by(
        &self,
        clock: &Arc<dyn Clock>,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Collector {
        Collector {
            database: self.database(),
            clock: Arc::clone(clock),
            accounts: vec![self.account(clock, change)],
            unmade: std::collections::BTreeMap::new(),
            every: None,
            endpoint: Some(self.endpoint()),
            simulated: true,
            user: "tester".to_owned(),
            host: "here".to_owned(),
            stopping: Stopping::default(),
            progress: Arc::new(Progress::default()),
        }
    }

    fn account(
        &self,
        clock: &Arc<dyn Clock>,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Arc<Account> {
        let clock = || Arc::clone(clock);
        let token = self.key.security_token.clone().map(Secret::new);
        let secret = Secret::new(self.key.access_key_secret.clone());
        let key = Credentials::new(&self.key.access_key_id, secret, token, "a test").unwrap();
        let mut config = ClientConfig {
            endpoints: Endpoints::everywhere(Endpoint::parse(&self.endpoint()).unwrap()),
            ..ClientConfig::default()
        };
        change(&mut config);
        let context = Context::new(Arc::new(|_: &str| None), clock(), config.clone()).unwrap();
        Arc::new(Account {
            label: DEFAULT_LABEL.to_owned(),
            account_ids: Vec::new(),
            keeper: Arc::new(Keeper::new(Source::Fixed(key), Arc::new(context))),
            client: Arc::new(Client::new(config, clock()).unwrap()),
            caps: BTreeMap::new(),
        })
    }

    /// The clock of those who record.
    fn our_clock(&self) -> Arc<dyn Clock> {
        if self.is_for_program {
            Arc::new(SystemClock)
        } else {
            Arc::clone(&self.clock) as Arc<dyn Clock>
        }
    }

    /// The runs so far that were begun through this.
    pub fn rounds(&self) -> Vec<Round> {
        self.rounds.lock().unwrap().clone()
    }

    /// For a collector that is begun in another way than by `start`.
    pub fn begin_round(&self) {
        self.rounds.lock().unwrap().push(Round {
            ours: self.our_clock().now(),
            theirs: self.clock.now(),
        });
    }

    /// One run in this process.
    pub fn collect(&self) -> RoundEnd {
        self.collect_as(&self.collector())
    }

    /// One run of that collector.
    pub fn collect_as(&self, collector: &Collector) -> RoundEnd {
        self.collect_within(collector, &options())
    }

    /// One run of that collector that may do so much.
    pub fn collect_within(&self, collector: &Collector, options: &RoundOptions) -> RoundEnd {
        self.begin_round();
        self.runtime.block_on(collector.round(options)).unwrap()
    }

    /// The program with an environment of nothing but what it needs.
    pub fn optrail(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optrail"));
        command
            .env_clear()
            .env("HOME", self.home())
            // Root's HOME does not count, and nothing is to be made outside.
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .env("XDG_STATE_HOME", self.home().join("state"))
            .env("USER", "tester")
            .env("OPTRAIL_DB", self.database())
            .env("OPTRAIL_ENDPOINT", self.endpoint())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", &self.key.access_key_id)
            .env(
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                &self.key.access_key_secret,
            )
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(token) = &self.key.security_token {
            command.env("ALIBABA_CLOUD_SECURITY_TOKEN", token);
        }
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.start(arguments).wait_with_output().unwrap())
    }

    /// Starts the program.
    pub fn start(&self, arguments: &[&str]) -> Child {
        if arguments.first() == Some(&"collect") {
            self.begin_round();
        }
        self.optrail(arguments).spawn().unwrap()
    }

    /// Rows of a SELECT, by a reader that has nothing of the product.
    pub fn select(&self, sql: &str) -> Vec<Vec<Value>> {
        select(&self.database(), sql)
    }

    /// The rows of a SELECT of text and numbers, written with commas between.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        let rows = self.select(sql);
        rows.iter().map(|row| line(row)).collect()
    }

    /// The one number that a SELECT gives.
    pub fn number(&self, sql: &str) -> i64 {
        match self.select(sql).as_slice() {
            [row] => match row.as_slice() {
                [Value::Integer(number)] => *number,
                other => panic!("{sql}: {other:?}"),
            },
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// Expects that the file holds what the recorder wrote, all of it derived again, and no secret.
    pub fn verify(&self) {
        self.expect_no_secret();
        let report = verify(&self.database(), Depth::All).unwrap();
        assert!(
            report.differences.is_empty(),
            "verify found {:#?}",
            report.differences
        );
    }

    /// Expects the key's secrets nowhere in the files of the database and the state directory. Another process looks,
    /// for to close the database's files here would drop SQLite's locks.
    fn expect_no_secret(&self) {
        let mut look = Command::new("grep");
        look.args(["-rlaF", "-e", &self.key.access_key_secret]);
        if let Some(token) = &self.key.security_token {
            look.args(["-e", token]);
        }
        let files = std::fs::read_dir(self.home()).unwrap();
        let ours = files.map(|file| file.unwrap()).filter(|file| {
            let name = file.file_name().into_string().unwrap();
            name == "state" || name.starts_with("optrail.db")
        });
        look.arg("--").args(ours.map(|file| file.path()));
        let found = look.output().unwrap();
        // 1: nothing was found.
        assert_eq!(found.status.code(), Some(1), "{found:?}");
    }

    /// Waits until the sandbox was asked at least so often.
    pub fn wait_for_requests(&self, count: usize) {
        wait_until("requests reach the server", || {
            self.cloud.requests().len() >= count
        });
    }

    /// How often an action was asked for.
    pub fn requests_of(&self, action: &str) -> usize {
        let requests = self.cloud.requests();
        requests.iter().filter(|r| r.action == action).count()
    }

    /// The RequestIds of the answers that the server sent, whole or not.
    pub fn request_ids_served(&self) -> Vec<String> {
        let requests = self.cloud.requests().into_iter();
        let mut ids: Vec<_> = requests.map(|request| request.request_id).collect();
        ids.sort();
        ids
    }

    /// The RequestIds of the answers that were kept.
    pub fn request_ids_kept(&self) -> Vec<String> {
        self.lines(
            "SELECT request_id FROM requests WHERE request_id IS NOT NULL ORDER BY request_id",
        )
    }
}

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Ended {
    /// From what the system says.
    pub fn of(output: Output) -> Self {
        let ended = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
        ended
    }

    /// Expects an exit status.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Expects success and silence, as cron does.
    pub fn expect_silence(self) {
        let ended = self.expect(0);
        assert_eq!((&*ended.stdout, &*ended.stderr), ("", ""));
    }
}

/// What a run of a test may do.
pub fn options() -> RoundOptions {
    RoundOptions {
        services: Vec::new(),
        only_these_accounts: false,
        deadline: Duration::from_secs(30),
        concurrency: 8,
        recheck: false,
    }
}

/// Timestamps of signatures are checked by the machine's clock, whatever the world's says.
pub fn sign_by_machine_clock(config: &mut SandboxConfig) {
    config.signature_clock = Some(Arc::new(SystemClock));
}

/// Rows of a SELECT, over a connection that only reads.
pub fn select(database: &Path, sql: &str) -> Vec<Vec<Value>> {
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

fn line(row: &[Value]) -> String {
    let cells = row.iter().map(|value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        other => panic!("neither text nor number: {other:?}"),
    });
    cells.collect::<Vec<_>>().join(",")
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never came that {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// An operation that runs for a day, with rows that do, too.
pub fn running(world: &World, rows: u32) -> RosSpec {
    let now = world.clock.now();
    let mut spec = RosSpec::new(ACCOUNT, Schedule::starting(now, Word::from("RUNNING")));
    spec.rows = Rows::Listed((0..rows).map(|number| row(world, number)).collect());
    spec
}

/// Row number `number`, which runs.
pub fn row(world: &World, number: u32) -> Row {
    Row {
        account_id: format!("{}", 1_600_000_000_000_000_u64 + u64::from(number)),
        region_id: REGION.to_owned(),
        folder_id: None,
        history: Schedule::starting(world.clock.now(), Some(RowState::of("RUNNING"))),
    }
}

/// Sends a signal to a process that this test has started.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {}", child.id())])
        .status()
        .unwrap();
    assert!(status.success());
}
