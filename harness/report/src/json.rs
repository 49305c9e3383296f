//! The report itself: `report.json`. The other writers render it, so that an
//! old report can be rendered again.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use crate::record::RunRecord;
use crate::verdict::Verdict;

/// A run and its verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Version of this form.
    pub api_version: ApiVersion,
    /// What this is.
    pub kind: ReportKind,
    /// What can be said of the target: a pure function of ledger, profiles and `run`.
    pub verdict: Verdict,
    /// What was seen.
    pub run: RunRecord,
}

/// Version of a report's form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "plumbline.dev/v1")]
    V1,
}

/// Kinds of report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum ReportKind {
    /// What a run says of a target.
    ConformanceReport,
}

impl Report {
    /// The report of a run.
    pub fn new(run: RunRecord, verdict: Verdict) -> Self {
        Self { api_version: ApiVersion::V1, kind: ReportKind::ConformanceReport, verdict, run }
    }

    /// As JSON, with the fields in the order of the types, ending in a newline.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a report has no map with keys that are no text, and no I/O") + "\n"
    }

    /// From JSON; what is not understood is refused.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

/// The JSON Schema of [`Report`].
pub fn schema() -> Schema {
    schema_for!(Report)
}
