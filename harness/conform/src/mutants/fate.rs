//! What a played matrix comes to: who killed which mutant, and whether the gate is met.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use facts::Outcome;
use report::detection::{KillsForm, Mutant};
use report::{Exit, Kills, RowId};

use super::Named;
use super::pairs::{Ending, Endings, Pairs, played_as, was_reached};
use crate::catalogue::Entry;

/// A matrix that was played.
pub(crate) struct Matrix {
    pub(crate) kills: Kills,
    /// Why it proves less than it was to: nothing of this is a kill or a survivor.
    pub(crate) doubts: Vec<String>,
    /// Scenarios that passed although a defect is named for them.
    survivors: Vec<String>,
    /// Rows that scenarios show and no kill.
    unproven: Vec<RowId>,
    /// How many unrelated scenarios were played on mutants.
    unrelated: usize,
}

/// Judges what was played. Only `failed` is a kill, only where the defect was
/// reached, and only by a scenario that passes without it.
pub(crate) fn judge(pairs: &Pairs<'_>, endings: &Endings, reached: &Path, seed: u64) -> Matrix {
    let mut doubts = Vec::new();
    let sound: BTreeSet<usize> =
        pairs.controls().into_iter().filter(|place| pairs.passes(*place, endings)).collect();
    for place in pairs.controls().difference(&sound) {
        let entry = &pairs.catalogue.scenarios[*place];
        let how = word(endings.get(&played_as(None, entry)));
        doubts.push(format!("without a defect, {} is {how}", entry.text.id));
    }
    let (mut mutants, mut survivors) = (Vec::new(), Vec::new());
    for (mutant, others) in &pairs.mutants {
        let one = One { pairs, endings, reached, mutant };
        mutants.push(one.judge(others, &sound, &mut doubts, &mut survivors));
    }
    let unproven = pairs.unproven(&mutants);
    let unrelated = pairs.mutants.iter().map(|(_, others)| others.len()).sum();
    let kills = Kills { schema: KillsForm::V1, seed, mutants };
    Matrix { kills, doubts, survivors, unproven, unrelated }
}

struct One<'a> {
    pairs: &'a Pairs<'a>,
    endings: &'a Endings,
    reached: &'a Path,
    mutant: &'a Named,
}

impl One<'_> {
    fn judge(
        &self,
        others: &BTreeSet<usize>,
        sound: &BTreeSet<usize>,
        doubts: &mut Vec<String>,
        survivors: &mut Vec<String>,
    ) -> Mutant {
        let id = &self.mutant.id;
        let (mut fails, mut rows, mut reached) = (Vec::new(), BTreeSet::new(), true);
        for place in &self.mutant.fails {
            let entry = &self.pairs.catalogue.scenarios[*place];
            let ending = self.endings.get(&played_as(Some(id), entry));
            let outcome = ending.map(|ending| ending.outcome);
            if !was_reached(self.reached, self.mutant, entry) {
                reached = false;
                doubts.push(format!("{id} was not reached by {}", entry.text.id));
            } else if outcome == Some(Outcome::Failed) && sound.contains(place) {
                fails.push(entry.text.id.clone());
                rows.extend(entry.rows());
            } else if outcome == Some(Outcome::Passed) {
                survivors.push(format!("{id} survived {}", entry.text.id));
            } else if outcome != Some(Outcome::Failed) {
                doubts.push(format!("on {id}, {} is {}", entry.text.id, word(ending)));
            }
        }
        Mutant {
            id: id.clone(),
            says: self.mutant.says.clone(),
            killed: fails.len() == self.mutant.fails.len(),
            reached,
            fails,
            rows: rows.into_iter().collect(),
            unspecific: self.unspecific(others, sound, doubts),
        }
    }

    fn unspecific(
        &self,
        others: &BTreeSet<usize>,
        sound: &BTreeSet<usize>,
        doubts: &mut Vec<String>,
    ) -> Vec<String> {
        let mut failed = Vec::new();
        for place in others.intersection(sound) {
            let entry = &self.pairs.catalogue.scenarios[*place];
            let ending = self.endings.get(&played_as(Some(&self.mutant.id), entry));
            match ending.map(|ending| ending.outcome) {
                Some(Outcome::Passed) => {}
                Some(Outcome::Failed) => failed.push(entry.text.id.clone()),
                _ => {
                    let (id, how) = (&self.mutant.id, word(ending));
                    doubts.push(format!("on {id}, the unrelated {} is {how}", entry.text.id));
                }
            }
        }
        failed
    }
}

impl Pairs<'_> {
    fn passes(&self, place: usize, endings: &Endings) -> bool {
        let entry = &self.catalogue.scenarios[place];
        let ending = endings.get(&played_as(None, entry));
        ending.is_some_and(|ending| ending.outcome == Outcome::Passed)
    }

    /// Rows of the scenarios that were named and that no kill shows.
    fn unproven(&self, mutants: &[Mutant]) -> Vec<RowId> {
        let named: BTreeSet<usize> =
            self.mutants.iter().flat_map(|(mutant, _)| mutant.fails.iter().copied()).collect();
        let rows = |place: &usize| Entry::rows(&self.catalogue.scenarios[*place]);
        let killed: BTreeSet<_> = mutants.iter().flat_map(|mutant| &mutant.rows).collect();
        let rows: BTreeSet<_> = named.iter().flat_map(rows).collect();
        rows.into_iter().filter(|row| !killed.contains(row)).collect()
    }
}

impl Matrix {
    /// 70 when something was not to be told, 6 when too few were killed or an
    /// unrelated scenario failed, else 0.
    pub(crate) fn exit(&self, percent: u8) -> Exit {
        let all = self.kills.mutants.len();
        let killed = self.kills.mutants.iter().filter(|m| m.killed && m.reached).count();
        let unspecific = self.kills.mutants.iter().any(|mutant| !mutant.unspecific.is_empty());
        if !self.doubts.is_empty() {
            return Exit::Harness;
        }
        let met = killed * 100 >= usize::from(percent) * all && !unspecific;
        if met { Exit::Conformant } else { Exit::Gate }
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mutants = &self.kills.mutants;
        let width = mutants.iter().map(|mutant| mutant.id.len()).max().unwrap_or(0);
        let mut text = String::new();
        for mutant in mutants {
            let by = match mutant.fails.as_slice() {
                [] => String::new(),
                [one] => format!(" by {one}"),
                [one, more @ ..] => format!(" by {one} and {} more", more.len()),
            };
            let fate = mutant.fate().word();
            let _ = writeln!(text, "{:width$}  {fate}{by}", mutant.id);
            for other in &mutant.unspecific {
                let _ = writeln!(text, "{:width$}  and fails the unrelated {other}", "");
            }
        }
        for (title, lines) in [("survivors", &self.survivors), ("cannot be told", &self.doubts)] {
            if !lines.is_empty() {
                let _ = writeln!(text, "\n{title}:\n  {}", lines.join("\n  "));
            }
        }
        if !self.unproven.is_empty() {
            let rows: Vec<_> = self.unproven.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "\nrows without a kill: {}", rows.join(", "));
        }
        let killed = mutants.iter().filter(|mutant| mutant.killed && mutant.reached).count();
        let unspecific: usize = mutants.iter().map(|mutant| mutant.unspecific.len()).sum();
        let clean = self.unrelated - unspecific;
        let _ = writeln!(
            text,
            "\n{killed} of {} mutants killed; {clean} of {} unrelated scenarios not failed",
            mutants.len(),
            self.unrelated
        );
        text
    }
}

/// How a playing ended, and why if that is known.
fn word(ending: Option<&Ending>) -> String {
    let Some(Ending { outcome, why }) = ending else { return "not played".to_owned() };
    let word = format!("{outcome:?}").to_lowercase();
    why.iter().fold(word, |word, why| format!("{word}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::super::pairs::{Unrelated, choose, controller_log};
    use super::super::{Mutants, catalogue::Place};
    use super::*;
    use crate::catalogue::Catalogue;

    /// How a matrix of one mutant with one named and one unrelated scenario ends.
    fn played(reached: bool, ends: [impl Into<Ending>; 4]) -> (Exit, Matrix) {
        let features = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"));
        let catalogue = Catalogue::read(features).unwrap();
        let mutants = Mutants::read(features, &catalogue).unwrap();
        let only = mutants.only(&["limits-are-asked-once".to_owned()]).unwrap();
        let pairs = choose(&catalogue, only, Unrelated::Some(1), 1);
        let (mutant, others) = &pairs.mutants[0];
        assert_eq!((mutant.place, mutant.fails.len(), others.len()), (Place::Controller, 1, 1));
        let entry = |places: &BTreeSet<usize>| &catalogue.scenarios[*places.first().unwrap()];
        let id = Some(mutant.id.as_str());
        let keys = [None, id].map(|mutant| {
            [played_as(mutant, entry(&mutant_fails(&pairs))), played_as(mutant, entry(others))]
        });
        let ends = ends.map(Into::into);
        let endings: Endings = keys.into_iter().flatten().zip(ends).collect();
        let folder = tempfile::tempdir().unwrap();
        if reached {
            std::fs::write(controller_log(folder.path(), &mutant.id), "").unwrap();
        }
        let matrix = judge(&pairs, &endings, folder.path(), 1);
        (matrix.exit(100), matrix)
    }

    fn mutant_fails(pairs: &Pairs<'_>) -> BTreeSet<usize> {
        pairs.mutants[0].0.fails.clone()
    }

    use Outcome::{CantTell, Error, Failed, Passed};

    #[test]
    fn a_kill_is_a_failure_of_a_scenario_that_passes_without_the_defect() {
        let (exit, matrix) = played(true, [Passed, Passed, Failed, Passed]);
        assert_eq!(exit, Exit::Conformant);
        assert!(matrix.kills.mutants[0].killed);
        assert_eq!(matrix.kills.mutants[0].rows, ["CAP-6".parse().unwrap()]);
        assert!(matrix.table().contains("1 of 1 mutants killed"), "{}", matrix.table());
    }

    #[test]
    fn a_survivor_and_an_unrelated_failure_miss_the_gate() {
        assert_eq!(played(true, [Passed, Passed, Passed, Passed]).0, Exit::Gate);
        let (exit, matrix) = played(true, [Passed, Passed, Failed, Failed]);
        assert_eq!((exit, matrix.kills.mutants[0].unspecific.len()), (Exit::Gate, 1));
    }

    #[test]
    fn what_was_not_reached_or_cannot_be_told_is_an_error_and_no_kill() {
        for (reached, ends) in [
            (false, [Passed, Passed, Failed, Passed]),
            (true, [Failed, Passed, Failed, Passed]),
            (true, [Passed, Passed, Error, Passed]),
            (true, [Passed, Passed, CantTell, Passed]),
            (true, [Passed, Passed, Failed, Error]),
        ] {
            assert_eq!(played(reached, ends).0, Exit::Harness, "{reached} {ends:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_told_with_its_reason() {
        let why = Some("rule 512: expected one, observed none".to_owned());
        let control = Ending { outcome: Failed, why };
        let (_, matrix) = played(true, [control, Passed.into(), Failed.into(), Passed.into()]);
        let reason = "is failed: rule 512: expected one, observed none";
        assert!(matrix.table().contains(reason), "{}", matrix.table());
    }
}
