//! From a claim to the function that judges it.

use facts::{Claim, Evidence, Judgement};

use crate::look::{Look, Verdict};
use crate::{admission, cloud, cni, command, netstate, reach, route};

/// Judges `claim` from `evidence`.
pub fn judge(claim: &Claim, evidence: &Evidence) -> Judgement {
    let look = Look(evidence);
    match decide(claim, &look) {
        Ok(violations) => Judgement::of(violations),
        Err(reason) => Judgement::CantTell { reason },
    }
}

fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::CallSucceeds { .. }
        | Claim::CallFails { .. }
        | Claim::ErrorNames { .. }
        | Claim::Versions { .. }
        | Claim::Families { .. }
        | Claim::SameAddresses { .. }
        | Claim::DistinctAddresses { .. }
        | Claim::NotReused { .. }
        | Claim::AllServed { .. } => cni::decide(claim, look),
        Claim::Wired { .. } | Claim::LinkGone { .. } | Claim::SameState { .. } => {
            netstate::decide(claim, look)
        }
        Claim::Answers { .. } | Claim::Silent { .. } | Claim::PassesStack { .. } => {
            reach::decide(claim, look)
        }
        Claim::Decided { .. } => route::decide(claim, look),
        Claim::Admitted { .. } | Claim::Refused { .. } => admission::decide(claim, look),
        Claim::OnSecondaryEnis { .. }
        | Claim::PrimaryUntouched { .. }
        | Claim::EniUntouched { .. }
        | Claim::PoolSize { .. }
        | Claim::WithinBudget { .. }
        | Claim::CloudRefused { .. }
        | Claim::NoOrphans { .. } => cloud::decide(claim, look),
        Claim::Holds { .. }
        | Claim::Told { .. }
        | Claim::CommandSays { .. }
        | Claim::CommandRefuses { .. }
        | Claim::LimitsAre { .. }
        | Claim::ControlPlaneOverIpv4 { .. } => command::decide(claim, look),
    }
}
