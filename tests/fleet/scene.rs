//! Worlds of several accounts: who is asked with what, and what is watched for whom.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use optrail::cloud::{
    Client, ClientConfig, Context, Credentials, Endpoint, Endpoints, Keeper, Role, Secret, Source,
};
use optrail::collect::{Account, Collector, DEFAULT_LABEL, RoundOptions};
use optrail::evidence::leaf::{Watch, WatchChange, WatchKind};
use optrail::model::{Clock, Service, SystemClock};
use optrail::sandbox::{
    CREDENTIALS_URI_PATH, Key, RosSpec, RowFormula, Rows, SandboxConfig, Schedule, Word,
};
use optrail::store::watches::WatchTarget;

use crate::world::{ACCOUNT, REGION, World, options};

/// Has the world live by the machine's clock: tokens end and limits count as the program sees them.
pub fn real_time(config: &mut SandboxConfig) {
    config.clock = Arc::new(SystemClock);
    config.signature_clock = Some(Arc::new(SystemClock));
}

/// A world that lives by the machine's clock.
pub fn real_time_world(seed: u64) -> World {
    World::with(seed, real_time)
}

/// What a run may do that is not to be cut short.
pub fn patient() -> RoundOptions {
    RoundOptions {
        deadline: Duration::from_secs(300),
        ..options()
    }
}

/// Adds a watch as a person does; tells its number.
pub fn watch(world: &World, target: WatchTarget) -> i64 {
    let service: Service = target.service.parse().unwrap();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let leaf = Watch {
        service: Some(service),
        label: Some(target.label.clone()),
        region: some(&target.region_id),
        operation: some(&target.operation_id),
        kind: target.kind.as_ref().map(|_| WatchKind::RosStackGroups),
        names: target.names.clone(),
        since: target.since,
        batch_type: target.batch_type.clone(),
        lang: (service == Service::Alidns).then(|| "en".to_owned()),
        origin: Some("test".to_owned()),
        ..Watch::new(0, WatchChange::Add, "tester", world.cloud.now())
    };
    world.recorder().add_watch(leaf).unwrap().0
}

/// The stack groups of a region, or of `all`.
pub fn stack_groups(region: &str) -> WatchTarget {
    WatchTarget {
        service: "ros".to_owned(),
        label: DEFAULT_LABEL.to_owned(),
        region_id: region.to_owned(),
        kind: Some("ros-stack-groups".to_owned()),
        ..WatchTarget::default()
    }
}

/// The account's last DNS task, of a type or of any.
pub fn last_task(batch_type: Option<&str>) -> WatchTarget {
    WatchTarget {
        service: "alidns".to_owned(),
        label: DEFAULT_LABEL.to_owned(),
        batch_type: batch_type.map(str::to_owned),
        ..WatchTarget::default()
    }
}

/// One stack-group operation in the usual region.
pub fn ros(operation: &str) -> WatchTarget {
    WatchTarget {
        service: "ros".to_owned(),
        label: DEFAULT_LABEL.to_owned(),
        region_id: REGION.to_owned(),
        operation_id: operation.to_owned(),
        ..WatchTarget::default()
    }
}

/// One CADT operation.
pub fn cadt(operation: &str) -> WatchTarget {
    WatchTarget {
        service: "bpstudio".to_owned(),
        label: DEFAULT_LABEL.to_owned(),
        operation_id: operation.to_owned(),
        ..WatchTarget::default()
    }
}

/// The same, to be asked with the credentials of that name.
pub fn of(label: &str, target: WatchTarget) -> WatchTarget {
    WatchTarget {
        label: label.to_owned(),
        ..target
    }
}

/// An operation that began and ended before the world, with so many results, all of which succeeded.
pub fn ended(world: &World, account_id: &str, rows: u32) -> RosSpec {
    let began = world.cloud.now().plus_ms(-6 * 3_600_000);
    let status =
        Schedule::starting(began, Word::from("RUNNING")).then(3_600_000, "SUCCEEDED".into());
    RosSpec {
        rows: Rows::Formula(RowFormula {
            wave: u32::MAX,
            fails_one_in: 0,
            ..RowFormula::of(rows, began)
        }),
        ..RosSpec::new(account_id, status)
    }
}

/// A key of another account, known to the cloud.
pub fn key_of(world: &World, account_id: &str) -> Key {
    let key = Key {
        access_key_id: format!("LTAI{account_id}"),
        access_key_secret: format!("secretOf{account_id}"),
        security_token: None,
        account_id: account_id.to_owned(),
        arn: format!("acs:ram::{account_id}:user/recorder"),
    };
    world.cloud.add_key(key.clone());
    key
}

/// How the collector in this process reaches the cloud.
pub struct Reach {
    clock: Arc<dyn Clock>,
    context: Arc<Context>,
    client: Arc<Client>,
}

impl Reach {
    /// The sandbox.
    pub fn to(world: &World, clock: Arc<dyn Clock>) -> Self {
        Self::at(&world.endpoint(), clock, |_| ())
    }

    /// Any address, and in another way than usual.
    pub fn at(
        endpoint: &str,
        clock: Arc<dyn Clock>,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Self {
        let mut config = ClientConfig {
            endpoints: Endpoints::everywhere(Endpoint::parse(endpoint).unwrap()),
            ..ClientConfig::default()
        };
        change(&mut config);
        let nothing = Arc::new(|_: &str| None);
        let context = Context::new(nothing, Arc::clone(&clock), config.clone()).unwrap();
        Self {
            context: Arc::new(context),
            client: Arc::new(Client::new(config, Arc::clone(&clock)).unwrap()),
            clock,
        }
    }

    /// A keeper of a key.
    pub fn keeper(&self, key: &Key) -> Arc<Keeper> {
        let secret = Secret::new(key.access_key_secret.clone());
        let token = key.security_token.clone().map(Secret::new);
        let key = Credentials::new(&key.access_key_id, secret, token, "a test").unwrap();
        Arc::new(Keeper::new(Source::Fixed(key), Arc::clone(&self.context)))
    }

    /// A keeper of a role that the holder of `base` takes on.
    pub fn role(&self, base: &Arc<Keeper>, role_arn: &str) -> Arc<Keeper> {
        let role = Role::new(role_arn);
        let context = Arc::clone(&self.context);
        Arc::new(Keeper::assume(Arc::clone(base), role, context))
    }

    /// An account that is asked with these credentials.
    pub fn account(&self, label: &str, keeper: Arc<Keeper>) -> Arc<Account> {
        Arc::new(Account {
            label: label.to_owned(),
            account_ids: Vec::new(),
            keeper,
            client: Arc::clone(&self.client),
            caps: BTreeMap::new(),
        })
    }

    /// A collector of these accounts.
    pub fn collector(&self, world: &World, accounts: Vec<Arc<Account>>) -> Collector {
        Collector {
            accounts,
            clock: Arc::clone(&self.clock),
            ..world.collector()
        }
    }
}

/// A collector that asks as the world's own key by way of its reader role, on the world's clock.
pub fn by_role(world: &World, role_arn: &str) -> Collector {
    let reach = Reach::to(world, Arc::clone(&world.clock) as Arc<dyn Clock>);
    let keeper = reach.role(&reach.keeper(&world.key), role_arn);
    let account = reach.account(DEFAULT_LABEL, keeper);
    reach.collector(world, vec![account])
}

/// A collector that asks with what the sandbox's credentials URI hands out, on the world's clock.
pub fn by_uri(world: &World) -> Collector {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let reach = Reach::to(world, Arc::clone(&clock));
    let uri = format!("{}{CREDENTIALS_URI_PATH}", world.endpoint());
    let variables = Arc::new(move |name: &str| match name {
        "ALIBABA_CLOUD_CREDENTIALS_URI" => Some(uri.clone()),
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED" => Some("true".to_owned()),
        _ => None,
    });
    let context = Context::new(variables, clock, reach.client.config().clone()).unwrap();
    let keeper = Keeper::new(Source::DefaultChain, Arc::new(context));
    let account = reach.account(DEFAULT_LABEL, Arc::new(keeper));
    reach.collector(world, vec![account])
}

/// A profile of the official CLI's file.
pub fn profile(name: &str, key: &Key) -> serde_json::Value {
    serde_json::json!({
        "name": name, "mode": "AK", "region_id": REGION,
        "access_key_id": key.access_key_id, "access_key_secret": key.access_key_secret,
    })
}

/// Writes the official CLI's file and a configuration, which the program is then run with.
pub fn configure(world: &World, profiles: Vec<serde_json::Value>, toml: &str) -> PathBuf {
    let file = serde_json::json!({"current": "none", "profiles": profiles});
    let home = world.home();
    fs::create_dir_all(home.join(".aliyun")).unwrap();
    let credentials = home.join(".aliyun/config.json");
    fs::write(&credentials, file.to_string()).unwrap();
    fs::set_permissions(&credentials, Permissions::from_mode(0o600)).unwrap();
    let path = home.join("optrail.toml");
    fs::write(&path, toml).unwrap();
    path
}

/// The program with that configuration, and without the key of the environment.
pub fn configured(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.optrail(arguments);
    command
        .env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID")
        .env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        .env("OPTRAIL_CONFIG", world.home().join("optrail.toml"));
    command
}

/// What `[account.endpoints]` says where every service has the same address.
pub fn endpoints(address: &str) -> String {
    let services = ["ros", "bpstudio", "alidns", "sts"];
    let lines = services.map(|service| format!("{service} = \"{address}\"\n"));
    format!("[account.endpoints]\n{}", lines.concat())
}

/// The account of the world's own key.
pub const OWN: &str = ACCOUNT;
