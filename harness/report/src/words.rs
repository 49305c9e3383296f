//! Claims in plain English, one sentence each, for progress and for reports.

use facts::Claim;
use facts::claim::{Carried, Direction, Moved, Reindexed, Table};

/// The claim in one sentence. Facts are called by the names that steps gave them.
#[expect(clippy::too_many_lines, reason = "a table: one sentence for each claim")]
pub fn words(claim: &Claim) -> String {
    match claim {
        Claim::CallSucceeds { call } => {
            format!("Call {} succeeds and answers in its version's form.", name(call))
        }
        Claim::CallFails { call, codes, control } => format!(
            "Call {} fails with {}, while {} succeeds.",
            name(call),
            error_codes(codes),
            name(control)
        ),
        Claim::GivenUp { call, millis } => {
            format!("Call {} did not end in {millis} ms, and was stopped.", name(call))
        }
        Claim::ErrorNames { call, words } => {
            format!("The error of call {} speaks of {}.", name(call), quoted(words))
        }
        Claim::Versions { call, asked, listed } => format!(
            "Call {} answers in version {asked} and lists {}.",
            name(call),
            list(listed.iter().cloned())
        ),
        Claim::Wired { call, pod } => format!(
            "What {} told is there in {}: link, hardware address and addresses, ready for use.",
            name(call),
            name(pod)
        ),
        Claim::Families { call, v4, v6 } => format!(
            "{} told {} and {}.",
            name(call),
            count(*v4, "IPv4 address", "IPv4 addresses"),
            count(*v6, "IPv6 address", "IPv6 addresses")
        ),
        Claim::SameAddresses { first, second } => {
            format!("{} and {} told the same addresses.", name(first), name(second))
        }
        Claim::DistinctAddresses { calls } => {
            format!("No address was told by two of {}.", names(calls))
        }
        Claim::NotReused { first, later, control } => format!(
            "No address of {} was told again by {}, but by {} it was.",
            name(first),
            names(later),
            name(control)
        ),
        Claim::NoneTentative { state, control } => format!(
            "No address is tentative in {}, unlike one of somebody else in {}.",
            name(state),
            name(control)
        ),
        Claim::LinkGone { state, link, control } => format!(
            "Link {} is gone in {}; in {} it was there.",
            name(link),
            name(state),
            name(control)
        ),
        Claim::SameState { before, after, control } => format!(
            "Links, addresses, routes, rules and neighbours in {} are those of {}, unlike {}.",
            name(after),
            name(before),
            name(control)
        ),
        Claim::NothingGrew { before, after, marathon, slack, spare, control } => format!(
            "After {} there is as much of everything in {} as in {}, give or take {slack} bytes of \
             memory and files and {spare} descriptors, unlike in {}; no call failed that nobody disturbed.",
            name(marathon),
            name(after),
            name(before),
            name(control)
        ),
        Claim::NamesNone { look, words, .. } => format!(
            "{} names none of {} that were named before.",
            name(look),
            count(words.len(), "address or link", "addresses and links")
        ),
        Claim::AllServed { calls, count: served } => format!(
            "All {served} of {} were served.",
            if calls.len() > 4 { format!("the {} calls", calls.len()) } else { names(calls) }
        ),
        Claim::Repaired { drifts, millis } => {
            format!("Each of {} altered objects is as before within {millis} ms.", drifts.len())
        }
        Claim::Noticed { drift, check, control } => {
            format!(
                "Call {} fails while there is {}; {} succeeded.",
                name(check),
                name(drift),
                name(control)
            )
        }
        Claim::ForeignUntouched { looks, drifts } => format!(
            "Each of {} foreign objects is as before, although {} of the target's were altered.",
            looks.len(),
            drifts.len()
        ),
        Claim::Answers { exchange, by, seen } => {
            let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
            let seen = seen.map_or(String::new(), |seen| format!(" that saw {seen} as its client"));
            format!("{} is answered{by}{seen}.", name(exchange))
        }
        Claim::Carried(Carried { pod, peer, .. }) => format!(
            "Packets {pod} → {peer} leave by the interface that carries {pod}, by table 1000 + its \
             index."
        ),
        Claim::Reindexed(Reindexed { before, after, .. }) => format!(
            "Every interface has another index in {} than in {}, and every table and rule belongs \
             to the interface of its number.",
            name(after),
            name(before)
        ),
        Claim::Moved(Moved { track, first, second, nodes: [from, to], millis }) => format!(
            "In {} the pod of {} on {from} answered, and at the latest {millis} ms after it that \
             of {} on {to}, from then on alone.",
            name(track),
            name(first),
            name(second)
        ),
        Claim::OnlyTheMeant { rest, counted: [tries, answers, soonest], .. } => format!(
            "Of {tries} tries of pods that came and went, {answers} were answered, all by the pod \
             that was meant; addresses rest {rest} ms, and the first that was given again had \
             rested {soonest} ms."
        ),
        Claim::Silent { exchange, control } => {
            format!("{} is not answered, while {} is.", name(exchange), name(control))
        }
        Claim::PassesStack { flow, packets, control } => format!(
            "At least {} of {} pass the node's stack, while those of {} pass it by.",
            count(usize::try_from(*packets).unwrap_or(usize::MAX), "packet", "packets"),
            name(flow),
            name(control)
        ),
        Claim::NothingForged { forged, honest, went } => format!(
            "Nothing of {} is in {}, while all of {} is.",
            name(forged),
            name(went),
            name(honest)
        ),
        Claim::NotBelieved { looks, control: [_, control], .. } => format!(
            "{} hold nothing of what was forged, unlike {}.",
            names(&looks.iter().map(|[_, after]| after.clone()).collect::<Vec<_>>()),
            name(control)
        ),
        Claim::Decided { pod, peer, direction, priority, table, .. } => {
            let (from, to) = match direction {
                Direction::ToContainer => (peer, pod),
                Direction::FromContainer => (pod, peer),
            };
            let table = match table {
                Table::Eni => "table 1000 + the index of the pod's interface",
                Table::Main => "the main table",
            };
            format!("Packets from {from} to {to} are decided by rule {priority} and {table}.")
        }
        Claim::Admitted { file, call } => {
            format!("The node is admitted: {} appeared, and {} worked.", name(file), name(call))
        }
        Claim::Refused { instance, words, control_call, .. } => format!(
            "The node on {instance} is refused and nothing is made for it; {} is told; \
             {} worked on an admitted node beside it.",
            quoted(words),
            name(control_call)
        ),
        Claim::Holds { object, pointer, value } => {
            format!("Object {} has {value} at {pointer}.", name(object))
        }
        Claim::Told { facts, words } => format!("{} is told in {}.", quoted(words), names(facts)),
        Claim::OnSecondaryEnis { instance, together, .. } => format!(
            "All pods' addresses are on secondary interfaces of {instance}, \
             each on one, and some interface carries {together} or more."
        ),
        Claim::PrimaryUntouched { instance, .. } => {
            format!("The primary interface of {instance} is as it was and carries no pod.")
        }
        Claim::EniUntouched { eni, .. } => format!(
            "Interface {eni} is as it was in cloud and kernel, and no call changed it, \
             while pods were served."
        ),
        Claim::PoolSize { instance, least, most, .. } => format!(
            "In one family, the secondary interfaces of {instance} hold {}.",
            if least == most {
                count(*least, "address", "addresses")
            } else {
                format!("{least} to {most} addresses")
            }
        ),
        Claim::PoolFollows { instance, min, max, waves } => format!(
            "While pods came and went in {}, {instance} had addresses for them and {min} to {max} \
             more after each, with hardly more calls of the cloud than needed.",
            count(waves.len(), "wave", "waves")
        ),
        Claim::WithinBudget { budgets, .. } => {
            let budgets = budgets.iter().map(|(action, most)| format!("{action} {most}"));
            format!("Calls of the cloud stay within their budgets: {}.", list(budgets))
        }
        Claim::NoneDropped { before, after, control } => format!(
            "As many packets were dropped in {} as in {}; in {} it was one more.",
            name(after),
            name(before),
            name(control)
        ),
        Claim::NoPeak { action, millis, most, .. } => format!(
            "No {millis} milliseconds hold more than {} of {action}.",
            count(*most, "repeated call", "repeated calls")
        ),
        Claim::Fair { action, instances, times, .. } => format!(
            "{action} worked for each of {}, for the last one at most {times} times as late as \
             for the one in the middle.",
            count(instances.len(), "instance", "instances")
        ),
        Claim::CloudRefused { action, code, least, .. } => format!(
            "The cloud refused {action} with {code} {} or more.",
            count(*least, "time", "times")
        ),
        Claim::NoOrphans { inventory, control } => format!(
            "No interface in {} is without an instance, while one in {} was.",
            name(inventory),
            name(control)
        ),
        Claim::KilledAt { crashes, least, .. } => format!(
            "SIGKILL ended a process at {} or more of those that it passes, {} in all.",
            count(*least, "step", "steps"),
            count(crashes.len(), "time", "times")
        ),
        Claim::Damaged { damages } => {
            let files = count(damages.len(), "state file", "state files");
            format!("Of {files} one or more was changed while the agent was away.")
        }
        Claim::Conserved { instance, living, .. } => format!(
            "Cloud, kernel and reports of {instance} agree with its {}: \
             nothing is lost, doubled or left over.",
            count(living.len(), "living pod", "living pods")
        ),
        Claim::CommandSays { command, exit, words } => {
            format!("Command {} ends with {exit} and says {}.", name(command), quoted(words))
        }
        Claim::CommandRefuses { command, words, control } => format!(
            "Command {} refuses and says {}, while {} is accepted.",
            name(command),
            quoted(words),
            name(control)
        ),
        Claim::LimitsAre { command, limits } => format!(
            "Command {} prints the limits of {}, as written by hand.",
            name(command),
            count(limits.len(), "instance type", "instance types")
        ),
        Claim::Named(named) => format!(
            "“{}” moves what names it within {} ms, and nothing that names {}.",
            named.fault,
            named.millis,
            count(named.others.len(), "other fault", "other faults")
        ),
        Claim::Still(still) => format!(
            "What names {} stands still from {} to {}, while one had moved in {}.",
            count(still.signals.len(), "fault", "faults"),
            name(&still.before),
            name(&still.after),
            name(&still.control)
        ),
        Claim::Untold(untold) => format!(
            "None of {} tells one of {}, while each is found where it is kept.",
            count(untold.texts.len(), "text", "texts"),
            count(untold.secrets.len(), "secret", "secrets")
        ),
        Claim::ControlPlaneOverIpv4 { port, .. } => format!(
            "Every connection of the node to the API server's port {port} uses IPv4, \
             and there is one."
        ),
    }
}

/// A name that a step gave.
fn name(name: &str) -> String {
    format!("`{name}`")
}

fn names(names: &[String]) -> String {
    list(names.iter().map(|one| name(one)))
}

fn quoted(words: &[String]) -> String {
    list(words.iter().map(|word| format!("“{word}”")))
}

/// `nothing`, `a`, `a and b`, `a, b and c`.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn count(number: usize, one: &str, more: &str) -> String {
    match number {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        _ => format!("{number} {more}"),
    }
}

fn error_codes(codes: &[u64]) -> String {
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    if codes.is_empty() { "an error".to_owned() } else { format!("code {}", codes.join(" or ")) }
}

#[cfg(test)]
mod tests;
