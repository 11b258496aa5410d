//! Leaves, calls and answers that the life is made of.

use optrail::evidence::leaf::{Ask, Call, Parameters, Watch as WatchLeaf, WatchChange};
use optrail::model::{Action, Service, UtcMillis};

use super::answers::{ACCOUNT, REGION, bpstudio_operation, ros_operation};
use super::log::{THINGS, lists_results};

pub fn service(thing: usize) -> Service {
    if lists_results(thing) {
        Service::Ros
    } else {
        Service::Bpstudio
    }
}

pub fn region(thing: usize) -> Option<String> {
    lists_results(thing).then(|| REGION.to_owned())
}

pub fn seen(thing: usize) -> String {
    if lists_results(thing) {
        ros_operation(THINGS[thing], "RUNNING", None)
    } else {
        bpstudio_operation(THINGS[thing], "RUNNING")
    }
}

pub fn watch_leaf(watch: i64, change: WatchChange, at: i64) -> WatchLeaf {
    WatchLeaf::new(watch, change, "ops", UtcMillis(at))
}

pub fn identity_call(label: &str) -> Ask {
    Ask::Call(Call {
        label: Some(label.to_owned()),
        account: None,
        action: Action::GetCallerIdentity,
        region: None,
        parameters: Parameters::default(),
        intervention: None,
        watch: None,
    })
}

pub fn call(label: &str, thing: usize) -> Ask {
    let action = if lists_results(thing) {
        Action::GetStackGroupOperation
    } else {
        Action::GetExecuteOperationResult
    };
    let parameters = [("OperationId".to_owned(), THINGS[thing].to_owned())];
    Ask::Call(Call {
        label: Some(label.to_owned()),
        account: Some(ACCOUNT.to_owned()),
        action,
        region: region(thing),
        parameters: Parameters::new(parameters).unwrap(),
        intervention: None,
        watch: None,
    })
}
