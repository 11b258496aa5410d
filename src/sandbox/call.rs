//! A call whose signature has been checked, read into a type: which action, with which parameters.
//!
//! This is where the placement of parameters, their vocabularies and the limits of pages are
//! checked. The table of actions is the sandbox's own, so that a mistake in the client's is seen.

use super::gate::{Pairs, Signed};
use super::refusal::Refusal;

/// The language of a `Reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// `zh`, the default.
    Zh,
    /// `en`.
    En,
}

/// What a DNS batch task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchType {
    /// Adds domains.
    DomainAdd,
    /// Deletes domains.
    DomainDel,
    /// Adds records.
    RrAdd,
    /// Deletes records.
    RrDel,
}

impl BatchType {
    const ALL: [Self; 4] = [Self::DomainAdd, Self::DomainDel, Self::RrAdd, Self::RrDel];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DomainAdd => "DOMAIN_ADD",
            Self::DomainDel => "DOMAIN_DEL",
            Self::RrAdd => "RR_ADD",
            Self::RrDel => "RR_DEL",
        }
    }
}

/// Which stack-group operation is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RosTarget {
    pub(super) region_id: String,
    pub(super) operation_id: String,
}

/// One call of the served actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    GetStackGroupOperation(RosTarget),
    ListStackGroupOperationResults {
        target: RosTarget,
        page_number: u32,
        page_size: u32,
    },
    StopStackGroupOperation(RosTarget),
    GetExecuteOperationResult {
        operation_id: String,
    },
    DescribeBatchResultCount {
        task_id: Option<i64>,
        batch_type: Option<BatchType>,
        lang: Lang,
    },
    GetCallerIdentity,
}

/// Largest page of ListStackGroupOperationResults, in rows.
const MAX_PAGE_SIZE: u32 = 50;

/// Page of ListStackGroupOperationResults when none is asked for, in rows.
const DEFAULT_PAGE_SIZE: u32 = 10;

/// Every version that a product of the sandbox has.
const VERSIONS: [&str; 4] = [ROS, BPSTUDIO, ALIDNS, STS];
const ROS: &str = "2019-09-10";
const BPSTUDIO: &str = "2021-09-31";
const ALIDNS: &str = "2015-01-09";
const STS: &str = "2015-04-01";

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// The refusal of the gateway (version, action) or of the service (parameters).
    pub(super) fn read(signed: &Signed<'_>) -> Result<Self, Refusal> {
        if !VERSIONS.contains(&&*signed.version) {
            let message = "Specified parameter Version is not valid.";
            return Err(Refusal::new(400, "NoSuchVersion", message));
        }
        let query = Parameters(&signed.query);
        let form = Parameters(&signed.form);
        match (&*signed.version, &*signed.action) {
            (ROS, "GetStackGroupOperation") => {
                Ok(Self::GetStackGroupOperation(query.ros_target()?))
            }
            (ROS, "ListStackGroupOperationResults") => Ok(Self::ListStackGroupOperationResults {
                target: query.ros_target()?,
                page_number: query.number("PageNumber", 1, 1..=u32::MAX)?,
                page_size: query.number("PageSize", DEFAULT_PAGE_SIZE, 1..=MAX_PAGE_SIZE)?,
            }),
            (ROS, "StopStackGroupOperation") => {
                Ok(Self::StopStackGroupOperation(query.ros_target()?))
            }
            (BPSTUDIO, "GetExecuteOperationResult") => Ok(Self::GetExecuteOperationResult {
                operation_id: form.required("OperationId")?.to_owned(),
            }),
            (ALIDNS, "DescribeBatchResultCount") => Ok(Self::DescribeBatchResultCount {
                task_id: query.task_id()?,
                batch_type: query.batch_type()?,
                lang: query.lang()?,
            }),
            (STS, "GetCallerIdentity") => Ok(Self::GetCallerIdentity),
            _ => Err(Refusal::unknown_action()),
        }
    }

    /// The action's name.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::GetStackGroupOperation(_) => "GetStackGroupOperation",
            Self::ListStackGroupOperationResults { .. } => "ListStackGroupOperationResults",
            Self::StopStackGroupOperation(_) => "StopStackGroupOperation",
            Self::GetExecuteOperationResult { .. } => "GetExecuteOperationResult",
            Self::DescribeBatchResultCount { .. } => "DescribeBatchResultCount",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }

    /// The operation or task that is asked for.
    pub(super) fn operation(&self) -> Option<String> {
        match self {
            Self::GetStackGroupOperation(target)
            | Self::StopStackGroupOperation(target)
            | Self::ListStackGroupOperationResults { target, .. } => {
                Some(target.operation_id.clone())
            }
            Self::GetExecuteOperationResult { operation_id } => Some(operation_id.clone()),
            Self::DescribeBatchResultCount { task_id, .. } => task_id.map(|id| id.to_string()),
            Self::GetCallerIdentity => None,
        }
    }

    /// The page that is asked for.
    pub(super) fn page(&self) -> Option<u32> {
        match self {
            Self::ListStackGroupOperationResults { page_number, .. } => Some(*page_number),
            _ => None,
        }
    }
}

/// The parameters of one place, query or form. The other place is not looked at: a parameter that
/// stands there is as good as missing.
struct Parameters<'a>(&'a Pairs);

impl Parameters<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::missing(name))
    }

    fn ros_target(&self) -> Result<RosTarget, Refusal> {
        let region_id = self.required("RegionId")?;
        let operation_id = self.required("OperationId")?;
        if !is_lower_case_uuid(operation_id) {
            return Err(Refusal::invalid(
                "OperationId",
                "it does not match the pattern of an id",
            ));
        }
        Ok(RosTarget {
            region_id: region_id.to_owned(),
            operation_id: operation_id.to_owned(),
        })
    }

    fn number(
        &self,
        name: &str,
        default: u32,
        allowed: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let digits_only = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits_only);
        number
            .filter(|number| allowed.contains(number))
            .ok_or_else(|| {
                let (least, most) = (allowed.start(), allowed.end());
                Refusal::invalid(name, &format!("it is no number from {least} to {most}"))
            })
    }

    fn task_id(&self) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| Refusal::invalid("TaskId", "it is no integer"))
        };
        self.get("TaskId").map(read).transpose()
    }

    fn batch_type(&self) -> Result<Option<BatchType>, Refusal> {
        let read = |text: &str| {
            let mut known = BatchType::ALL.into_iter();
            known
                .find(|batch_type| batch_type.as_str() == text)
                .ok_or_else(|| Refusal::invalid("BatchType", "it is no type of a batch"))
        };
        self.get("BatchType").map(read).transpose()
    }

    fn lang(&self) -> Result<Lang, Refusal> {
        match self.get("Lang") {
            None | Some("zh") => Ok(Lang::Zh),
            Some("en") => Ok(Lang::En),
            Some(_) => Err(Refusal::invalid("Lang", "it is neither zh nor en")),
        }
    }
}

/// Whether a text is a UUID as ROS writes its ids. The pattern is documented for stack ids by the
/// server's own refusals; ids of operations have the same form in every example.
fn is_lower_case_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
