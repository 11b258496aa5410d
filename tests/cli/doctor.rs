//! `doctor` against the simulated cloud: what it says of a machine that is well, and of each fault.

use std::fs::{Permissions, set_permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use assert_cmd::Command;
use optrail::model::SystemClock;
use optrail::sandbox::{
    DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, Fault, FaultKind, Sandbox, SandboxConfig,
    World,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::bench::{Bench, Said, said};

/// A cloud, and a machine that asks it.
struct Ward {
    bench: Bench,
    cloud: Arc<World>,
    endpoint: String,
    _sandbox: Sandbox,
    _runtime: Runtime,
}

impl Ward {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        // Signatures by the machine's clock, so that a test may shift the world's and its Date header.
        let config = SandboxConfig::new(Arc::new(SystemClock));
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        let ward = Self {
            bench: Bench::new(),
            cloud: sandbox.world(),
            endpoint: sandbox.endpoint(),
            _sandbox: sandbox,
            _runtime: runtime,
        };
        ward.bench.out(&["init"]);
        ward
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bench.command(arguments);
        command
            .env("OPTRAIL_ENDPOINT", &self.endpoint)
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_ACCESS_KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_ACCESS_KEY_SECRET);
        command
    }

    fn examine(&self) -> Report {
        Report::of(&mut self.command(&["doctor", "--format", "json"]))
    }
}

/// What doctor said.
struct Report {
    code: i32,
    checks: Vec<Value>,
}

impl Report {
    fn of(command: &mut Command) -> Self {
        let Said { code, out, err } = said(command);
        assert_eq!(err, "", "{out}");
        assert!(!out.contains(DEFAULT_ACCESS_KEY_SECRET), "{out}");
        Self {
            code,
            checks: serde_json::from_str(&out).unwrap(),
        }
    }

    fn check(&self, name: &str) -> &Value {
        let found = self.checks.iter().find(|check| check["check"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.checks))
    }

    fn status(&self, name: &str) -> &str {
        self.check(name)["status"].as_str().unwrap()
    }

    /// That these are all the findings.
    fn finds(&self, expected: &[(&str, &str)]) -> &Self {
        let of = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
        let found: Vec<_> = self
            .checks
            .iter()
            .map(|check| (of(check, "check"), of(check, "status")))
            .filter(|(_, status)| status == "warning" || status == "error")
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|(c, s)| (c.as_str(), s.as_str()))
            .collect();
        assert_eq!(found, expected, "{:?}", self.checks);
        assert_eq!(self.code, if expected.is_empty() { 0 } else { 3 });
        self
    }

    fn says(&self, name: &str, key: &str, part: &str) -> &Self {
        let check = self.check(name);
        assert!(check[key].as_str().unwrap().contains(part), "{check}");
        self
    }
}

#[test]
fn a_machine_that_is_well_is_told_so_and_nothing_is_recorded() {
    let ward = Ward::new();
    let before = std::fs::read(ward.bench.database()).unwrap();
    let report = ward.examine();
    report
        .finds(&[])
        .says("identity", "detail", "account 1234567890123456")
        .says("credentials", "detail", "key …body")
        .says("permissions", "detail", "alidns:DescribeBatchResultDetail");
    assert_eq!(report.check("clock")["account"], "default");
    assert_eq!(std::fs::read(ward.bench.database()).unwrap(), before);
    let actions: Vec<String> = ward
        .cloud
        .requests()
        .into_iter()
        .map(|r| r.action)
        .collect();
    assert!(
        !actions.iter().any(|action| action.starts_with("Stop")),
        "{actions:?}"
    );
    assert!(actions.len() < 12, "{actions:?}");

    let text = said(&mut ward.command(&["doctor"]));
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert!(text.out.ends_with("all is well\n"), "{}", text.out);
}

#[test]
fn only_what_is_watched_has_to_be_allowed() {
    let ward = Ward::new();
    ward.bench.out(&["watch", "add", "cadt", "op_1"]);
    ward.cloud
        .script(Fault::times(FaultKind::Denied, u32::MAX).on_action("ListStackGroups"));
    let report = ward.examine();
    report.finds(&[]);
    assert_eq!(
        report.check("permissions")["detail"],
        "bpstudio:GetExecuteOperationResult"
    );
}

#[test]
fn a_denied_call_is_named() {
    let ward = Ward::new();
    ward.cloud
        .script(Fault::times(FaultKind::Denied, u32::MAX).on_action("ListStackGroups"));
    ward.examine()
        .finds(&[("permissions", "error")])
        .says("permissions", "detail", "denied: ros:ListStackGroups (")
        .says("permissions", "advice", "optrail policy");
}

#[test]
fn a_wrong_key_ends_the_questions() {
    let ward = Ward::new();
    let mut command = ward.command(&["doctor", "--format", "json"]);
    let report = Report::of(command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter2hunter2"));
    report.finds(&[("identity", "error")]);
    assert_eq!(report.status("permissions"), "skipped");
    assert!(!format!("{:?}", report.checks).contains("hunter2"));
    assert_eq!(ward.cloud.requests().len(), 1);
}

#[test]
fn an_answer_that_echoes_the_secret_is_told_without_it() {
    let ward = Ward::new();
    let echo = FaultKind::EchoSecrets(vec![optrail::sandbox::Spelling::Plain]);
    ward.cloud.script(Fault::times(echo, u32::MAX));
    ward.examine().finds(&[("identity", "error")]);
}

#[test]
fn no_credentials_at_all() {
    let ward = Ward::new();
    let mut command = ward.bench.command(&["doctor", "--format", "json"]);
    command.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let report = Report::of(&mut command);
    report.finds(&[("credentials", "error")]);
    assert_eq!(report.status("clock"), "skipped");
}

#[test]
fn fault_33_clocks_that_differ() {
    let ward = Ward::new();
    ward.cloud.shift_clock_ms(60_000);
    ward.examine()
        .finds(&[("clock", "warning")])
        .says("clock", "detail", "s behind the cloud's");
    ward.cloud.shift_clock_ms(-20 * 60_000);
    ward.examine()
        .finds(&[("identity", "error"), ("clock", "error")])
        .says("clock", "detail", "s ahead of the cloud's");
}

#[test]
fn a_cloud_that_cannot_be_reached() {
    let ward = Ward::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut command = ward.command(&["doctor", "--format", "json"]);
    let report = Report::of(command.env("OPTRAIL_ENDPOINT", address));
    report
        .finds(&[("endpoints", "error")])
        .says("endpoints", "detail", "refused");
    assert_eq!(report.status("identity"), "skipped");
}

#[test]
fn loose_modes_and_a_file_that_was_derived_by_other_rules() {
    let ward = Ward::new();
    set_permissions(ward.bench.database(), Permissions::from_mode(0o644)).unwrap();
    let report = ward.examine();
    report
        .finds(&[("files", "warning")])
        .says("files", "advice", "chmod 600");
    set_permissions(ward.bench.database(), Permissions::from_mode(0o600)).unwrap();
    rusqlite::Connection::open(ward.bench.database())
        .unwrap()
        .execute("UPDATE derivation SET derive_version = 1", [])
        .unwrap();
    ward.examine()
        .finds(&[("database", "error")])
        .says("database", "advice", "optrail rebuild");
}

#[test]
fn without_a_database_the_rest_is_looked_at() {
    let ward = Ward::new();
    std::fs::remove_file(ward.bench.database()).unwrap();
    let report = ward.examine();
    report
        .finds(&[("database", "error")])
        .says("database", "advice", "optrail init");
    assert_eq!(report.status("evidence"), "skipped");
    assert_eq!(report.status("permissions"), "ok");
    assert!(!ward.bench.database().exists());
}

#[test]
fn credentials_of_another_account_are_asked_nothing_more() {
    let ward = Ward::new();
    let mut command = ward.command(&["doctor", "--format", "json", "--account", "1"]);
    let report = Report::of(&mut command);
    report
        .finds(&[("identity", "error")])
        .says("identity", "detail", "not to 1");
    assert_eq!(ward.cloud.requests().len(), 1);
}

#[test]
fn a_mistake_in_the_configuration_leaves_nothing_to_look_at() {
    let bench = Bench::new();
    std::fs::write(bench.path("x.toml"), "[collect]\ndedline = \"5s\"\n").unwrap();
    bench.complaint(1, &["--config", "x.toml", "doctor"]);
}

#[test]
fn a_schedule_is_late_for_doctor_when_it_is_for_status() {
    let ward = Ward::new();
    ward.bench.out(&["watch", "add", "cadt", "op_1"]);
    let config = ward.bench.path("every.toml");
    std::fs::write(&config, "[collect]\nevery = \"1s\"\n").unwrap();
    let config = config.display().to_string();
    let run = |arguments: &[&str]| {
        said(&mut ward.command(&[&["--config", config.as_str()], arguments].concat()))
    };
    // The operation is not found: that is what these runs have to say.
    run(&["collect"]);
    std::thread::sleep(std::time::Duration::from_millis(2_500));
    // It is no run of the schedule.
    run(&["collect", "--service", "cadt"]);
    let status = run(&["status", "--format", "json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["schedule"]["overdue"], true, "{status}");
    for arguments in [&["--config", config.as_str()][..], &[]] {
        let arguments = [arguments, &["doctor", "--format", "json"]].concat();
        let report = Report::of(&mut ward.command(&arguments));
        assert_eq!(report.status("runs"), "warning");
        report.says("runs", "detail", "one is due every 1s");
    }
}
