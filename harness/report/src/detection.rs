//! What shows that scenarios can fail: mutants of the reference, each with one
//! defect, and the scenarios that found it. `plumbline mutants matrix` writes it
//! as `kills.json`, a report holds it as `run.detection`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use crate::ledger::RowId;

/// A kill matrix: the form of `kills.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kills {
    /// Version of this form.
    pub schema: KillsForm,
    /// What the choice of unrelated scenarios came from.
    pub seed: u64,
    /// Every mutant, in the catalogue's order.
    pub mutants: Vec<Mutant>,
}

/// Version of the form of `kills.json`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum KillsForm {
    /// The first.
    #[serde(rename = "plumbline/kills/v1")]
    V1,
}

/// A defect of the reference, and who found it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mutant {
    /// Its name.
    pub id: String,
    /// What is wrong in it.
    pub says: String,
    /// Whether a scenario that is named for it failed.
    pub killed: bool,
    /// Whether the defect came into play. One that did not proves nothing, and
    /// is no kill.
    pub reached: bool,
    /// Ids of the scenarios that failed on it, of those named for it.
    pub fails: Vec<String>,
    /// Rows that those scenarios show.
    pub rows: Vec<RowId>,
    /// Ids of scenarios that failed on it and have nothing to do with it.
    pub unspecific: Vec<String>,
}

impl Mutant {
    /// How it ended.
    pub fn fate(&self) -> Fate {
        match (self.reached, self.killed) {
            (false, _) => Fate::Unreached,
            (true, true) => Fate::Killed,
            (true, false) => Fate::Survived,
        }
    }
}

/// How a mutant ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// A scenario named for it failed.
    Killed,
    /// Its defect came into play, and no scenario named for it failed.
    Survived,
    /// Its defect did not come into play.
    Unreached,
}

impl Fate {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Survived => "survived",
            Self::Unreached => "not reached",
        }
    }
}

impl Kills {
    /// As JSON, ending in a newline.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a matrix has no map with keys that are no text, and no I/O") + "\n"
    }

    /// From JSON; what is not understood is refused.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

/// The JSON Schema of [`Kills`].
pub fn schema() -> Schema {
    schema_for!(Kills)
}

/// What a kill matrix says, as a report holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Detection {
    /// Every mutant.
    pub mutants: Vec<Mutant>,
    /// Ids of those that a scenario killed.
    pub killed: Vec<String>,
    /// Ids of those that no scenario killed.
    pub survived: Vec<String>,
    /// Ids of those whose defect did not come into play.
    pub unreached: Vec<String>,
}

impl From<Kills> for Detection {
    fn from(kills: Kills) -> Self {
        let of = |fate: Fate| {
            let ended = kills.mutants.iter().filter(|mutant| mutant.fate() == fate);
            ended.map(|mutant| mutant.id.clone()).collect()
        };
        let (killed, survived, unreached) =
            (of(Fate::Killed), of(Fate::Survived), of(Fate::Unreached));
        Self { mutants: kills.mutants, killed, survived, unreached }
    }
}

impl Detection {
    /// The mutants that scenarios of a row killed.
    pub fn killing(&self, row: &RowId) -> impl Iterator<Item = &Mutant> {
        self.mutants
            .iter()
            .filter(|mutant| mutant.fate() == Fate::Killed && mutant.rows.contains(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "schema": "plumbline/kills/v1",
        "seed": 7,
        "mutants": [
            {"id": "rule-priority", "says": "The rule has priority 513.", "killed": true,
             "reached": true, "fails": ["order/rules/a"], "rows": ["RUL-1"], "unspecific": []},
            {"id": "warm-up", "says": "No node is warmed up.", "killed": false,
             "reached": true, "fails": [], "rows": [], "unspecific": []},
            {"id": "leak", "says": "A failed attach leaves an interface.", "killed": true,
             "reached": false, "fails": ["cni/add/b"], "rows": ["RUL-1"], "unspecific": []}
        ]
    }"#;

    #[test]
    fn a_defect_that_was_not_reached_is_no_kill() {
        let detection = Detection::from(Kills::from_json(FILE).unwrap());
        assert_eq!(detection.killed, ["rule-priority"]);
        assert_eq!(detection.survived, ["warm-up"]);
        assert_eq!(detection.unreached, ["leak"]);
        let row = "RUL-1".parse().unwrap();
        let killing: Vec<_> = detection.killing(&row).map(|mutant| mutant.id.as_str()).collect();
        assert_eq!(killing, ["rule-priority"]);
    }

    #[test]
    fn a_matrix_is_read_back_as_it_was_written_and_nothing_else_is() {
        let kills = Kills::from_json(FILE).unwrap();
        assert_eq!(Kills::from_json(&kills.to_json()).unwrap(), kills);
        for other in [FILE.replace("/v1", "/v2"), FILE.replace("\"seed\": 7,", "")] {
            assert!(Kills::from_json(&other).is_err());
        }
    }
}
