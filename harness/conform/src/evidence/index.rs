//! What one scenario left: the names of its facts, its claims, how its steps ended.
//! Its outcome is a function of this, the facts and the suite.

use std::path::{Path, PathBuf};

use anyhow::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EVIDENCE;
use crate::output::write_file;
use crate::recorder::Course;
use crate::suite::Claimed;

/// A fact of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Stored {
    /// Its name, by which claims speak of it.
    pub(crate) name: String,
    /// Digest of its text, and its name under `evidence/objects`.
    pub(crate) sha256: String,
}

/// The form of `evidence/ID.json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Index {
    /// The scenario's id.
    pub(crate) scenario: String,
    /// Which attempt, counted from 1.
    pub(crate) attempt: u32,
    /// What was seen, in that order.
    pub(crate) facts: Vec<Stored>,
    /// What was claimed of it, and what the facts said.
    pub(crate) claims: Vec<Claimed>,
    /// How its steps ended.
    pub(crate) course: Course,
    /// A fault of the harness, the machine or the lab.
    pub(crate) fault: Option<String>,
    /// Captures of exchanges that failed, relative to the run's folder.
    pub(crate) captures: Vec<String>,
}

impl Index {
    /// Where it is stored, relative to the run's folder.
    pub(crate) fn file(&self) -> String {
        file(&self.scenario, self.attempt)
    }

    /// Stores it.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self);
        let text = text.with_context(|| format!("write the index of {}", self.scenario))?;
        write_file(&folder.join(self.file()), &(text + "\n"))
    }

    /// Every attempt of a scenario that is stored, in order.
    pub(crate) fn read_all(folder: &Path, scenario: &str) -> anyhow::Result<Vec<Self>> {
        let paths = (1..).map(|attempt| folder.join(file(scenario, attempt)));
        paths.take_while(|path| path.is_file()).map(|path| read(&path)).collect()
    }
}

fn file(scenario: &str, attempt: u32) -> String {
    let name = scenario.replace('/', ".");
    match attempt {
        1 => format!("{EVIDENCE}/{name}.json"),
        more => format!("{EVIDENCE}/{name}.{more}.json"),
    }
}

fn read(path: &PathBuf) -> anyhow::Result<Index> {
    let act = || format!("read {}", path.display());
    let text = std::fs::read_to_string(path).with_context(act)?;
    serde_json::from_str(&text).with_context(act)
}
