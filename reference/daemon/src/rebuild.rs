//! What the daemon knows again although its books are lost or from another day: who
//! runs, from the kernel; what rests and what was given up, from its last report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::node_runtime::{NodeRuntime, NodeRuntimeStatus};
use kube::Api;
use kube::runtime::events::EventType;
use model::pool::Lease;
use plan::rebuild::{self, Running};
use tokio::time::timeout;

use crate::agent::{Agent, blocking, chain, millis, now_ms};
use crate::events::Message;
use crate::holdings::Holdings;
use crate::inspect::{self, Snapshot};
use crate::journal::JournalError;

/// Between two tries when the API is away.
const AGAIN: Duration = Duration::from_millis(500);
/// How long a configuration is waited for, which says how long addresses rest.
const CONFIG: Duration = Duration::from_secs(5);

/// The sandboxes that a snapshot of the node shows.
pub(crate) fn running(there: &Snapshot) -> Vec<Running> {
    if trusts_its_books() {
        return Vec::new();
    }
    rebuild::running(there.named(), &there.scene)
}

fn trusts_its_books() -> bool {
    defect::on("agent-trusts-its-books-alone") || defect::on("restart-forgets-grants")
}

/// Takes up the sandboxes that run on the node; nothing else may use the books yet.
pub(crate) async fn from_kernel(holdings: &Holdings) -> anyhow::Result<()> {
    let there = blocking(inspect::snapshot).await?;
    Ok(take_up(holdings, running(&there))?)
}

/// Takes up those of `there` that the books lack while the daemon runs: they were
/// granted before the books were lost, and wired since.
pub(crate) async fn late(agent: &Agent, there: &Snapshot) {
    let known: BTreeSet<_> =
        agent.holdings.view().grants.into_iter().map(|grant| grant.attachment).collect();
    for Running { attachment, .. } in running(there) {
        if known.contains(&attachment) {
            continue;
        }
        let _turn = agent.turns.take(&attachment).await;
        // It may have been released while this waited for its turn.
        let done = blocking(inspect::snapshot).await.map(|there| {
            let still = running(&there).into_iter().filter(|one| one.attachment == attachment);
            take_up(&agent.holdings, still.collect())
        });
        match done {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = chain(&error), "take up {attachment}"),
            Err(error) => tracing::warn!(error = chain(&error), "look for {attachment}"),
        }
    }
}

fn take_up(holdings: &Holdings, running: Vec<Running>) -> Result<(), JournalError> {
    let changes = holdings.take_up(running, now_ms())?;
    for sandbox in &changes.drop {
        tracing::warn!(%sandbox, "its addresses are another sandbox's: dropped from the books");
    }
    for grant in &changes.add {
        let (pod, sandbox) = (&grant.pod, &grant.attachment);
        tracing::warn!(%pod, %sandbox, addresses = ?grant.addresses, "taken up from the kernel");
    }
    Ok(())
}

/// Waits until the last report is taken up. Neither a new one nor the controller's
/// offer may come before.
pub(crate) async fn told(agent: &Agent) {
    agent.told.get_or_init(|| from_api(agent)).await;
}

async fn from_api(agent: &Agent) {
    let api: Api<NodeRuntime> = Api::all(agent.client.clone());
    if defect::on("api-away-at-start-is-final") {
        let answered = timeout(4 * AGAIN, api.get_opt(&agent.flags.node_name)).await;
        if answered.is_err() {
            return std::future::pending().await;
        }
    }
    let mut pace = tokio::time::interval(AGAIN);
    let status = loop {
        pace.tick().await;
        match api.get_opt(&agent.flags.node_name).await {
            Ok(found) => break found.and_then(|found| found.status).unwrap_or_default(),
            Err(error) => tracing::warn!(%error, "read what this node used"),
        }
    };
    let mut settings = agent.settings.subscribe();
    // Without one, addresses rest for as long as they do by default.
    let _ = timeout(CONFIG, settings.wait_for(Option::is_some)).await;
    let rest = agent.settings().map_or(crate::REST, |settings| settings.eni.rest);
    if let Err(error) = agent.holdings.take_told(leases(&status, now_ms() + millis(rest))) {
        tracing::error!(error = chain(&error), "write down what this node used");
    }
    complain(agent).await;
}

/// Addresses that nobody runs with rest once more, whatever was the case.
fn leases(told: &NodeRuntimeStatus, until_ms: u64) -> BTreeMap<std::net::IpAddr, Lease> {
    if trusts_its_books() {
        return BTreeMap::new();
    }
    let used = told.addresses.keys().map(|address| (address, Lease::Resting { until_ms }));
    let released = told.releases.iter().filter(|(_, answer)| answer.released);
    let released = released
        .map(|(address, answer)| (address, Lease::Leaving { generation: answer.generation }));
    used.chain(released)
        .filter_map(|(address, lease)| Some((address.parse().ok()?, lease)))
        .collect()
}

/// Tells people that the journal was put aside.
async fn complain(agent: &Agent) {
    let Some(broken) = &agent.broken else { return };
    let note = format!(
        "{}; it is kept as {}, and sandboxes were taken up from the kernel",
        broken.problem,
        broken.aside.display()
    );
    agent.events.on_node(Message { kind: EventType::Warning, reason: "StateBroken", note }).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::node_runtime::{AddressUse, GRANTED, RESTING, ReleaseAnswer};

    #[test]
    fn what_was_used_rests_and_what_was_given_up_stays_so() {
        let used = |state: &str| AddressUse { state: state.to_owned(), ..AddressUse::default() };
        let answer = |released| ReleaseAnswer { generation: 4, released };
        let told = NodeRuntimeStatus {
            addresses: [("10.0.1.5", GRANTED), ("10.0.1.6", RESTING)]
                .map(|(address, state)| (address.to_owned(), used(state)))
                .into(),
            releases: [("10.0.1.7", true), ("10.0.1.8", false)]
                .map(|(address, released)| (address.to_owned(), answer(released)))
                .into(),
            ..NodeRuntimeStatus::default()
        };
        let resting = Lease::Resting { until_ms: 9 };
        let wanted = [(5, resting.clone()), (6, resting), (7, Lease::Leaving { generation: 4 })];
        assert_eq!(
            leases(&told, 9),
            wanted.map(|(last, lease)| ([10, 0, 1, last].into(), lease)).into()
        );
    }
}
