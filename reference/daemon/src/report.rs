//! This node's `noderuntimes` object: what is in use, who waits, which
//! proposals are answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::node_runtime::{
    AddressUse, GRANTED, NodeRuntime, NodeRuntimeStatus, RESTING, ReleaseAnswer, RuntimePod,
    RuntimePodStatus,
};
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use model::pool::Lease;
use tokio::time::{Instant, MissedTickBehavior};

use crate::agent::Agent;
use crate::holdings::View;
use crate::metrics::Kind;
use crate::rebuild;

/// Shortest time between two writes when somebody waits for what the second one tells.
const PACE: Duration = Duration::from_millis(50);
/// A write that took long, as of many pods or by a busy API, is followed by a rest that
/// many times as long, but not longer than [`LONGEST`]: somebody waits.
const REST: u32 = 3;
const LONGEST: Duration = Duration::from_millis(200);
/// And when nobody does, as when pods come and go: a write costs the API server and
/// the controller more than an ADD costs the node.
const CALM: Duration = Duration::from_secs(1);
/// After a time without news, what nobody waits for is told that much later: pods that come
/// at a time are told together, after the node has served them.
const BURST: Duration = Duration::from_millis(250);
/// Between two tries when the API is away.
const AGAIN: Duration = Duration::from_secs(1);
/// Deleted pods that are still told.
const MOST_DELETED: usize = 256;

/// Writes the report whenever it changes, until the process ends.
pub(crate) async fn keep(agent: Arc<Agent>) {
    let api: Api<NodeRuntime> = Api::all(agent.client.clone());
    rebuild::told(&agent).await;
    let mut there: Option<NodeRuntime> = None;
    let mut pods = BTreeMap::new();
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut calm = Instant::now();
    loop {
        pace.tick().await;
        let changed = agent.holdings.changed.notified();
        let view = agent.holdings.view();
        gauge(&agent, &view);
        follow_pods(&mut pods, &view);
        let status = report(&view, &pods);
        let told = there.as_ref().and_then(|object| object.status.as_ref());
        if told == Some(&status) {
            changed.await;
            calm = calm.max(Instant::now() + BURST);
            continue;
        }
        if told.is_some_and(|told| !awaited(told, &status)) && Instant::now() < calm {
            let _ = tokio::time::timeout_at(calm, changed).await;
            continue;
        }
        calm = Instant::now() + CALM;
        defect::point("daemon.report.due");
        let begun = Instant::now();
        match write(&agent, &api, there.take(), status).await {
            Ok(object) => {
                defect::point("daemon.report.written");
                there = Some(object);
                pace.reset_after((REST * begun.elapsed()).clamp(PACE, LONGEST));
            }
            Err(error) => {
                tracing::warn!(%error, "report what this node uses");
                let _ = tokio::time::timeout(AGAIN, changed).await;
            }
        }
    }
}

/// Whether the controller waits for the difference: more or fewer sandboxes lack
/// addresses, or a proposal is answered.
fn awaited(told: &NodeRuntimeStatus, status: &NodeRuntimeStatus) -> bool {
    told.waiting != status.waiting || told.releases != status.releases
}

async fn write(
    agent: &Agent,
    api: &Api<NodeRuntime>,
    there: Option<NodeRuntime>,
    status: NodeRuntimeStatus,
) -> kube::Result<NodeRuntime> {
    let name = &agent.flags.node_name;
    let mut object = match there {
        Some(object) => object,
        None => match api.get_opt(name).await? {
            Some(object) => object,
            None => api.create(&PostParams::default(), &fresh(agent).await?).await?,
        },
    };
    object.status = Some(status);
    let mut written = api.replace_status(name, &PostParams::default(), &object).await?;
    // Who wrote which field is longer than the report; left out, it stays.
    written.metadata.managed_fields = None;
    Ok(written)
}

async fn fresh(agent: &Agent) -> kube::Result<NodeRuntime> {
    let nodes: Api<Node> = Api::all(agent.client.clone());
    let node = nodes.get(&agent.flags.node_name).await?;
    let name = agent.flags.node_name.clone();
    let owner = OwnerReference {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        name: name.clone(),
        uid: node.metadata.uid.unwrap_or_default(),
        ..OwnerReference::default()
    };
    Ok(NodeRuntime {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            labels: Some(BTreeMap::from([("name".to_owned(), name)])),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
        ..NodeRuntime::default()
    })
}

fn report(view: &View, pods: &BTreeMap<String, RuntimePod>) -> NodeRuntimeStatus {
    let mut status = NodeRuntimeStatus {
        pods: pods.clone(),
        waiting: view.waiting,
        ..NodeRuntimeStatus::default()
    };
    let untold = defect::on("reports-tell-no-grants");
    for grant in view.grants.iter().filter(|_| !untold) {
        for address in grant.addresses.iter() {
            let used = AddressUse {
                state: GRANTED.to_owned(),
                pod_id: grant.pod.to_string(),
                pod_uid: grant.pod.uid.clone(),
            };
            status.addresses.insert(address.to_string(), used);
        }
    }
    for (address, lease) in view.pool.enis.values().flat_map(|eni| &eni.leases) {
        if matches!(lease, Lease::Resting { .. }) {
            let used = AddressUse { state: RESTING.to_owned(), ..AddressUse::default() };
            status.addresses.insert(address.to_string(), used);
        }
    }
    for (answers, released) in [(&view.answers.released, true), (&view.answers.denied, false)] {
        for (address, generation) in answers {
            let answer = ReleaseAnswer { generation: *generation, released };
            status.releases.insert(address.to_string(), answer);
        }
    }
    status
}

/// Notes which pods came and went, with the time.
fn follow_pods(pods: &mut BTreeMap<String, RuntimePod>, view: &View) {
    let now = || RuntimePodStatus { last_update_time: jiff::Timestamp::now().to_string() };
    let here: BTreeMap<_, _> = view
        .grants
        .iter()
        .filter(|grant| !grant.pod.uid.is_empty())
        .map(|grant| (&grant.pod.uid, grant.pod.to_string()))
        .collect();
    for (uid, pod_id) in &here {
        pods.entry((*uid).clone()).or_insert_with(|| RuntimePod {
            pod_id: pod_id.clone(),
            status: BTreeMap::from([("initial".to_owned(), now())]),
        });
    }
    for (uid, pod) in pods.iter_mut() {
        if here.contains_key(uid) {
            pod.status.remove("deleted");
        } else {
            pod.status.entry("deleted".to_owned()).or_insert_with(now);
        }
    }
    let mut deleted: Vec<_> = pods
        .iter()
        .filter_map(|(uid, pod)| {
            Some((pod.status.get("deleted")?.last_update_time.clone(), uid.clone()))
        })
        .collect();
    deleted.sort();
    for (_, uid) in deleted.iter().take(deleted.len().saturating_sub(MOST_DELETED)) {
        pods.remove(uid);
    }
}

fn gauge(agent: &Agent, view: &View) {
    for kind in ["free", "granted", "resting", "leaving"] {
        let number = view.pool.count(|_, lease| lease.word() == kind);
        let gauge = agent.metrics.pool.get_or_create(&Kind { kind }).clone();
        gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addresses, Attachment, Grant, PodRef};

    fn grant(uid: &str) -> Grant {
        Grant {
            attachment: Attachment { container: uid.to_owned(), ifname: "eth0".to_owned() },
            pod: PodRef {
                namespace: "default".to_owned(),
                name: "a".to_owned(),
                uid: uid.to_owned(),
            },
            netns: String::new(),
            eni: "eni-1".into(),
            addresses: Addresses { v4: Some([10, 0, 1, 5].into()), v6: None },
            granted_ms: 0,
        }
    }

    #[test]
    fn a_granted_address_is_told_with_its_pod_even_while_its_interface_is_unknown() {
        let view = View { grants: vec![grant("u1")], ..View::default() };
        let status = report(&view, &BTreeMap::new());
        let used = &status.addresses["10.0.1.5"];
        assert_eq!((used.state.as_str(), used.pod_uid.as_str()), (GRANTED, "u1"));
    }

    #[test]
    fn who_waits_is_told_at_once_and_who_came_is_not() {
        let none = NodeRuntimeStatus::default();
        let grown =
            report(&View { grants: vec![grant("u1")], ..View::default() }, &BTreeMap::new());
        assert!(!awaited(&none, &grown));
        assert!(awaited(&none, &NodeRuntimeStatus { waiting: 1, ..none.clone() }));
        let answer = ReleaseAnswer { generation: 3, released: true };
        let releases = BTreeMap::from([("10.0.1.5".to_owned(), answer)]);
        assert!(awaited(&none, &NodeRuntimeStatus { releases, ..none.clone() }));
    }

    #[test]
    fn pods_come_and_go_with_the_time() {
        let mut pods = BTreeMap::new();
        follow_pods(&mut pods, &View { grants: vec![grant("u1")], ..View::default() });
        assert_eq!(pods["u1"].status.keys().collect::<Vec<_>>(), ["initial"]);
        follow_pods(&mut pods, &View::default());
        assert_eq!(pods["u1"].status.keys().collect::<Vec<_>>(), ["deleted", "initial"]);
    }
}
