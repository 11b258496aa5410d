//! Named worlds: what `optrail demo` shows, what `optrail sandbox --scenario` serves, and what
//! tests of paging and of hostile texts need.

mod accounts;
mod demo;
mod fleet;
mod hostile;
mod many;
mod paging;

pub use accounts::{READER_ROLE, ReaderAccount, accounts};
pub use demo::{DemoIds, demo};
pub use fleet::{FLEET_REGIONS, FleetAccount, GROUPS_OF_FLEET, fleet};
pub use hostile::{HOSTILE_TEXTS, HostileIds, hostile, long_text};
pub use many::{MANY_OPERATIONS, MANY_RESULTS, ManyIds, many};
pub use paging::{PAGING_COUNTS, PagingIds, paging};

use std::str::FromStr;

use super::world::World;

/// A scenario by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// A few operations of each service.
    Demo,
    /// Operations of 0 to 100,000 results.
    Paging,
    /// Texts that break what does not expect them.
    Hostile,
    /// Three accounts whose stack groups, batches and CADT operations come and go.
    Fleet,
    /// 2,000 operations of 20 results.
    Many,
    /// Twenty accounts, each to be read by a role.
    Accounts,
}

/// Accounts of the scenario `fleet` by its name; [`fn@fleet`] takes any.
const FLEET_ACCOUNTS: u32 = 3;

/// Accounts of the scenario `accounts` by its name; [`fn@accounts`] takes any.
const ACCOUNTS: u32 = 20;

/// A name that is no scenario.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no scenario; there are demo, paging, hostile, fleet, many and accounts")]
pub struct UnknownScenario(String);

/// Something in a scenario that can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is there for.
    pub role: String,
    /// `ros`, `ros-stack-groups`, `bpstudio` or `alidns`.
    pub service: &'static str,
    /// Where it lives, where the service has regions; `all` where stack groups of every region are
    /// meant.
    pub region_id: Option<&'static str>,
    /// Its operation or task id; empty for what is found by itself.
    pub id: String,
}

/// What a scenario put into the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What can be watched with the key that the scenario is for.
    pub entities: Vec<Entity>,
    /// The accounts that a configuration has to name to see all of it; none: the key's own alone.
    pub readers: Vec<ReaderAccount>,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 6] = [
        Self::Demo,
        Self::Paging,
        Self::Hostile,
        Self::Fleet,
        Self::Many,
        Self::Accounts,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Paging => "paging",
            Self::Hostile => "hostile",
            Self::Fleet => "fleet",
            Self::Many => "many",
            Self::Accounts => "accounts",
        }
    }

    /// Puts it into the world, for that account, beginning now. Gives what can be watched.
    pub fn load(self, world: &World, account_id: &str) -> Vec<Entity> {
        self.load_accounts(world, account_id, None).entities
    }

    /// The same with so many accounts, where the scenario is one of accounts.
    pub fn load_accounts(self, world: &World, account_id: &str, count: Option<u32>) -> Loaded {
        let ids = |usual: u32| reader_ids(account_id, count.unwrap_or(usual));
        let entities = match self {
            Self::Demo => demo(world, account_id).entities(),
            Self::Paging => paging(world, account_id).entities(),
            Self::Hostile => hostile(world, account_id).entities(),
            Self::Many => many(world, account_id).entities(),
            Self::Fleet => {
                let accounts = fleet(world, &ids(FLEET_ACCOUNTS));
                let readers = accounts.iter().map(|account| ReaderAccount {
                    account_id: account.account_id.clone(),
                    role_arn: account.role_arn.clone(),
                });
                return Loaded {
                    readers: readers.collect(),
                    entities: accounts
                        .iter()
                        .take(1)
                        .flat_map(FleetAccount::entities)
                        .collect(),
                };
            }
            Self::Accounts => {
                return Loaded {
                    readers: accounts(world, &ids(ACCOUNTS)),
                    entities: vec![stack_groups_entity("all operations of an account")],
                };
            }
        };
        Loaded {
            entities,
            readers: Vec::new(),
        }
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|scenario| scenario.as_str() == name)
            .ok_or_else(|| UnknownScenario(name.to_owned()))
    }
}

/// The region in which every stack group of a scenario lives.
const REGION_ID: &str = "cn-hangzhou";

fn ros_entity(role: impl Into<String>, id: &str) -> Entity {
    Entity {
        role: role.into(),
        service: "ros",
        region_id: Some(REGION_ID),
        id: id.to_owned(),
    }
}

fn stack_groups_entity(role: &str) -> Entity {
    Entity {
        role: role.to_owned(),
        service: "ros-stack-groups",
        region_id: Some("all"),
        id: String::new(),
    }
}

/// The accounts of a scenario: that of the key, and made-up ones after it.
pub fn reader_ids(account_id: &str, count: u32) -> Vec<String> {
    let others = (1..count).map(|number| (FIRST_OTHER_ACCOUNT + u64::from(number)).to_string());
    [account_id.to_owned()].into_iter().chain(others).collect()
}

/// Before the first account beside that of the key. 16 digits.
const FIRST_OTHER_ACCOUNT: u64 = 1_900_000_000_000_000;

fn bpstudio_entity(role: &str, id: &str) -> Entity {
    Entity {
        role: role.to_owned(),
        service: "bpstudio",
        region_id: None,
        id: id.to_owned(),
    }
}

fn alidns_entity(role: &str, task_id: i64) -> Entity {
    Entity {
        role: role.to_owned(),
        service: "alidns",
        region_id: None,
        id: task_id.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::model::{ManualClock, UtcMillis};

    #[test]
    fn every_scenario_has_a_name_and_distinct_entities() {
        let clock = Arc::new(ManualClock::new(UtcMillis(1_767_323_045_000)));
        let world = World::new(clock, 7);
        let mut ids = HashSet::new();
        for scenario in Scenario::ALL {
            assert_eq!(scenario.as_str().parse::<Scenario>().unwrap(), scenario);
            let entities = scenario.load(&world, "1234567890123456");
            assert!(!entities.is_empty());
            for entity in entities.into_iter().filter(|entity| !entity.id.is_empty()) {
                assert!(ids.insert((entity.service, entity.id)), "{}", entity.role);
            }
        }
        assert!("nothing".parse::<Scenario>().is_err());
    }
}
