//! State files that somebody damaged while their agent was away.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One file, before and after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Damage {
    /// Path inside the node.
    pub path: String,
    /// What was done to it, in words.
    pub how: String,
    /// Length in bytes and SHA-256 before; none where it was not there.
    pub before: Option<(u64, String)>,
    /// The same afterwards.
    pub after: Option<(u64, String)>,
}
