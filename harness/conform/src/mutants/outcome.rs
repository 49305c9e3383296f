//! How each playing of a matrix ended, by the same judgement as in any run.

use std::collections::BTreeMap;

use facts::Outcome;
use report::RowId;
use target::Target;

use super::pairs::{Outcomes, Pairs, played_as};
use crate::record::Context;
use crate::suite::play::Played;

/// Outcomes of everything that was played.
pub(crate) fn outcomes(pairs: &Pairs<'_>, target: &Target, played: &Played) -> Outcomes {
    let claimed = target.claims.readings.iter();
    let readings: BTreeMap<RowId, String> = claimed
        .filter_map(|(row, reading)| Some((row.parse().ok()?, (*reading).to_owned())))
        .collect();
    let records =
        Context { ledger: &pairs.catalogue.ledger, readings: &readings, target: &target.name };
    let mut found = Outcomes::new();
    let mutants = pairs.mutants.iter();
    let under = mutants.map(|(mutant, others)| (Some(mutant.id.as_str()), &mutant.fails | others));
    for (mutant, places) in std::iter::once((None, pairs.controls())).chain(under) {
        for place in places {
            let entry = &pairs.catalogue.scenarios[place];
            let key = played_as(mutant, entry);
            let left = played.courses.get(&key).zip(played.seen.get(&key));
            let outcome = left.map_or(Outcome::Untested, |(course, seen)| {
                records.ran(entry, course, seen).outcome
            });
            found.insert(key, outcome);
        }
    }
    found
}
