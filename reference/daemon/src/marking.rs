//! Marks of the pods' packets, kept by the daemon for all sandboxes: the one
//! table of the node in which they are told from a stranger's.

use std::sync::Mutex;

use kernel::KernelError;
use kernel::marks::{self, MarkBits, Marks, Seen};
use model::kernel::Mark;
use plan::{name, wire};
use tokio::sync::RwLock;

use crate::agent::{Agent, blocking};
use crate::holdings::View;

const BITS: MarkBits = MarkBits { mask: wire::MARK_MASK, of: wire::mark };
/// No such set: the table is gone or older than an interface.
const ENOENT: i32 = 2;

/// The table, and the right to change it: many may add and remove at a time, but who
/// replaces it is alone, and sees every grant whose marks are in it.
#[derive(Default)]
pub(crate) struct Marking {
    marks: Marks,
    right: RwLock<()>,
    /// What the table in force had counted of forged packets when it was looked at last;
    /// none before the first look.
    forged: Mutex<Option<u64>>,
}

/// Adds the marks of a grant that was made. One message to the kernel and back: another
/// thread would be woken for longer than that takes.
pub(crate) async fn add(agent: &Agent, new: Vec<Mark>) -> Result<(), KernelError> {
    let together = agent.marking.right.read().await;
    let done = agent.marking.marks.add(&new);
    drop(together);
    match done {
        Err(error) if error.errno() == Some(ENOENT) => {
            let _alone = agent.marking.right.write().await;
            let view = agent.holdings.view();
            let seen = blocking(marks::seen).await?;
            count_forged(agent, &seen);
            let all = kept(&view, &seen);
            replace(agent, view, all).await
        }
        done => done,
    }
}

/// Removes the marks of a grant that is no more.
pub(crate) async fn remove(agent: &Agent, gone: Vec<Mark>) -> Result<(), KernelError> {
    let _together = agent.marking.right.read().await;
    agent.marking.marks.remove(&gone)
}

/// Makes the table hold the marks of all grants, and nothing else; answers what
/// was missing. Counts what pods forged since the last time.
pub(crate) async fn mend(agent: &Agent) -> Result<Vec<Mark>, KernelError> {
    let _alone = agent.marking.right.write().await;
    let view = agent.holdings.view();
    let seen = blocking(marks::seen).await?;
    count_forged(agent, &seen);
    let all = kept(&view, &seen);
    let missing: Vec<_> = all.iter().filter(|mark| !seen.holds(mark)).cloned().collect();
    if !missing.is_empty() || seen.holds_more_than(&all) {
        replace(agent, view, all).await?;
    }
    Ok(missing)
}

/// Writes the table anew; its counter begins at nothing then.
async fn replace(agent: &Agent, view: View, all: Vec<Mark>) -> Result<(), KernelError> {
    blocking(move || marks::replace(BITS, &slots(&view), &all)).await?;
    *agent.marking.forged.lock().expect("no holder panics") = Some(0);
    Ok(())
}

/// Passes on what the table counted since the last look.
fn count_forged(agent: &Agent, seen: &Seen) {
    let now = seen.forged();
    let before = agent.marking.forged.lock().expect("no holder panics").replace(now);
    if !defect::on("forged-packets-are-not-counted") {
        agent.metrics.forged.inc_by(since(before, now));
    }
}

/// How much a counter counted since it was looked at. What it had at the first look was
/// counted in another life of this process; less than before is a table that somebody else
/// made anew.
fn since(before: Option<u64>, now: u64) -> u64 {
    before.map_or(0, |before| now.checked_sub(before).unwrap_or(now))
}

/// Which of these marks the table lacks; all of them when a rule is not there.
pub(crate) fn missing(of: &[Mark]) -> Result<Vec<Mark>, KernelError> {
    let seen = marks::seen()?;
    Ok(of.iter().filter(|mark| !seen.holds(mark)).cloned().collect())
}

/// Slots of all interfaces that are plugged in, also of those without pods.
fn slots(view: &View) -> Vec<u16> {
    view.pool.enis.values().map(|eni| eni.link.slot).collect()
}

/// The marks of every grant, as they are where its interface is not known yet, as
/// after a start.
fn kept(view: &View, seen: &Seen) -> Vec<Mark> {
    let mut marks = wanted(view);
    let unplaced = view.grants.iter().filter(|grant| !view.pool.enis.contains_key(&grant.eni));
    let links = unplaced.map(|grant| name::host_link(&grant.attachment)).collect();
    marks.extend(seen.of(&links));
    marks
}

/// The marks of every grant whose interface is plugged in.
fn wanted(view: &View) -> Vec<Mark> {
    let of = |grant: &model::Grant| {
        let slot = view.pool.enis.get(&grant.eni)?.link.slot;
        Some(wire::marks(&grant.attachment, grant.addresses, slot))
    };
    view.grants.iter().filter_map(of).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::at_the_first_look(None, 7, 0)]
    #[case::nothing_new(Some(7), 7, 0)]
    #[case::more(Some(7), 9, 2)]
    #[case::of_a_new_table(Some(7), 3, 3)]
    fn what_a_counter_counted_since(
        #[case] before: Option<u64>,
        #[case] now: u64,
        #[case] more: u64,
    ) {
        assert_eq!(since(before, now), more);
    }
}
