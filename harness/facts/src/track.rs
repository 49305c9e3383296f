//! One address that is tried all the while, and who answers when (FLT-12).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::Protocol;

/// Tries of one address. Times are milliseconds since the first try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Track {
    /// Who tried, for example `pod c`.
    pub client: String,
    /// The address.
    pub target: IpAddr,
    /// Tries, over TCP and UDP together.
    pub tries: u64,
    /// Who answered.
    pub heard: Vec<Heard>,
    /// When the ADD that gave the address to another pod had answered.
    pub added: u64,
    /// When the tries ended.
    pub ended: u64,
}

/// The answers of one server over one protocol, by when their tries began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Heard {
    /// Who it says it is.
    pub by: String,
    /// How it was asked.
    pub protocol: Protocol,
    /// The first one.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// How many.
    pub count: u64,
}

impl Track {
    /// Notes an answer to a try that began at `at`.
    pub fn hear(&mut self, by: &str, protocol: Protocol, at: u64) {
        let same = |heard: &&mut Heard| heard.by == by && heard.protocol == protocol;
        if let Some(heard) = self.heard.iter_mut().find(same) {
            heard.last = at;
            heard.count += 1;
        } else {
            let by = by.to_owned();
            self.heard.push(Heard { by, protocol, first: at, last: at, count: 1 });
        }
    }
}
