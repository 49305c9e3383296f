//! Why a call failed, and what a controller decides on. The only file that names
//! the cloud's error codes (the "Error codes" tables of the ECS and VPC actions).
//!
//! The tables carry misspellings of their own (`Forbedden`, `Forbbiden`); they
//! are kept, since the cloud sends them.

use std::error::Error as StdError;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use crate::answer::Misfit;

/// Why an action failed. `action` is its name in the API.
#[derive(Debug, Error)]
pub enum Error {
    /// No connection: the request has not left, so nothing has changed.
    #[error("{action}: connect to {host}")]
    Connect {
        /// The action.
        action: &'static str,
        /// Host and port.
        host: String,
        /// What the network or TLS said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// No whole answer in time. Whether the cloud has acted is unknown.
    #[error("{action}: no answer within {after:?}")]
    Timeout {
        /// The action.
        action: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The connection broke before the answer was whole. Whether the cloud has acted is unknown.
    #[error("{action}: the connection broke before the answer was whole")]
    Broken {
        /// The action.
        action: &'static str,
        /// What the network said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Too many calls; nothing has changed.
    #[error("{action}: {refusal}")]
    Throttled {
        /// The action.
        action: &'static str,
        /// What the cloud said.
        refusal: Refusal,
    },
    /// The cloud refused the request.
    #[error("{action}: {refusal}")]
    Refused {
        /// The action.
        action: &'static str,
        /// What the cloud said.
        refusal: Refusal,
    },
    /// The cloud said yes, in an answer that cannot be read. It has acted.
    #[error("{action}: the answer is wrong at {path}")]
    BadAnswer {
        /// The action.
        action: &'static str,
        /// Where in the answer, `.` for the whole.
        path: String,
        /// What is wrong there.
        source: serde_json::Error,
    },
}

/// An answer with an HTTP status that is not of success.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{code} ({status}): {message} [request {request_id}]", request_id = request_id.as_deref().unwrap_or("unknown"))]
pub struct Refusal {
    /// The cloud's code; `HTTP 502` and the like where the answer had none.
    pub code: String,
    /// The cloud's words, or the beginning of an answer of another form.
    pub message: String,
    /// By which the cloud's support finds the call.
    pub request_id: Option<String>,
    /// HTTP status.
    pub status: u16,
}

/// What a failure means to whoever decides what to do next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The vSwitch has no free address or prefix left: take another one.
    VSwitchExhausted,
    /// The instance, account or security group can have no more interfaces.
    EniQuota,
    /// The interface can have no more addresses.
    AddressQuota,
    /// What was named does not exist.
    NotFound(Missing),
    /// What was named is in a state that forbids the action now: look again first.
    Conflict,
    /// The key is wrong or lacks the right. Trying again does not help.
    Forbidden,
    /// The ClientToken can serve no more: look what exists, then take a fresh one.
    TokenSpent,
    /// Too many calls.
    Throttled,
    /// Goes away by itself; whether the cloud has acted may be unknown.
    Transient,
    /// Everything else: a request that is wrong, or an answer that is.
    Other,
}

/// What does not exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Missing {
    /// The interface.
    Interface,
    /// The instance.
    Instance,
    /// The address is not assigned to the interface.
    Address,
    /// Something else, for example a vSwitch or a security group.
    Other,
}

impl Kind {
    /// Whether the same request may succeed a little later.
    pub fn passes(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient)
    }
}

impl Error {
    /// Reads an answer whose HTTP status is not of success.
    pub(crate) fn refusal(action: &'static str, status: u16, body: &[u8]) -> Self {
        let refusal = Refusal::read(status, body);
        match classify(&refusal.code, status) {
            Kind::Throttled => Self::Throttled { action, refusal },
            _ => Self::Refused { action, refusal },
        }
    }

    /// An answer of success that cannot be read.
    pub(crate) fn misfit(action: &'static str, misfit: Misfit) -> Self {
        Self::BadAnswer { action, path: misfit.path().to_string(), source: misfit.into_inner() }
    }

    /// What the failure means.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => Kind::Transient,
            Self::Throttled { .. } => Kind::Throttled,
            Self::Refused { refusal, .. } => classify(&refusal.code, refusal.status),
            Self::BadAnswer { .. } => Kind::Other,
        }
    }

    /// One word for a counter: the cloud's code, or the name of the variant.
    pub fn code(&self) -> &str {
        match self {
            Self::Connect { .. } => "Connect",
            Self::Timeout { .. } => "Timeout",
            Self::Broken { .. } => "Broken",
            Self::Throttled { refusal, .. } | Self::Refused { refusal, .. } => &refusal.code,
            Self::BadAnswer { .. } => "BadAnswer",
        }
    }
}

/// Of an answer in another form, for example a proxy's page, this much is kept.
const EXCERPT: usize = 200;

impl Refusal {
    fn read(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire {
            code: String,
            #[serde(default)]
            message: String,
            request_id: Option<String>,
        }
        let wire = serde_json::from_slice::<Wire>(body);
        wire.map_or_else(
            |_| Self::of_another_form(status, &String::from_utf8_lossy(body)),
            |Wire { code, message, request_id }| Self { code, message, request_id, status },
        )
    }

    fn of_another_form(status: u16, text: &str) -> Self {
        let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let message = visible.take(EXCERPT).collect();
        Self { code: format!("HTTP {status}"), message, request_id: None, status }
    }
}

const EXACT: [(&str, Kind); 37] = [
    ("InvalidVSwitchId.IpNotEnough", Kind::VSwitchExhausted),
    ("InvalidVSwitchId.IpPrefixNotEnough", Kind::VSwitchExhausted),
    ("QuotaExceeded.PrivateIpAddress", Kind::VSwitchExhausted),
    ("EniPerInstanceLimitExceeded", Kind::EniQuota),
    ("InvalidOperation.EniCountExceeded", Kind::EniQuota),
    ("InvalidOperation.EniTrunkDeviceFull", Kind::EniQuota),
    ("InvalidOperation.HighPerformanceEniPerInstanceLimitExceeded", Kind::EniQuota),
    ("MaxEniCountExceeded", Kind::EniQuota),
    ("OperationDenied.NoEniStock", Kind::EniQuota),
    ("SecurityGroupInstanceLimitExceed", Kind::EniQuota),
    ("InvalidOperation.Ipv4CountExceeded", Kind::AddressQuota),
    ("InvalidOperation.Ipv6CountExceeded", Kind::AddressQuota),
    ("InvalidOperation.MaxEniIpv6IpsCountExceeded", Kind::AddressQuota),
    ("MaxEniIpv6IpsCountExceeded", Kind::AddressQuota),
    ("MaxEniPrivateIpsCountExceeded", Kind::AddressQuota),
    ("InvalidEniId.NotFound", Kind::NotFound(Missing::Interface)),
    ("InvalidEcsId.NotFound", Kind::NotFound(Missing::Instance)),
    ("InvalidInstanceId.NotFound", Kind::NotFound(Missing::Instance)),
    ("InvalidIp.IpUnassigned", Kind::NotFound(Missing::Address)),
    ("IncorrectVSwitchStatus", Kind::Conflict),
    ("InvalidOperation.EniOperationConflict", Kind::Conflict),
    ("InvalidOperation.HasMemberEniAttached", Kind::Conflict),
    ("InvalidOperation.InvalidEcsState", Kind::Conflict),
    ("InvalidOperation.InvalidEniState", Kind::Conflict),
    ("InvalidOperation.InvalidTrunkEniStatus", Kind::Conflict),
    ("InvalidParameter.EniNotBelongEcs", Kind::Conflict),
    ("InvalidStatus.InstanceIsMigrating", Kind::Conflict),
    ("InvalidVSwitch.IllegalStatus", Kind::Conflict),
    ("Operation.Conflict", Kind::Conflict),
    ("IncompleteSignature", Kind::Forbidden),
    ("NoPermission", Kind::Forbidden),
    ("SignatureDoesNotMatch", Kind::Forbidden),
    ("IdempotentFailed", Kind::TokenSpent),
    ("IdempotentParameterMismatch", Kind::TokenSpent),
    ("IdempotentProcessing", Kind::Transient),
    ("InternalError", Kind::Transient),
    ("ServiceUnavailable", Kind::Throttled),
];

/// Families of codes, by how they begin.
const FAMILIES: [(&str, Kind); 7] = [
    ("Throttling", Kind::Throttled),
    ("Forbidden", Kind::Forbidden),
    ("Forbedden", Kind::Forbidden),
    ("Forbbiden", Kind::Forbidden),
    ("IncorrectInstanceStatus", Kind::Conflict),
    ("InvalidAccessKeyId", Kind::Forbidden),
    ("InvalidSecurityToken", Kind::Forbidden),
];

fn classify(code: &str, status: u16) -> Kind {
    let exact = || EXACT.iter().find(|(known, _)| *known == code);
    let family = || FAMILIES.iter().find(|(start, _)| code.starts_with(start));
    if let Some((_, kind)) = exact().or_else(family) {
        return *kind;
    }
    match status {
        429 => Kind::Throttled,
        500.. => Kind::Transient,
        _ if code.ends_with(".NotFound") => Kind::NotFound(Missing::Other),
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests;
