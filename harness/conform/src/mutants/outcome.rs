//! How each playing of a matrix ended, by the same judgement as in any run.

use std::collections::BTreeMap;

use facts::Outcome;
use report::{RowId, ScenarioRecord};
use target::Target;

use super::pairs::{Ending, Endings, Pairs, played_as};
use crate::evidence::Index;
use crate::order::Turn;
use crate::record::Context;
use crate::suite::play::Played;

/// Endings of everything that was played.
pub(crate) fn endings(pairs: &Pairs<'_>, target: &Target, played: &Played) -> Endings {
    let claimed = target.claims.readings.iter();
    let readings: BTreeMap<RowId, String> = claimed
        .filter_map(|(row, reading)| Some((row.parse().ok()?, (*reading).to_owned())))
        .collect();
    let (ledger, name) = (&pairs.catalogue.ledger, target.name.as_str());
    let records = Context { ledger, readings: &readings, target: name, seed: 0, repeat: 1 };
    let mut found = Endings::new();
    let mutants = pairs.mutants.iter();
    let under = mutants.map(|(mutant, others)| (Some(mutant.id.as_str()), &mutant.fails | others));
    for (mutant, places) in std::iter::once((None, pairs.controls())).chain(under) {
        for place in places {
            let entry = &pairs.catalogue.scenarios[place];
            let key = played_as(mutant, entry);
            let left = left(played, key.clone());
            let ending = left.map_or_else(
                || Outcome::Untested.into(),
                |left| ending(records.ran(entry, std::slice::from_ref(&left))),
            );
            found.insert(key, ending);
        }
    }
    found
}

fn ending(record: ScenarioRecord) -> Ending {
    let violation = record.violations().next().map(ToString::to_string);
    let why = violation.or(record.error).or(record.reason.map(|reason| reason.text));
    Ending { outcome: record.outcome, why }
}

/// What a playing left; none when it did not begin.
fn left(played: &Played, key: String) -> Option<Index> {
    let turn = Turn { key, attempt: 1 };
    let course = played.courses.get(&turn)?.clone();
    let seen = played.seen.get(&turn)?.clone();
    Some(Index {
        scenario: turn.key,
        attempt: 1,
        facts: seen.facts,
        claims: seen.claims,
        course,
        fault: seen.fault,
        captures: seen.captures,
    })
}
