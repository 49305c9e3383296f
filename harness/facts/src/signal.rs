//! What a target tells of itself while something is wrong: metrics and events. What they
//! are called is the target's own, so a [`Signal`] is what its description says.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who serves a page of metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// The agent of a node.
    Node,
    /// A program beside the API server.
    Control,
}

/// A metric or an event that names a fault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "signal", deny_unknown_fields)]
pub enum Signal {
    /// A metric that grows: all series of the name that have these labels, added up.
    Metric {
        /// Who counts.
        page: Page,
        /// Name of the series, as in the text that Prometheus reads.
        name: String,
        /// Labels that a series must have; it may have more.
        labels: BTreeMap<String, String>,
    },
    /// Events about the node or one of its pods, of this reason.
    Event {
        /// The reason.
        reason: String,
    },
}

/// What was told of a node at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Telling {
    /// Whose, for example `node n1`.
    pub place: String,
    /// The page of its agent, in Prometheus' form; none where nobody answered.
    pub node: Option<String>,
    /// The page of the control plane, likewise.
    pub control: Option<String>,
    /// Events about it and its pods, each as `reason: message`, with how often.
    pub events: BTreeMap<String, u64>,
    /// Milliseconds since the scenario began.
    pub at_millis: u64,
}

/// A fault and what was told of it (FLT-20).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Named {
    /// The fault.
    pub fault: String,
    /// What names it; none where the target says of nothing that it does.
    pub signal: Option<Signal>,
    /// What names other faults and must not move with it, by fault.
    pub others: BTreeMap<String, Signal>,
    /// What was told right before it.
    pub before: String,
    /// What was told when it had been waited for.
    pub after: String,
    /// Milliseconds that may pass between the two.
    pub millis: u64,
}

/// Signals that stood still while nothing was wrong (FLT-20).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Still {
    /// What names faults, by fault.
    pub signals: BTreeMap<String, Signal>,
    /// What was told first.
    pub before: String,
    /// What was told after a while in which nothing was wrong.
    pub after: String,
    /// What was told after a fault; one of the signals must have moved by then.
    pub control: String,
}

/// Secrets that are told nowhere (FLT-20).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Untold {
    /// Logs, metrics, events, files and answers.
    pub texts: Vec<String>,
    /// The secrets.
    pub secrets: Vec<String>,
    /// Files that the target was given its secrets in: each secret is found in one.
    pub holders: Vec<String>,
    /// A word that one of the texts is known to tell.
    pub known: String,
}
