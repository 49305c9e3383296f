//! What a run says of a target: a pure function of ledger, profiles and record.
//!
//! A row ends as the heaviest of its scenarios does. A profile is conformant
//! when it has passed rows and every row that the suite covers passed or is
//! inapplicable. Nothing run is never a pass.

mod dispute;
mod exit;
mod profile;
mod row;

use std::collections::BTreeMap;

use facts::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::{Ledger, Profile, RowId};
use crate::record::{RunRecord, TroubleKind};

pub use dispute::settle;
pub use exit::{Exit, ExitError};
pub use profile::{Conformance, Counts, NotCovered, ProfileVerdict};
pub use row::{Gap, Limitation, ReadingVerdict, RowVerdict};

/// What a run says of a target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// The worst of the profiles' results; inconclusive when none is selected.
    pub overall: Conformance,
    /// How the process ends.
    pub exit_code: Exit,
    /// The selected profiles, in the order of the selection.
    pub profiles: Vec<ProfileVerdict>,
    /// Every row of the ledger, in the document's order.
    pub rows: Vec<RowVerdict>,
}

impl Verdict {
    /// Rows that no selected profile lists: they weigh nothing.
    pub fn outside(&self) -> impl Iterator<Item = &RowVerdict> {
        self.rows.iter().filter(|row| row.profiles.is_empty())
    }

    /// The row of this id.
    pub fn row(&self, id: &RowId) -> Option<&RowVerdict> {
        self.rows.iter().find(|row| row.id == *id)
    }
}

/// Judges a run.
///
/// The same record gives the same verdict; profiles that are not selected and
/// their rows do not weigh.
pub fn verdict(ledger: &Ledger, profiles: &[Profile], record: &RunRecord) -> Verdict {
    let selected: Vec<(&str, Option<&Profile>)> = record
        .selection
        .profiles
        .iter()
        .map(|name| (name.as_str(), profiles.iter().find(|profile| profile.name == *name)))
        .collect();
    let mut rows = Vec::new();
    for section in &ledger.sections {
        for row in &section.rows {
            let lists_it = |profile: &Profile| profile.ids().any(|id| *id == row.id);
            let listing = selected.iter().filter(|(_, profile)| profile.is_some_and(lists_it));
            let listing = listing.map(|(name, _)| (*name).to_owned()).collect();
            rows.push(row::judge(row, &section.title, listing, record));
        }
    }
    let by_id: BTreeMap<&RowId, &RowVerdict> = rows.iter().map(|row| (&row.id, row)).collect();
    let sound = is_sound(record);
    let profiles: Vec<ProfileVerdict> = selected
        .iter()
        .map(|(name, profile)| profile::judge(name, *profile, &by_id, sound))
        .collect();
    let overall = profiles.iter().map(|profile| profile.result).max();
    let overall = overall.unwrap_or(Conformance::Inconclusive);
    let exit_code = exit::code(record, &rows, overall);
    Verdict { overall, exit_code, profiles, rows }
}

/// Whether the run came to its end and nothing but the target is to blame.
fn is_sound(record: &RunRecord) -> bool {
    let of_target = |kind| matches!(kind, TroubleKind::Gate);
    record.complete
        && record.troubles.iter().all(|trouble| of_target(trouble.kind))
        && record.scenarios.iter().all(|scenario| scenario.outcome != Outcome::Error)
}

#[cfg(test)]
mod tests;
