//! Which rules and tables decide for packets (RUL-1, RUL-2), and whether packets
//! pass the node's stack (SHR-1).

use std::net::IpAddr;

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::claim::{Direction, Table};
use facts::exchange::Protocol;
use facts::{Claim, Fact};
use probe::Watch;
use stage::addresses::{WORLD_V4, WORLD_V6};

use crate::scene::{Done, Scene, Stop};
use crate::suite::blocking;

use super::reach::{Wanted, answered};

/// `"a" and the world exchange packets with IPv4, watched on its node`.
#[when(
    regex = r#"^"([^"]*)" and the world exchange packets with (IPv4|IPv6), watched on its node$"#
)]
async fn watched(scene: &mut Scene, step: &Step, pod: String, family: String) -> Done {
    exchange(scene, step, &pod, family == "IPv4").await.map(drop)
}

/// Names of what was seen of an exchange with the world.
pub(super) struct Exchanged {
    /// Packets from the pod.
    pub(super) flow: String,
    /// The node right after it.
    pub(super) state: String,
    /// The cloud right after it.
    pub(super) inventory: String,
}

/// Lets a pod and the world exchange packets, and watches them on the pod's node.
pub(super) async fn exchange(
    scene: &mut Scene,
    step: &Step,
    pod: &str,
    v4: bool,
) -> Result<Exchanged, Stop> {
    let (own, peer) = (scene.pod(pod)?.address(v4)?, world(v4));
    let watches =
        [watch(scene, pod, 1, (own, peer)).await?, watch(scene, pod, 2, (peer, own)).await?];
    scene.suite.serve_world().await?;
    let from = (scene.pod(pod)?.netns(), format!("pod {pod}"));
    let wanted = Wanted { protocol: Protocol::Tcp, by: "world".to_owned(), seen: Some(own) };
    answered(scene, step, from, (peer, "the world".to_owned()), wanted).await?;
    let mut flow = String::new();
    for (name, watch) in
        ["flow to the pod", "flow from the pod"].iter().zip(watches.into_iter().rev())
    {
        let seen = blocking(move || watch.read()).await??;
        flow = scene.store(name, Fact::Flow(seen));
    }
    let node = scene.pod(pod)?.node.clone();
    let state = scene.look_node("node's rules", &node).await?;
    Ok(Exchanged { flow, state, inventory: scene.look_cloud("cloud") })
}

/// Both readings are claimed; which of them the target follows is in the report.
#[then(regex = r#"^packets (to|from) "([^"]*)" are decided as one of the readings says$"#)]
fn decided(scene: &mut Scene, step: &Step, side: String, pod: String) -> Done {
    let towards = side == "to";
    let flow = if towards { "flow to the pod" } else { "flow from the pod" };
    let Some(Fact::Flow(seen)) = scene.evidence.get(flow) else {
        return Err(anyhow::anyhow!("no packets of {pod} were watched").into());
    };
    let v4 = seen.source.is_ipv4();
    let (pod, peer) = (scene.pod(&pod)?.address(v4)?, world(v4));
    // Written from the document's table and from the published code (ledger, RUL-1 and RUL-2).
    let readings = if towards {
        [("document", 512, Table::Eni), ("upstream", 512, Table::Main)]
    } else {
        [("document", 512, Table::Eni), ("upstream", 2048, Table::Eni)]
    };
    let direction = if towards { Direction::ToContainer } else { Direction::FromContainer };
    for (reading, priority, table) in readings {
        let (state, inventory) = ("node's rules".to_owned(), "cloud".to_owned());
        let flow = flow.to_owned();
        let claim =
            Claim::Decided { state, inventory, flow, pod, peer, direction, priority, table };
        scene.claim_reading(step, reading, claim);
    }
    Ok(())
}

/// `"a" sends to "b" with IPv4 through the stack of "n1", unlike to itself`.
#[then(
    regex = r#"^"([^"]*)" reaches "([^"]*)" with (IPv4|IPv6) through the stack of "([^"]*)", unlike itself$"#
)]
async fn through_stack(
    scene: &mut Scene,
    step: &Step,
    client: String,
    server: String,
    family: String,
    node: String,
) -> Done {
    let v4 = family == "IPv4";
    let netns = scene.node(&node)?.netns();
    let own = scene.pod(&client)?.address(v4)?;
    let mut flows = Vec::new();
    for (number, peer) in [(1, server), (2, client.clone())] {
        scene.pod_mut(&peer)?.serve().await?;
        let (other, by) = (scene.pod(&peer)?.address(v4)?, scene.pod(&peer)?.uid.clone());
        let (inside, name) = (netns.clone(), node.clone());
        let watch = blocking(move || Watch::start(&inside, &name, number, own, other)).await??;
        let from = (scene.pod(&client)?.netns(), format!("pod {client}"));
        let wanted = Wanted { protocol: Protocol::Tcp, by, seen: Some(own) };
        answered(scene, step, from, (other, format!("pod {peer}")), wanted).await?;
        let seen = blocking(move || watch.read()).await??;
        flows.push(scene.store(&format!("flow from {client} to {peer}"), Fact::Flow(seen)));
    }
    let [flow, control] = flows.as_slice() else { return Ok(()) };
    let (flow, control) = (flow.clone(), control.clone());
    // A TCP exchange has at least SYN, ACK, data and FIN of the client.
    scene.claim(step, Claim::PassesStack { flow, packets: 4, control })
}

async fn watch(
    scene: &Scene,
    pod: &str,
    number: usize,
    (source, destination): (IpAddr, IpAddr),
) -> Result<Watch, Stop> {
    let node = scene.pod(pod)?.node.clone();
    let netns = scene.node(&node)?.netns();
    Ok(blocking(move || Watch::start(&netns, &node, number, source, destination)).await??)
}

pub(super) fn world(v4: bool) -> IpAddr {
    if v4 { WORLD_V4.into() } else { WORLD_V6.into() }
}
