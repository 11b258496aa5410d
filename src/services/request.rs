//! A call, ready to be signed: what is asked, of which service, and where its parameters travel.

use crate::model::{Action, Service};

/// Where the business parameters of a call travel. V3 hashes the body apart from the query, so the
/// place is part of what is signed; it is the one that the official SDKs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In the query string, with an empty body (ROS, AliDNS, STS).
    Query,
    /// As an `application/x-www-form-urlencoded` body (BPStudio, and the calls of STS that may carry a token
    /// or a policy too long for a URL).
    Form,
}

/// One call without credentials, time or nonce. Method is always POST, path always `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The call.
    pub action: Action,
    /// Business parameters in the order in which they are kept as evidence; names are unique.
    pub parameters: Vec<(&'static str, String)>,
}

impl Request {
    /// The service that answers.
    pub fn service(&self) -> Service {
        self.action.service()
    }

    /// Where the parameters travel.
    pub fn placement(&self) -> Placement {
        match self.service() {
            Service::Bpstudio => Placement::Form,
            Service::Sts if self.action.answers_with_credentials() => Placement::Form,
            Service::Ros | Service::Alidns | Service::Sts => Placement::Query,
        }
    }

    /// The operation or task asked for, where one is named.
    pub fn operation_id(&self) -> Option<&str> {
        self.parameter(self.action.id_parameter()?)
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value.as_str())
    }
}
