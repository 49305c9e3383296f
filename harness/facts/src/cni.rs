//! Calls of a plugin.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One call of a plugin: what went in and what came out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CniCall {
    /// The plugin's file name.
    pub plugin: String,
    /// Node on which it ran.
    pub node: String,
    /// Every `CNI_*` variable.
    pub env: BTreeMap<String, String>,
    /// Standard input.
    pub stdin: String,
    /// Exit code; none after a signal or when it was stopped at the deadline.
    pub exit: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Wall time in milliseconds.
    pub millis: u64,
}

impl CniCall {
    /// Whether it ended with exit code 0.
    pub fn succeeded(&self) -> bool {
        self.exit == Some(0)
    }

    /// A variable of the call.
    pub fn var(&self, name: &str) -> &str {
        self.env.get(name).map_or("", String::as_str)
    }
}
