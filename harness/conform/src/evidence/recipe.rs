//! How a run was to be played, so that it can be played again: `plan.json`. It is
//! written before the first scenario and also there when a run was killed.

use std::path::Path;

use anyhow::Context;
use report::json::ApiVersion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PLAN;
use crate::cli::Run;
use crate::output::write_file;

/// The form of `plan.json`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Recipe {
    /// Version of this form.
    pub(crate) api_version: ApiVersion,
    /// Name of the run.
    pub(crate) run: String,
    /// What the command line said, with the seed that was drawn.
    pub(crate) options: Run,
    /// What is played, in the order in which it begins.
    pub(crate) turns: Vec<Playing>,
}

/// One playing of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Playing {
    /// The scenario's id.
    pub(crate) scenario: String,
    /// Which attempt, counted from 1.
    pub(crate) attempt: u32,
    /// Whether it is played alone.
    pub(crate) alone: bool,
}

impl Recipe {
    /// Writes it into the folder of a run.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).context("write the plan")?;
        write_file(&folder.join(PLAN), &(text + "\n"))
    }

    /// Reads that in the folder of a run.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(PLAN);
        let act = || format!("read {}", path.display());
        let text = std::fs::read_to_string(&path).with_context(act)?;
        serde_json::from_str(&text).with_context(act)
    }

    /// For people: one line for each turn.
    pub(crate) fn told(&self) -> String {
        let Run { target, seed, .. } = &self.options;
        let seed = seed.unwrap_or_default();
        let head = format!("{} turns against {target} with seed {seed}:\n", self.turns.len());
        let line = |turn: &Playing| {
            let attempt = match turn.attempt {
                1 => String::new(),
                more => format!(", attempt {more}"),
            };
            let alone = if turn.alone { ", alone" } else { "" };
            format!("{}{attempt}{alone}\n", turn.scenario)
        };
        std::iter::once(head).chain(self.turns.iter().map(line)).collect()
    }
}
