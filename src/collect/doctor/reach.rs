//! What the answers to harmless calls say of permissions, and of the way to the cloud. Pure.

use std::collections::BTreeMap;

use super::probe::Probe;
use super::{Check, Topic};
use crate::cloud::Endpoints;
use crate::cloud::endpoint::host_for_site;
use crate::config::Site;
use crate::model::{Outcome, Service};

/// What the calls that a run needs came to: those denied are named.
pub(super) fn permissions(probes: &[Probe]) -> Check {
    let names = |of: &dyn Fn(&Probe) -> bool| -> Vec<String> {
        let of = probes.iter().filter(|probe| of(probe));
        of.map(|probe| format!("{}:{}", probe.action.service(), probe.action))
            .collect()
    };
    let denied = names(&|probe| probe.outcome == Outcome::Denied);
    let untold = names(&|probe| probe.outcome != Outcome::Denied && !is_allowed(probe.outcome));
    if !denied.is_empty() {
        let said = probes.iter().find(|probe| probe.outcome == Outcome::Denied);
        let said = said.map_or_else(String::new, Probe::said);
        return Check::error(
            Topic::Permissions,
            format!("denied: {} ({said})", denied.join(", ")),
            "grant what is missing; `optrail policy` prints a policy that does",
        );
    }
    if untold.is_empty() {
        return Check::ok(Topic::Permissions, names(&|_| true).join(", "));
    }
    let odd = probes.iter().find(|probe| {
        was_answered(probe) && probe.outcome != Outcome::Denied && !is_allowed(probe.outcome)
    });
    match odd {
        Some(odd) => Check::warning(
            Topic::Permissions,
            format!("not known: {} ({})", untold.join(", "), odd.said()),
            "run this again; if it stays, ask for one operation with `optrail collect -v`",
        ),
        None => Check::skipped(
            Topic::Permissions,
            format!("not known, for want of answers: {}", untold.join(", ")),
        ),
    }
}

/// Whether the call was carried out: of what cannot exist, the cloud knows nothing, and says so.
const fn is_allowed(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Ok | Outcome::NotFound | Outcome::Expired | Outcome::WrongEntity
    )
}

/// Whether the cloud itself answered: an answer that cannot be read is somebody else's.
fn was_answered(probe: &Probe) -> bool {
    !matches!(
        probe.outcome,
        Outcome::Unreachable | Outcome::Truncated | Outcome::TooLarge | Outcome::InvalidAnswer
    )
}

/// Which hosts answer; where one does not, why. A host that answered once can be reached.
pub(super) fn endpoints(probes: &[Probe], endpoints: &Endpoints) -> Check {
    let mut of_service: BTreeMap<Service, &Probe> = BTreeMap::new();
    for probe in probes {
        let best = of_service.entry(probe.action.service()).or_insert(probe);
        if was_answered(probe) && !was_answered(best) {
            *best = probe;
        }
    }
    if let Some(probe) = probes
        .iter()
        .find(|probe| names_other_site(probe, endpoints))
    {
        return Check::error(
            Topic::Endpoints,
            format!("{} says: {}", host(probe, endpoints), probe.said()),
            "if this account is of alibabacloud.com, write site = \"intl\" in its [[account]]",
        );
    }
    let lost: Vec<String> = of_service
        .values()
        .filter(|probe| !was_answered(probe))
        .map(|probe| {
            let service = probe.action.service();
            format!("{service} at {}: {}", host(probe, endpoints), probe.said())
        })
        .collect();
    if let Some(lack) = of_service.values().find(|probe| !was_answered(probe)) {
        return Check::error(Topic::Endpoints, lost.join(", "), advice(lack));
    }
    if let Some(probe) = of_service
        .values()
        .find(|probe| probe.outcome == Outcome::ServerError)
    {
        let detail = format!("{} fails: {}", host(probe, endpoints), probe.said());
        return Check::warning(Topic::Endpoints, detail, "try again later");
    }
    let mut hosts: Vec<String> = of_service
        .values()
        .map(|probe| host(probe, endpoints))
        .collect();
    hosts.dedup();
    let is_encrypted = of_service
        .keys()
        .all(|service| endpoints.of(*service).is_encrypted());
    let how = if is_encrypted { "TLS" } else { "plain http" };
    Check::ok(
        Topic::Endpoints,
        format!("reached over {how}: {}", hosts.join(", ")),
    )
}

fn host(probe: &Probe, endpoints: &Endpoints) -> String {
    endpoints.of(probe.action.service()).host_header()
}

/// Whether the answer itself sends the account to the other site's host.
fn names_other_site(probe: &Probe, endpoints: &Endpoints) -> bool {
    let service = probe.action.service();
    let (own, other) = (
        host_for_site(service, Site::Cn),
        host_for_site(service, Site::Intl),
    );
    own != other
        && host(probe, endpoints) == own
        && was_answered(probe)
        && probe
            .message
            .as_ref()
            .is_some_and(|message| message.contains(other))
}

/// What to do about a host that does not answer, by the fixed words of the client.
fn advice(probe: &Probe) -> &'static str {
    let reason = probe.message.as_deref().unwrap_or_default();
    if probe.outcome == Outcome::InvalidAnswer {
        "something between here and the cloud answers; look at [network] and the endpoint"
    } else if reason.contains("dns") {
        "the name is not known here: look at the endpoint and at this machine's resolver"
    } else if reason.starts_with("tls") {
        "if a proxy opens TLS, name its certificates in [network] ca_file; else look at the clock"
    } else if reason.starts_with("proxy") {
        "look at [network] proxy"
    } else {
        "allow this machine to connect to it (firewall, route, [network] proxy)"
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;
    use crate::model::Action;

    fn probe(action: Action, outcome: Outcome, message: Option<&str>) -> Probe {
        Probe {
            action,
            outcome,
            code: None,
            message: message.map(str::to_owned),
            identity: None,
            offset: None,
        }
    }

    #[test]
    fn what_is_denied_is_named_and_nothing_else() {
        let look = probe(Action::GetStackGroupOperation, Outcome::NotFound, None);
        let find = probe(Action::ListStackGroups, Outcome::Denied, Some("no"));
        let check = permissions(&[look.clone(), find]);
        assert_eq!(check.health, Health::Error);
        assert_eq!(check.detail, "denied: ros:ListStackGroups (no)");
        let check = permissions(&[look]);
        assert_eq!(
            (check.health, check.detail.as_str()),
            (Health::Ok, "ros:GetStackGroupOperation")
        );
    }

    #[test]
    fn without_an_answer_nothing_is_said_of_permissions() {
        let lost = probe(Action::ListStackGroups, Outcome::Unreachable, Some("dns"));
        assert_eq!(
            permissions(std::slice::from_ref(&lost)).health,
            Health::Skipped
        );
        let odd = probe(
            Action::DescribeRegions,
            Outcome::InvalidRequest,
            Some("odd"),
        );
        let check = permissions(&[lost, odd]);
        assert_eq!(check.health, Health::Warning);
        assert!(check.detail.ends_with("(odd)"), "{}", check.detail);
    }

    #[test]
    fn a_host_that_answered_once_is_reached() {
        let hosts = Endpoints::default();
        let lost = probe(
            Action::ListStackGroups,
            Outcome::Unreachable,
            Some("timeout"),
        );
        let found = probe(Action::DescribeRegions, Outcome::Denied, None);
        let check = endpoints(&[lost.clone(), found], &hosts);
        assert_eq!(check.detail, "reached over TLS: ros.aliyuncs.com");
        let check = endpoints(&[lost], &hosts);
        assert_eq!(check.health, Health::Error);
        assert_eq!(check.detail, "ros at ros.aliyuncs.com: timeout");
    }

    #[test]
    fn the_other_site_is_advised_only_where_the_answer_names_it() {
        let hosts = Endpoints::default();
        let sent = Some("Please use ros-intl.aliyuncs.com instead.");
        let told = probe(Action::DescribeRegions, Outcome::InvalidRequest, sent);
        let check = endpoints(&[told], &hosts);
        assert!(
            check
                .advice
                .is_some_and(|text| text.contains("site = \"intl\""))
        );
        let silent = probe(Action::DescribeRegions, Outcome::Denied, Some("no"));
        assert_eq!(endpoints(&[silent], &hosts).health, Health::Ok);
    }
}
