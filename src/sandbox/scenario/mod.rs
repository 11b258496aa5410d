//! Named worlds: what `optrail demo` shows, what `optrail sandbox --scenario` serves, and what
//! tests of paging and of hostile texts need.

mod demo;
mod hostile;
mod paging;

pub use demo::{DemoIds, demo};
pub use hostile::{HOSTILE_TEXTS, HostileIds, hostile, long_text};
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
}

/// A name that is no scenario.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no scenario; there are demo, paging and hostile")]
pub struct UnknownScenario(String);

/// Something in a scenario that can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is there for.
    pub role: String,
    /// `ros`, `bpstudio` or `alidns`.
    pub service: &'static str,
    /// Where it lives, where the service has regions.
    pub region_id: Option<&'static str>,
    /// Its operation or task id.
    pub id: String,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 3] = [Self::Demo, Self::Paging, Self::Hostile];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Paging => "paging",
            Self::Hostile => "hostile",
        }
    }

    /// Puts it into the world, for that account, beginning now. Gives what can be watched.
    pub fn load(self, world: &World, account_id: &str) -> Vec<Entity> {
        match self {
            Self::Demo => demo(world, account_id).entities(),
            Self::Paging => paging(world, account_id).entities(),
            Self::Hostile => hostile(world, account_id).entities(),
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
            for entity in entities {
                assert!(ids.insert((entity.service, entity.id)), "{}", entity.role);
            }
        }
        assert!("nothing".parse::<Scenario>().is_err());
    }
}
