//! `optrail sandbox`.

use std::net::SocketAddr;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::values::duration;
use super::{Exit, asking, output};
use crate::collect::Stopping;
use crate::model::SystemClock;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::{
    DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT_ID, Sandbox, SandboxConfig,
};

/// Serve the simulated cloud alone, for your own tests
///
/// Answers the recorded calls as strictly as the real gateway: signatures, nonces, time stamps and
/// page limits are checked. Prints its address and the key to use, and serves until it is ended.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail sandbox
  optrail sandbox --listen 127.0.0.1:8600 --scenario paging
  optrail collect --endpoint http://127.0.0.1:8600

Exit status: 130 or 143, since only a signal ends it; 1 where it cannot listen.")]
pub struct SandboxArgs {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Which operations there are: demo, a few of each service; paging, results from none to
    /// 100,000; hostile, texts made to break exports
    #[arg(long, value_name = "NAME", default_value = "demo", value_parser = ["demo", "paging", "hostile"])]
    pub scenario: String,

    /// How long every answer takes [default: as short as possible]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub latency: Option<Duration>,
}

/// Serves the simulated cloud until a signal comes.
pub fn run(args: &SandboxArgs) -> anyhow::Result<Exit> {
    let scenario: Scenario = args.scenario.parse()?;
    asking::runtime()?.block_on(async {
        let stopping = Stopping::default();
        stopping.listen()?;
        let config = SandboxConfig {
            listen: args.listen,
            latency_ms: args.latency.map_or(0, latency_ms),
            ..SandboxConfig::new(Arc::new(SystemClock))
        };
        let sandbox = Sandbox::start(config)
            .await
            .with_context(|| format!("cannot serve on {}", args.listen))?;
        let entities = scenario.load(&sandbox.world(), DEFAULT_ACCOUNT_ID);
        output::message(&format!(
            "Serving a simulated cloud. In another terminal:\n{}",
            lines(&sandbox, &entities)
        ));
        stopping.stopped().await;
        sandbox.shutdown().await;
        Ok(stopping.signal().map_or(Exit::Done, Exit::from))
    })
}

fn latency_ms(latency: Duration) -> u64 {
    u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)
}

/// What to type to ask it.
fn lines(sandbox: &Sandbox, entities: &[crate::sandbox::scenario::Entity]) -> String {
    let mut lines = vec![
        "  export OPTRAIL_DB=./sandbox.db".to_owned(),
        format!("  export OPTRAIL_ENDPOINT={}", sandbox.endpoint()),
        format!("  export ALIBABA_CLOUD_ACCESS_KEY_ID={DEFAULT_ACCESS_KEY_ID}"),
        format!("  export ALIBABA_CLOUD_ACCESS_KEY_SECRET={DEFAULT_ACCESS_KEY_SECRET}"),
    ];
    lines.extend(
        entities
            .iter()
            .map(|entity| format!("  {}", add_line(entity))),
    );
    lines.push("  optrail collect".to_owned());
    lines.join("\n")
}

/// The command that watches an entity.
fn add_line(entity: &crate::sandbox::scenario::Entity) -> String {
    let what = match (entity.service, entity.region_id) {
        ("alidns", _) => format!("alidns --task-id {}", entity.id),
        (service, Some(region)) => format!("{service} --region {region} {}", entity.id),
        (service, None) => format!("{service} {}", entity.id),
    };
    format!("optrail watch add {what}   # {}", entity.role)
}
