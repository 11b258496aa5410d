//! `optrail sandbox`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

use super::global::GlobalArgs;
use super::values::duration;
use super::{Exit, asking, output};
use crate::collect::Stopping;
use crate::model::{SystemClock, millis};
use crate::sandbox::scenario::{Entity, Loaded, READER_ROLE, Scenario};
use crate::sandbox::{
    DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT_ID, RandomFaults, RateLimit,
    Sandbox, SandboxConfig,
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
  optrail sandbox --scenario fleet --rate 20/sliding --faults 1% --seed 7
  optrail sandbox --scenario accounts --account-count 200
  optrail collect --endpoint http://127.0.0.1:8600

Exit status: 130 or 143, since only a signal ends it; 1 where it cannot listen.")]
pub struct SandboxArgs {
    /// Where to listen: loopback, or every address (0.0.0.0); port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Which operations there are: demo, a few of each service; paging, results from none to
    /// 100,000; hostile, texts made to break exports; fleet, three accounts whose stack groups come
    /// and go; many, 2,000 operations; accounts, twenty accounts to be read by roles
    #[arg(long, value_name = "NAME", default_value = "demo",
          value_parser = ["demo", "paging", "hostile", "fleet", "many", "accounts"])]
    pub scenario: String,

    /// How many accounts the scenarios fleet and accounts have [default: 3 and 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub account_count: Option<u32>,

    /// How long every answer takes [default: as short as possible]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub latency: Option<Duration>,

    /// Calls per second that each account may make of each action, and how they are counted: token
    /// (bucket), fixed or sliding (window), leaky (bucket) [default: no limit]
    #[arg(long, value_name = "N[/KIND]")]
    pub rate: Option<RateLimit>,

    /// How many calls fail by chance, each in a way that passes: throttled, refused by the server,
    /// cut off, answered with rubbish [default: none]
    #[arg(long, value_name = "PERCENT", value_parser = per_million)]
    pub faults: Option<u32>,

    /// The same number, the same ids and failures
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// Serves the simulated cloud until a signal comes.
pub fn run(args: &SandboxArgs, global: &GlobalArgs) -> anyhow::Result<Exit> {
    let scenario: Scenario = args.scenario.parse()?;
    let ip = args.listen.ip();
    if !ip.is_loopback() && !ip.is_unspecified() {
        bail!(
            "the simulated cloud speaks plain http, which optrail takes on loopback alone; listen on \
             127.0.0.1, or on 0.0.0.0 for clients elsewhere as well"
        );
    }
    asking::runtime()?.block_on(async {
        let stopping = Stopping::default();
        stopping.listen()?;
        let sandbox_config = SandboxConfig {
            listen: args.listen,
            latency_ms: args.latency.map_or(0, millis),
            seed: args.seed,
            ..SandboxConfig::new(Arc::new(SystemClock))
        };
        let sandbox = Sandbox::start(sandbox_config)
            .await
            .with_context(|| format!("cannot serve on {}", args.listen))?;
        let world = sandbox.world();
        if let Some(rate) = &args.rate {
            world.limit(rate.clone());
        }
        let faults = args
            .faults
            .map(|rate| RandomFaults::passing(rate, args.seed));
        world.set_random_faults(faults);
        let loaded = scenario.load_accounts(&world, DEFAULT_ACCOUNT_ID, args.account_count);
        if !global.quiet {
            output::message(&format!(
                "Serving a simulated cloud. In another terminal:\n{}",
                lines(&sandbox, &loaded)
            ));
        }
        stopping.stopped().await;
        sandbox.shutdown().await;
        Ok(stopping.signal().map_or(Exit::Done, Exit::from))
    })
}

/// Reads `1%` or `0.05%` as calls in a million.
fn per_million(text: &str) -> Result<u32, String> {
    let wrong = || format!("'{text}' is no share of calls; write a percentage such as 1% or 0.05%");
    let number = text.strip_suffix('%').ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let are_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 4 || !are_digits(whole) || !are_digits(fraction) {
        return Err(wrong());
    }
    // One per cent is ten thousand in a million, which is also what four decimals can say.
    let per_million: u32 = format!("{whole}{fraction:0<4}")
        .parse()
        .map_err(|_| wrong())?;
    match per_million <= 1_000_000 {
        true => Ok(per_million),
        false => Err(wrong()),
    }
}

/// What to type to ask it.
fn lines(sandbox: &Sandbox, loaded: &Loaded) -> String {
    let mut lines = vec![
        "  export OPTRAIL_DB=./sandbox.db".to_owned(),
        format!("  export OPTRAIL_ENDPOINT={}", sandbox.endpoint()),
        format!("  export ALIBABA_CLOUD_ACCESS_KEY_ID={DEFAULT_ACCESS_KEY_ID}"),
        format!("  export ALIBABA_CLOUD_ACCESS_KEY_SECRET={DEFAULT_ACCESS_KEY_SECRET}"),
    ];
    let entities = loaded.entities.iter();
    lines.extend(entities.map(|entity| format!("  {}", add_line(entity))));
    lines.push("  optrail collect".to_owned());
    let mut text = lines.join("\n");
    if !loaded.readers.is_empty() {
        text.push_str(&configuration(loaded));
    }
    text
}

/// What a configuration needs to read every account of the scenario.
fn configuration(loaded: &Loaded) -> String {
    let mut text = format!(
        "\n\nTo read all {} accounts, write into optrail.toml\n\
         \n  [[account]]\
         \n  role_arn = \"acs:ram::{{account_id}}:role/{READER_ROLE}\"\
         \n  ids_file = \"accounts.csv\"\
         \n  [[account.watch]]\
         \n  kind = \"ros-stack-groups\"\
         \n  region = \"all\"\
         \n\nand into accounts.csv\n\n  account_id,name,owner,environment\n",
        loaded.readers.len()
    );
    for (number, reader) in loaded.readers.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {},account-{number},sandbox,test",
            reader.account_id
        );
    }
    text
}

/// The command that watches an entity.
fn add_line(entity: &Entity) -> String {
    let what = match (entity.service, entity.region_id) {
        ("alidns", _) => format!("alidns --task-id {}", entity.id),
        (service, Some(region)) if entity.id.is_empty() => format!("{service} --region {region}"),
        (service, Some(region)) => format!("{service} --region {region} {}", entity.id),
        (service, None) => format!("{service} {}", entity.id),
    };
    format!("optrail watch add {what}   # {}", entity.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages() {
        assert_eq!(per_million("1%"), Ok(10_000));
        assert_eq!(per_million("0.05%"), Ok(500));
        assert_eq!(per_million("100%"), Ok(1_000_000));
        for wrong in ["1", "%", "-1%", "100.1%", "1.00001%", "1e1%", ".5%"] {
            assert!(per_million(wrong).is_err(), "{wrong}");
        }
    }
}
