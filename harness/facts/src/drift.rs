//! An object of the kernel that somebody altered, and what became of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One object, altered once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drift {
    /// The object and how it was altered, in words.
    pub object: String,
    /// How it read before; empty where it was not there.
    pub before: String,
    /// How it read when it had been altered.
    pub altered: String,
    /// How it read last.
    pub last: String,
    /// Milliseconds from the alteration until it read as before, or until nobody
    /// waited any longer.
    pub millis: u64,
}
