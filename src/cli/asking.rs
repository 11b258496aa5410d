//! What the commands that ask the cloud have in common: from configuration to a collector.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;

use super::os_user::os_user;
use crate::cloud::credentials::{Context, Keeper, Role, Source};
use crate::cloud::{Client, ClientConfig, Endpoint, Endpoints, Limits};
use crate::collect::{Account, Collector, DEFAULT_LABEL, Failure, Progress, Stopping, host_name};
use crate::config::{self, Access, Config};
use crate::export::escape::terminal;
use crate::model::{Clock, Outcome, Service, SystemClock};

/// Services that have an endpoint.
const SERVICES: [Service; 4] = [
    Service::Ros,
    Service::Bpstudio,
    Service::Alidns,
    Service::Sts,
];

/// A variable of the process's environment; one that is not UTF-8 counts as unset.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A collector over the machine's clock, for the accounts that are configured and picked. A mistake in one
/// stops no other; where none can be asked, that is the error.
pub fn collector(config: &Config, stopping: Stopping) -> anyhow::Result<Collector> {
    let mut accounts = Vec::new();
    let mut unmade = BTreeMap::new();
    let mut first = None;
    for (account, made) in each_account(config)? {
        match made {
            Ok(made) => accounts.push(made),
            Err(error) => {
                unmade.insert(account.label.clone(), format!("{error:#}"));
                let context = format!("account '{}'", account.label);
                first = first.or(Some(error.context(context)));
            }
        }
    }
    match first {
        Some(error) if accounts.is_empty() => Err(error),
        _ => Ok(Collector {
            unmade,
            ..collector_of(config, accounts, stopping)
        }),
    }
}

/// An account of the configuration, and what it is asked with or why it cannot be asked.
pub type Made<'c> = (&'c config::Account, anyhow::Result<Arc<Account>>);

/// Each account that is picked by itself: a mistake in one leaves the others.
pub fn each_account(config: &Config) -> anyhow::Result<Vec<Made<'_>>> {
    let mut workshop = Workshop::new(config);
    let picked = picked(config)?.into_iter();
    Ok(picked
        .map(|account| (account, workshop.account(account)))
        .collect())
}

/// The same with accounts that are made already.
pub fn collector_of(config: &Config, accounts: Vec<Arc<Account>>, stopping: Stopping) -> Collector {
    Collector {
        database: config.database.clone(),
        clock: Arc::new(SystemClock),
        accounts,
        unmade: BTreeMap::new(),
        every: config.every,
        endpoint: config.endpoint.clone(),
        simulated: false,
        user: os_user(),
        host: host_name(),
        stopping,
        progress: Arc::new(Progress::default()),
    }
}

/// The accounts to ask. Where none is configured, `--account` does not pick among them, but says whose the
/// credentials have to be.
pub fn picked(config: &Config) -> anyhow::Result<Vec<&config::Account>> {
    if config.has_accounts() {
        return Ok(config.selected_accounts()?);
    }
    Ok(config.configured.iter().collect())
}

/// Makes accounts, and shares among them what is the same: connections, and the key that takes on roles.
struct Workshop<'c> {
    config: &'c Config,
    clock: Arc<dyn Clock>,
    clients: Vec<Arc<Client>>,
    contexts: Vec<(ClientConfig, Arc<Context>)>,
    bases: Vec<(Access, ClientConfig, Arc<Keeper>)>,
}

impl<'c> Workshop<'c> {
    fn new(config: &'c Config) -> Self {
        Self {
            config,
            clock: Arc::new(SystemClock),
            clients: Vec::new(),
            contexts: Vec::new(),
            bases: Vec::new(),
        }
    }

    fn account(&mut self, account: &config::Account) -> anyhow::Result<Arc<Account>> {
        let asked = self.client_config(account)?;
        let keeper = match &account.role {
            None => self.base(&account.access, &asked)?,
            Some(role) => {
                let base = self.base(&account.access, &asked)?;
                let role = Role {
                    session_name: role.session_name.clone(),
                    external_id: role.external_id.clone(),
                    duration_seconds: Some(role.duration_seconds),
                    ..Role::new(role.arn.clone())
                };
                Arc::new(Keeper::assume(base, role, self.context(&asked)?))
            }
        };
        Ok(Arc::new(Account {
            label: account.label.clone(),
            account_ids: self.account_ids(account),
            keeper,
            client: self.client(&asked)?,
            caps: self.config.caps.clone(),
        }))
    }

    fn account_ids(&self, account: &config::Account) -> Vec<String> {
        if self.config.has_accounts() {
            return account.account_id.iter().cloned().collect();
        }
        let words = self.config.accounts.iter();
        words
            .filter(|word| **word != account.label)
            .cloned()
            .collect()
    }

    fn client_config(&self, account: &config::Account) -> anyhow::Result<ClientConfig> {
        let mut endpoints = Endpoints::for_site(account.site);
        for service in SERVICES {
            if let Some(address) = self.config.endpoint_of(account, service) {
                let endpoint = Endpoint::parse(address)
                    // The address itself is not repeated: it may hold a password.
                    .with_context(|| format!("the endpoint of {service} cannot be used"))?;
                endpoints.set(service, endpoint);
            }
        }
        Ok(ClientConfig {
            endpoints,
            signature: account.signature,
            limits: Limits::default(),
            network: self.config.network.clone(),
        })
    }

    fn client(&mut self, asked: &ClientConfig) -> anyhow::Result<Arc<Client>> {
        if let Some(client) = self.clients.iter().find(|client| client.config() == asked) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(Client::new(asked.clone(), Arc::clone(&self.clock))?);
        self.clients.push(Arc::clone(&client));
        Ok(client)
    }

    fn context(&mut self, asked: &ClientConfig) -> anyhow::Result<Arc<Context>> {
        if let Some((_, context)) = self.contexts.iter().find(|(there, _)| there == asked) {
            return Ok(Arc::clone(context));
        }
        let variables = Arc::new(environment);
        let clock = Arc::clone(&self.clock);
        let context = Arc::new(Context::new(variables, clock, asked.clone())?);
        self.contexts.push((asked.clone(), Arc::clone(&context)));
        Ok(context)
    }

    /// The keeper of what an account has itself; accounts that take on roles share it.
    fn base(&mut self, access: &Access, asked: &ClientConfig) -> anyhow::Result<Arc<Keeper>> {
        let is_same =
            |(of, with, _): &&(Access, ClientConfig, Arc<Keeper>)| of == access && with == asked;
        if let Some((_, _, keeper)) = self.bases.iter().find(is_same) {
            return Ok(Arc::clone(keeper));
        }
        let source = match access {
            Access::Chain => Source::DefaultChain,
            Access::Profile(name) => Source::Profile(name.clone()),
        };
        let keeper = Arc::new(Keeper::new(source, self.context(asked)?));
        self.bases
            .push((access.clone(), asked.clone(), Arc::clone(&keeper)));
        Ok(keeper)
    }
}

/// Threads on which the cloud is asked: two, because requests wait and databases have a thread of their own.
const THREADS: usize = 2;

/// The runtime on which the cloud is asked.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    expect_threads(THREADS + 1).context(
        "cannot start the threads that ask the cloud; the limit on memory (ulimit -v) or on processes (ulimit -u) is too \
         small",
    )?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Expects that the machine gives so many threads at once. The runtime panics where it gives fewer, or waits for
/// ever for those that it did not get.
fn expect_threads(count: usize) -> std::io::Result<()> {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let started: std::io::Result<Vec<_>> = (0..count)
        .map(|_| {
            let held = Arc::clone(&held);
            std::thread::Builder::new().spawn(move || {
                // Ends once `hold` is dropped; what else can be wrong with a lock ends it as well.
                let _ = held.lock().map(|held| held.recv());
            })
        })
        .collect();
    drop(hold);
    for thread in started? {
        let _ = thread.join();
    }
    Ok(())
}

/// Characters of the cloud's message that a line shows; the whole of it is a column of `requests`.
const MESSAGE_CHARS_SHOWN: usize = 500;

/// One line for people about a call that failed for good, or about an account that could not be asked.
pub fn failure_line(failure: &Failure) -> String {
    format!("{}: {}", failing_thing(failure), failure_text(failure))
}

/// What fails, in words that name the same thing in every run; a call of discovery comes last in them, after
/// the stack group that it is about.
pub fn failing_thing(failure: &Failure) -> String {
    let Some(action) = failure.action.filter(|a| a.service() != Service::Sts) else {
        return account_thing(&failure.label);
    };
    let region = failure.region_id.as_deref();
    let name = match (&failure.operation_id, &failure.stack_group_name) {
        (Some(operation_id), _) => operation_id.clone(),
        (None, Some(group)) => format!("{group} {action}"),
        (None, None) => action.as_str().to_owned(),
    };
    thing(&failure.label, action.service(), region, &name)
}

/// An account, as one that fails is named.
pub fn account_thing(label: &str) -> String {
    terminal(&format!("account '{label}'")).into_owned()
}

/// An operation or a call of discovery, as one that fails is named. Of the only account nothing is said.
pub fn thing(label: &str, service: Service, region: Option<&str>, name: &str) -> String {
    let label = Some(label).filter(|label| *label != DEFAULT_LABEL);
    let words = [label, Some(service.as_str()), region, Some(name)];
    let words: Vec<&str> = words
        .into_iter()
        .flatten()
        .filter(|word| !word.is_empty())
        .collect();
    terminal(&words.join(" ")).into_owned()
}

/// Why it fails. The call is said where the thing that fails is not named by it.
pub fn failure_text(failure: &Failure) -> String {
    let mut parts = Vec::new();
    if let Some(action) = failure.action {
        let names_thing = failure.operation_id.is_none() && action.service() != Service::Sts;
        parts.push(match names_thing {
            true => failure.outcome.to_owned(),
            false => format!("{action} {}", failure.outcome),
        });
    }
    for text in [&failure.code, &failure.message].into_iter().flatten() {
        let mut part: String = text.chars().take(MESSAGE_CHARS_SHOWN).collect();
        if text.chars().nth(MESSAGE_CHARS_SHOWN).is_some() {
            part.push('…');
        }
        parts.push(part);
    }
    let mut line = parts.join(": ");
    if let Some(request_id) = &failure.request_id {
        line.push_str(&format!(" (RequestId {request_id})"));
    }
    if failure.outcome == Outcome::Credential.as_str() {
        line.push_str("; `optrail doctor` says what to do");
    }
    terminal(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Action;

    fn failure(action: Option<Action>, outcome: Outcome) -> Failure {
        Failure {
            label: DEFAULT_LABEL.to_owned(),
            account_id: None,
            action,
            region_id: Some("cn-hangzhou".to_owned()),
            operation_id: None,
            stack_group_name: None,
            outcome: outcome.as_str(),
            code: None,
            message: None,
            request_id: None,
        }
    }

    #[test]
    fn a_call_is_named_once_and_with_its_stack_group() {
        let list = failure(Some(Action::ListStackGroups), Outcome::InvalidAnswer);
        assert_eq!(
            failure_line(&list),
            "ros cn-hangzhou ListStackGroups: invalid_answer"
        );
        let of_group = Failure {
            stack_group_name: Some("web".to_owned()),
            ..failure(
                Some(Action::ListStackGroupOperations),
                Outcome::InvalidAnswer,
            )
        };
        assert_eq!(
            failure_line(&of_group),
            "ros cn-hangzhou web ListStackGroupOperations: invalid_answer"
        );
        let of_operation = Failure {
            operation_id: Some("6da1".to_owned()),
            ..failure(Some(Action::GetStackGroupOperation), Outcome::Denied)
        };
        assert_eq!(
            failure_line(&of_operation),
            "ros cn-hangzhou 6da1: GetStackGroupOperation denied"
        );
    }

    #[test]
    fn credentials_that_fail_send_to_the_doctor() {
        let refused = Failure {
            code: Some("InvalidAccessKeyId.NotFound".to_owned()),
            request_id: Some("1-2".to_owned()),
            ..failure(Some(Action::GetCallerIdentity), Outcome::Credential)
        };
        assert_eq!(
            failure_line(&refused),
            "account 'default': GetCallerIdentity credential: InvalidAccessKeyId.NotFound (RequestId 1-2); \
             `optrail doctor` says what to do"
        );
        let unasked = Failure {
            message: Some("no credentials".to_owned()),
            ..failure(None, Outcome::Credential)
        };
        assert!(
            failure_line(&unasked).ends_with("no credentials; `optrail doctor` says what to do")
        );
    }
}
