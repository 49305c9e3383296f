//! Where a scenario's facts first leave what a demand wants.

use facts::Divergence;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::{RowId, Source};

/// The first divergence of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DivergenceRecord {
    /// Place of the violated claim in `claims`, counted from 0.
    pub claim: usize,
    /// The row that wants it otherwise.
    pub row: Option<RowId>,
    /// Where that stands in the document.
    pub sources: Vec<Source>,
    /// The divergence.
    pub found: Divergence,
}

impl DivergenceRecord {
    /// The places of its document, for example `terway-network-plugin.txt, lines 555-559`.
    pub fn document(&self) -> String {
        let place = |source: &Source| match source.lines {
            [first, last] if first == last => format!("{}, line {first}", source.document),
            [first, last] => format!("{}, lines {first}-{last}", source.document),
        };
        self.sources.iter().map(place).collect::<Vec<_>>().join("; ")
    }
}
