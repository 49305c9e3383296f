//! The first divergence of a violated claim: the first kernel object or hop
//! where what was seen is not what was wanted, and what fits before it.
//!
//! A try that nobody answered is followed hop by hop, as the kernels on its way
//! treated it. Of any other claim the first violation counts, behind the facts
//! that it is compared with.

mod node;
mod pod;
mod service;
mod trail;
mod way;

use facts::divergence::{Divergence, Fit, Hop};
use facts::exchange::Reply;
use facts::{Claim, Evidence, Fact, Judgement, Violation};
use serde_json::Value;

use crate::look::{Look, short};
use crate::route;

/// Where a violated claim first differs from the facts; none when it is not violated.
pub fn diverge(claim: &Claim, judgement: &Judgement, evidence: &Evidence) -> Option<Divergence> {
    let Judgement::Violated { violations } = judgement else { return None };
    let first = violations.first()?;
    let look = Look(evidence);
    let followed = match claim {
        Claim::Answers { exchange, seen, .. } => look
            .exchange(exchange)
            .ok()
            .filter(|tried| !matches!(tried.reply, Reply::Answered { .. }))
            .and_then(|tried| way::follow(&look, exchange, tried, *seen)),
        Claim::Decided { .. } => decided(claim, first, &look),
        _ => None,
    };
    Some(followed.unwrap_or_else(|| compared(claim, first, &look)))
}

/// The walk of a packet whose rule or table is another than wanted.
fn decided(claim: &Claim, first: &Violation, look: &Look<'_>) -> Option<Divergence> {
    let Claim::Decided { state, flow, .. } = claim else { return None };
    let steps = route::walked(claim, look).ok()?;
    let flow = look.flow(flow).ok()?;
    let place = look.kernel(state).ok()?.place.clone();
    let came = format!("{} → {}, by {}", flow.source, flow.destination, flow.came_by.join(", "));
    let mut hops = vec![hop(&place, "packets before routing", came, Fit::Fits)];
    let last = steps.len().saturating_sub(1);
    for (at, step) in steps.iter().enumerate() {
        let fit = if at == last { Fit::Differs } else { Fit::Fits };
        hops.push(hop(&place, "rule", step.clone(), fit));
    }
    let explanation = format!("The kernel of {place} walked: {}.", steps.join("; "));
    Some(found(hops, first, explanation))
}

/// A difference behind the facts that it is compared with.
fn compared(claim: &Claim, first: &Violation, look: &Look<'_>) -> Divergence {
    let mut hops: Vec<Hop> = grounds(claim)
        .iter()
        .filter_map(|name| Some(hop(name, "seen before", told(look.0.get(name)?), Fit::Fits)))
        .collect();
    hops.push(hop(&first.object, "differs", short(&first.observed), Fit::Differs));
    let explanation = match hops.as_slice() {
        [_] => "It is the first thing that differs.".to_owned(),
        [before @ .., _] => {
            let names: Vec<_> = before.iter().map(|hop| hop.place.as_str()).collect();
            format!("It is the first thing that differs; {} is as it must be.", names.join(" and "))
        }
        [] => String::new(),
    };
    found(hops, first, explanation)
}

/// Names of the facts that a claim compares with: they are as they must be when
/// the claim could be judged.
fn grounds(claim: &Claim) -> Vec<String> {
    let keys: &[&str] = match claim {
        Claim::Wired { .. } => &["call"],
        _ => &["before", "state_before", "first", "control", "control_call"],
    };
    let fields = serde_json::to_value(claim).unwrap_or_default();
    keys.iter().filter_map(|key| fields[*key].as_str().map(str::to_owned)).collect()
}

/// A fact in a few words.
fn told(fact: &Fact) -> String {
    match fact {
        Fact::Cni(call) => {
            let exit = call.exit.map_or("none".to_owned(), |code| code.to_string());
            format!("{} on {}, exit code {exit}", call.var("CNI_COMMAND"), call.node)
        }
        Fact::Exchange(exchange) => {
            format!("{} to {}: {}", exchange.protocol, exchange.target, exchange.reply)
        }
        Fact::Kernel(state) => {
            let count = |value: &Value| value.as_array().map_or(0, Vec::len);
            let (links, rules) = (count(&state.links), count(&state.rules4));
            format!("{}: {links} links, {rules} rules", state.place)
        }
        Fact::Flow(flow) => format!("{} packets forwarded on {}", flow.forwarded, flow.node),
        Fact::Inventory(inventory) => format!("{} interfaces in the cloud", inventory.enis.len()),
        Fact::Command { exit, .. } => format!("exit code {}", exit.unwrap_or(-1)),
        Fact::File { path, text } => {
            format!("{path} {}", if text.is_some() { "is there" } else { "is not there" })
        }
        _ => "seen".to_owned(),
    }
}

fn hop(place: &str, what: &str, seen: String, fit: Fit) -> Hop {
    Hop { place: place.to_owned(), what: what.to_owned(), seen, fit }
}

fn found(hops: Vec<Hop>, first: &Violation, explanation: String) -> Divergence {
    let Violation { object, expected, observed } = first.clone();
    Divergence { hops, object, wanted: expected, seen: observed, explanation }
}

#[cfg(test)]
mod tests;
