//! Providers and keepers against a server that plays STS, the metadata service and a credentials URI.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chain;
mod files;
mod keeper;
mod local;
mod resolved;
mod sts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::{Context, CredentialsError, Fetched, Keeper, Lease, Role, Source};
use crate::cloud::client::raw_server::{Act, RawServer, send};
use crate::cloud::{ClientConfig, Endpoint, Endpoints, SignatureVersion};
use crate::model::{ManualClock, UtcMillis};

/// Stands in each secret, token and external id; no message, report or debug text may hold it.
const CANARY: &str = "c4n4ry-s3cr3t";
/// 2026-01-02T03:04:05.678Z.
const NOW: UtcMillis = UtcMillis(1_767_323_045_678);
/// An hour later, as STS writes it.
const IN_AN_HOUR: &str = "2026-01-02T04:04:05Z";
const ROLE_ARN: &str = "acs:ram::1234567890123456:role/audit-reader";

/// A server, a home directory, an environment and a clock, made for one test.
struct World {
    server: RawServer,
    home: TempDir,
    clock: Arc<ManualClock>,
    variables: Arc<Mutex<HashMap<String, String>>>,
    hold: Duration,
    sts_patience: Duration,
}

impl World {
    /// A world whose server answers each request, told its number and text, with status and body.
    fn new(answer: impl Fn(usize, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::acting(move |number, request| {
            let (status, body) = answer(number, request);
            vec![send(&http(status, &body))]
        })
    }

    fn acting(script: impl Fn(usize, &str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let home = tempfile::tempdir().unwrap();
        let variables = HashMap::from([("HOME".to_owned(), home.path().display().to_string())]);
        Self {
            server: RawServer::replying(script),
            home,
            clock: Arc::new(ManualClock::new(NOW)),
            variables: Arc::new(Mutex::new(variables)),
            hold: Duration::from_secs(10),
            sts_patience: Duration::from_secs(60),
        }
    }

    /// STS that answers every call, the n-th with key `STS.key-n`.
    fn generous() -> Self {
        Self::new(|number, _| (200, sts_answer(number, IN_AN_HOUR)))
    }

    fn with(self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    fn with_key(self) -> Self {
        self.with("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-environment")
            .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", CANARY)
    }

    fn set(&self, name: &str, value: impl Into<String>) {
        let mut variables = self.variables.lock().unwrap();
        variables.insert(name.to_owned(), value.into());
    }

    /// Writes a file below the home directory.
    fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn context(&self) -> Arc<Context> {
        self.context_at(&self.server.address("http"))
    }

    fn context_at(&self, address: &str) -> Arc<Context> {
        let config = ClientConfig {
            endpoints: Endpoints::everywhere(Endpoint::parse(address).unwrap()),
            signature: SignatureVersion::V3,
            ..ClientConfig::default()
        };
        let variables = Arc::clone(&self.variables);
        let environment = move |name: &str| variables.lock().unwrap().get(name).cloned();
        let clock = Arc::clone(&self.clock);
        let context = Context::new(Arc::new(environment), clock, config).unwrap();
        let mut context = context.with_metadata_address(address);
        context.jitter = || 0.0;
        // Patient, so that a busy machine changes nothing.
        context.metadata_timeout = Duration::from_secs(20);
        context.hold = self.hold;
        context.sts_patience = self.sts_patience;
        Arc::new(context)
    }

    fn keeper(&self, source: Source) -> Keeper {
        Keeper::new(source, self.context())
    }

    fn profile(&self, name: &str) -> Keeper {
        self.keeper(Source::Profile(name.to_owned()))
    }

    async fn of_chain(&self) -> Fetched {
        checked(self.keeper(Source::DefaultChain).lease().await)
    }

    async fn of_profile(&self, name: &str) -> Fetched {
        checked(self.profile(name).lease().await)
    }

    /// The requests, each by its first line.
    fn asked(&self) -> Vec<String> {
        let requests = self.server.requests();
        let first_line = |request: &String| request.lines().next().unwrap().to_owned();
        requests.iter().map(first_line).collect()
    }
}

/// An HTTP answer.
fn http(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Credentials as metadata service and URI answer.
fn flat_answer(number: usize, expiration: &str) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"STS.key-{number:04}","AccessKeySecret":"{CANARY}-{number}",
        "SecurityToken":"{CANARY}-token-{number}","Expiration":"{expiration}","LastUpdated":"2026-01-02T03:00:00Z"}}"#
    )
}

/// Credentials as STS answers.
fn sts_answer(number: usize, expiration: &str) -> String {
    let credentials = flat_answer(number, expiration);
    format!(r#"{{"RequestId":"R-{number}","Credentials":{credentials}}}"#)
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        r#"{{"RequestId":"R-x","HostId":"sts.aliyuncs.com","Code":"{code}","Message":"{message}"}}"#
    )
}

/// What was fetched, once it is sure that it tells no secret.
fn checked(fetched: Fetched) -> Fetched {
    let error = fetched.lease.as_ref().err();
    let error = error
        .map(|error| format!("{error} {error:?}"))
        .unwrap_or_default();
    let text = format!("{fetched:?} {error}");
    assert!(!text.contains("c4n4ry"), "{text}");
    fetched
}

fn lease(fetched: &Fetched) -> &Arc<Lease> {
    fetched.lease.as_ref().unwrap()
}

fn key_id(fetched: &Fetched) -> &str {
    lease(fetched).credentials.access_key_id()
}

fn failure(fetched: &Fetched) -> &CredentialsError {
    fetched.lease.as_ref().unwrap_err()
}

/// A file of the CLI with one profile `p` of these fields.
fn config_json(fields: &str) -> String {
    format!(
        r#"{{"current":"p","profiles":[{{"name":"p",{fields}}},{{"name":"keys","mode":"AK","access_key_id":"LTAI-file-keys","access_key_secret":"{CANARY}"}}]}}"#
    )
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}
