//! From a claim to the function that judges it.

use facts::{Claim, Control, Evidence, Judgement, Negative};

use crate::look::{Look, Verdict};
use crate::{
    admission, chase, cloud, cni, command, conserved, crash, damage, drift, duplicates, moved,
    netstate, pool, reach, reboot, route, secret, signal, storm, tally, trace, wire,
};

/// Judges `claim` from `evidence`.
pub fn judge(claim: &Claim, evidence: &Evidence) -> Judgement {
    let look = Look(evidence);
    match controlled(claim, evidence).and_then(|()| decide(claim, &look)) {
        Ok(violations) => Judgement::of(violations),
        Err(reason) => Judgement::CantTell { reason },
    }
}

/// Refuses a claim that something is not while nothing of the same path is stored
/// that was; whether that one worked is for the claim's own judge.
fn controlled(claim: &Claim, evidence: &Evidence) -> Result<(), String> {
    let Control::Pairs(pairs) = claim.control() else { return Ok(()) };
    if pairs.is_empty() {
        return Err("nothing shows that it could have been otherwise".to_owned());
    }
    let missing = pairs.into_iter().find_map(|pair| Negative::find(evidence, pair).err());
    missing.map_or(Ok(()), |missing| Err(missing.to_string()))
}

fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::CallSucceeds { .. }
        | Claim::CallFails { .. }
        | Claim::GivenUp { .. }
        | Claim::ErrorNames { .. }
        | Claim::Versions { .. }
        | Claim::Families { .. }
        | Claim::SameAddresses { .. }
        | Claim::DistinctAddresses { .. }
        | Claim::NotReused { .. }
        | Claim::AllServed { .. } => cni::decide(claim, look),
        Claim::OnlyTheMeant { .. } => chase::decide(claim, look),
        Claim::NamesNone { look: now, words, controls } => {
            trace::names_none(look, now, words, controls)
        }
        Claim::NoneTentative { state, control } => duplicates::none_tentative(look, state, control),
        Claim::Wired { .. } | Claim::LinkGone { .. } | Claim::SameState { .. } => {
            netstate::decide(claim, look)
        }
        Claim::Answers { .. } | Claim::Silent { .. } | Claim::PassesStack { .. } => {
            reach::decide(claim, look)
        }
        Claim::NoPeak { .. } | Claim::Fair { .. } => storm::decide(claim, look),
        Claim::NoneDropped { .. } | Claim::NothingGrew { .. } => tally::decide(claim, look),
        Claim::Repaired { .. } | Claim::Noticed { .. } | Claim::ForeignUntouched { .. } => {
            drift::decide(claim, look)
        }
        Claim::NothingForged { .. } | Claim::NotBelieved { .. } => wire::decide(claim, look),
        Claim::Named(named) => signal::named(named, look),
        Claim::Still(still) => signal::still(still, look),
        Claim::Untold(untold) => secret::untold(untold, look),
        Claim::Decided { .. } => route::decide(claim, look),
        Claim::Carried(carried) => route::carried(carried, look),
        Claim::Reindexed(reindexed) => reboot::decide(reindexed, look),
        Claim::Moved(moved) => moved::decide(moved, look),
        Claim::Admitted { .. } | Claim::Refused { .. } => admission::decide(claim, look),
        Claim::OnSecondaryEnis { .. }
        | Claim::PrimaryUntouched { .. }
        | Claim::EniUntouched { .. }
        | Claim::PoolSize { .. }
        | Claim::WithinBudget { .. }
        | Claim::CloudRefused { .. }
        | Claim::NoOrphans { .. } => cloud::decide(claim, look),
        Claim::KilledAt { .. } => crash::decide(claim, look),
        Claim::Damaged { .. } => damage::decide(claim, look),
        Claim::Conserved { .. } => conserved::decide(claim, look),
        Claim::PoolFollows { .. } => pool::decide(claim, look),
        Claim::Holds { .. }
        | Claim::Told { .. }
        | Claim::CommandSays { .. }
        | Claim::CommandRefuses { .. }
        | Claim::LimitsAre { .. }
        | Claim::ControlPlaneOverIpv4 { .. } => command::decide(claim, look),
    }
}

#[cfg(test)]
mod tests;
