//! Nodes that lose power and start again (FLT-10): sandboxes and the kernel's objects are gone,
//! the disk is not, and interfaces come with other indexes and names.

use std::net::SocketAddrV4;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::claim::{Carried, Reindexed};
use facts::{Claim, Evidence, Fact, Judgement};
use stage::Order;
use stage::addresses::{API_PORT, CONTROL};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::cloud::instance;
use super::pods;
use super::rules::{Exchanged, exchange, world};

/// `"n1" reboots, and its interfaces come in another order`; its agents are not started.
#[when(
    regex = r#"^"([^"]*)" reboots, and its interfaces come (in another order|behind other devices)$"#
)]
async fn reboots(scene: &mut Scene, node: String, how: String) -> Done {
    let order = if how == "in another order" { Order::Turned } else { Order::Behind };
    let suite = scene.suite.clone();
    scene.look_node(&before(&node), &node).await?;
    // All ends at once; an agent that lived on would see its sandboxes go.
    scene.node_mut(&node)?.stop_agents(true);
    for pod in scene.pods.values_mut().filter(|pod| pod.node == node) {
        pod.close().await?;
    }
    let seen = scene.node_mut(&node)?.reboot(&suite, order).await?;
    for (name, fact) in seen {
        scene.store(&name, fact);
    }
    Ok(())
}

#[when(expr = "the API is out of reach of {string}")]
async fn out_of_reach(scene: &mut Scene, node: String) -> Done {
    let netns = scene.node(&node)?.netns();
    let server = SocketAddrV4::new(CONTROL, API_PORT);
    Ok(blocking(move || probe::block(&netns, server)).await??)
}

#[when(expr = "the API is within reach of {string} again")]
async fn within_reach(scene: &mut Scene, node: String) -> Done {
    let netns = scene.node(&node)?.netns();
    let lost = blocking(move || probe::unblock(&netns)).await??;
    scene.store("packets to the API that were lost", Fact::Value { value: lost.into() });
    Ok(())
}

/// As kubelet does with each pod of a node that started again.
#[when(expr = "the pods of {string} come again, each in another sandbox")]
async fn come_again(scene: &mut Scene, step: &Step, node: String) -> Done {
    for alias in of_node(scene, &node) {
        scene.pod_mut(&alias)?.renew().await?;
        pods::served(scene, &node, &alias).await?;
        pods::is_wired(scene, step, &alias).await?;
    }
    Ok(())
}

#[given(expr = "packets of each pod of {string} leave by its own interface, with IPv4 and IPv6")]
#[then(expr = "packets of each pod of {string} leave by its own interface, with IPv4 and IPv6")]
async fn leave_by_their_own(scene: &mut Scene, step: &Step, node: String) -> Done {
    for (alias, v4) in
        of_node(scene, &node).into_iter().flat_map(|a| [(a.clone(), true), (a, false)])
    {
        let pod = scene.pod(&alias)?.address(v4)?;
        let Exchanged { flow, state, inventory } = exchange(scene, step, &alias, v4).await?;
        let carried = Carried { state, inventory, flow, pod, peer: world(v4) };
        scene.claim(step, Claim::Carried(carried))?;
    }
    Ok(())
}

#[then(
    expr = "tables and rules of {string} belong to its interfaces, which have other indexes than before"
)]
async fn reindexed(scene: &mut Scene, step: &Step, node: String) -> Done {
    let (suite, before, instance) = (scene.suite.clone(), before(&node), instance(scene, &node)?);
    let claim = |inventory: &str, after: &str| {
        let [instance, inventory, before, after] =
            [&instance, inventory, &before, after].map(str::to_owned);
        Claim::Reindexed(Reindexed { instance, inventory, before, after })
    };
    let noted = scene.evidence.get(&before).cloned();
    let noted = noted.ok_or_else(|| anyhow::anyhow!("{node} did not reboot"))?;
    let netns = scene.node(&node)?.netns();
    let look = async || {
        let (netns, place) = (netns.clone(), format!("node {node}"));
        let now = blocking(move || probe::state(&netns, &place)).await??;
        let mut evidence = Evidence::default();
        evidence.put(&before, noted.clone());
        evidence.put("now", Fact::Kernel(Box::new(now)));
        evidence.put("cloud", Fact::Inventory(suite.inventory(scene.nodes.values())));
        let holds = oracle::judge(&claim("cloud", "now"), &evidence) == Judgement::Holds;
        Ok(holds.then_some(()))
    };
    // Interfaces come and go with what pods need. What differs in the end is for the claim to say.
    let _ = suite.until(20.0, "the interfaces' tables", look).await;
    let after = scene.look_node(&format!("{node} after the reboot"), &node).await?;
    let inventory = scene.look_cloud("cloud");
    scene.claim(step, claim(&inventory, &after))
}

/// Aliases of a node's pods.
fn of_node(scene: &Scene, node: &str) -> Vec<String> {
    let there = scene.pods.values().filter(|pod| pod.node == node);
    there.map(|pod| pod.alias.clone()).collect()
}

fn before(node: &str) -> String {
    format!("{node} before the reboot")
}
