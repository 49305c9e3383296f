//! Everything that a [`Client`](crate::Client) is made from. Every figure is a
//! setting; the defaults fit the real cloud.

use std::time::Duration;

use thiserror::Error;

use crate::credentials::Credentials;
use crate::endpoint::Endpoints;
use crate::limits::Limits;
use crate::retry::Retry;

/// How long things may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until the connection stands, TLS left aside; part of `attempt`.
    pub connect: Duration,
    /// One attempt, from sending to the end of the answer.
    pub attempt: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), attempt: Duration::from_secs(20) }
    }
}

/// What a client is made from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// RegionId of every request.
    pub region: String,
    /// Where the products are.
    pub endpoints: Endpoints,
    /// Who signs.
    pub credentials: Credentials,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// How often actions may be called.
    pub limits: Limits,
    /// When attempts are made again.
    pub retry: Retry,
    /// The longest answer that is read, in bytes. A page of 500 interfaces with
    /// 50 addresses each is about 4 MiB.
    pub longest_answer: usize,
}

impl Settings {
    /// The defaults: 20 s an attempt, the published implementation's pace, 8 MiB.
    pub fn new(region: &str, endpoints: Endpoints, credentials: Credentials) -> Self {
        Self {
            region: region.to_owned(),
            endpoints,
            credentials,
            user_agent: concat!("plumbline-reference/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            retry: Retry::default(),
            longest_answer: 8 << 20,
        }
    }
}

/// Settings that no client can be made from.
#[derive(Debug, Error)]
pub enum BadSettings {
    /// The user agent cannot stand in a header.
    #[error("user agent {text:?} is not printable ASCII")]
    UserAgent {
        /// The text.
        text: String,
    },
    /// A limit is set for an action that is not called here.
    #[error("limit for {action:?}: no such action")]
    UnknownAction {
        /// The name.
        action: String,
    },
    /// The system's TLS roots cannot be read, and an endpoint needs them.
    #[error("read the system's TLS roots")]
    Roots {
        /// What the system said.
        source: std::io::Error,
    },
}
