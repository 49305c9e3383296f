//! Traffic that was tried.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a packet travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// A connection with one request and one answer.
    Tcp,
    /// One datagram and one answer.
    Udp,
    /// An echo request and its reply.
    Icmp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
        })
    }
}

/// One try from a client to an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exchange {
    /// Who tried, for example `pod a`.
    pub client: String,
    /// Whom it meant, for example `pod b` or `Service web`.
    pub server: String,
    /// Where it sent to. ICMP has no port: it is 0.
    pub target: SocketAddr,
    /// How.
    pub protocol: Protocol,
    /// What came of it.
    pub reply: Reply,
    /// Milliseconds until the reply, or until it was given up.
    pub millis: u64,
}

/// What came of a try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "reply", deny_unknown_fields)]
pub enum Reply {
    /// A server answered.
    Answered {
        /// Who it says it is: a pod's UID, or the name of another server. Empty for ICMP.
        by: String,
        /// The client's address as the server saw it; none for ICMP.
        seen: Option<IpAddr>,
    },
    /// The connection was refused.
    Refused,
    /// Nothing came in time.
    Silence,
    /// The client's own node knew no way.
    NoWay {
        /// What the kernel said.
        error: String,
    },
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { by, seen: Some(seen) } => write!(f, "an answer by {by} to {seen}"),
            Self::Answered { by, .. } if by.is_empty() => f.write_str("an answer"),
            Self::Answered { by, .. } => write!(f, "an answer by {by}"),
            Self::Refused => f.write_str("a refusal"),
            Self::Silence => f.write_str("silence"),
            Self::NoWay { error } => write!(f, "no way: {error}"),
        }
    }
}
