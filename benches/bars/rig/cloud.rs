//! The simulated cloud, by the machine's clock: it lives in this process, what is measured in another.

use std::sync::Arc;

use anyhow::Context as _;
use optrail::model::SystemClock;
use optrail::sandbox::{
    DEFAULT_ACCOUNT_ID, RosSpec, RowFormula, Rows, Sandbox, SandboxConfig, Schedule, Word, World,
};
use tokio::runtime::{Builder, Runtime};

/// Where all operations live.
pub const REGION: &str = "cn-hangzhou";

/// The thread that serves. One, so that its CPU can be taken from the time that a run took.
const THREAD: &str = "bench-cloud";

/// How long ago the operations ended.
const DAY_MS: i64 = 24 * 3_600_000;

/// A cloud that serves until it is dropped.
pub struct Cloud {
    sandbox: Sandbox,
    world: Arc<World>,
    // Dropped last: the sandbox ends in it.
    _runtime: Runtime,
}

impl Cloud {
    /// An empty cloud, every answer of which takes so long.
    pub fn new(latency_ms: u64) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(THREAD)
            .enable_all()
            .build()?;
        let config = SandboxConfig {
            latency_ms,
            ..SandboxConfig::new(Arc::new(SystemClock))
        };
        let sandbox = runtime.block_on(Sandbox::start(config))?;
        Ok(Self {
            world: sandbox.world(),
            sandbox,
            _runtime: runtime,
        })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        self.sandbox.endpoint()
    }

    /// What is served.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Adds an operation of so many results, which ended a day ago. Gives its id.
    pub fn add_ended(&self, results: u32) -> String {
        let takes_ms = RowFormula::of(results, self.world.now()).takes_ms().max(1);
        let began = self.world.now().plus_ms(-DAY_MS - i64::from(takes_ms));
        let status =
            Schedule::starting(began, Word::from("RUNNING")).then(takes_ms, "SUCCEEDED".into());
        let mut spec = RosSpec::new(DEFAULT_ACCOUNT_ID, status);
        spec.rows = Rows::Formula(RowFormula::of(results, began));
        self.world.add_ros_operation(spec)
    }

    /// Calls answered so far.
    pub fn calls(&self) -> u64 {
        self.world.request_count()
    }

    /// CPU of the serving thread so far, seconds.
    pub fn cpu_s(&self) -> anyhow::Result<f64> {
        for task in std::fs::read_dir("/proc/self/task")? {
            let task = task?.path();
            if std::fs::read_to_string(task.join("comm"))?.trim() == THREAD {
                let stat = std::fs::read_to_string(task.join("schedstat"))?;
                let on_cpu = stat.split(' ').next().context("schedstat")?;
                return Ok(on_cpu.parse::<f64>()? / 1e9);
            }
        }
        anyhow::bail!("the serving thread is gone")
    }
}
