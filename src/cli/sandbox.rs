//! `optrail sandbox`.

use std::net::SocketAddr;

use clap::Args;

/// Serve the simulated cloud alone, for your own tests
///
/// Answers the recorded calls as strictly as the real gateway: signatures, nonces, time stamps and
/// page limits are checked. Prints its address and the key to use, and serves until it is ended.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail sandbox
  optrail sandbox --listen 127.0.0.1:8600 --scenario paging
  optrail collect --endpoint http://127.0.0.1:8600")]
pub struct SandboxArgs {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Which operations there are: demo, a few of each service; paging, results from none to
    /// 100,000; hostile, texts made to break exports
    #[arg(long, value_name = "NAME", default_value = "demo", value_parser = ["demo", "paging", "hostile"])]
    pub scenario: String,
}
