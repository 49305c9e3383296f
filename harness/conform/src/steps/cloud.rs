//! What the cloud holds: whose interfaces carry pods, and how many addresses a
//! node keeps (MOD-1, MOD-2, MOD-6, POOL-1 to POOL-3).

use std::collections::BTreeMap;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::{Claim, Fact};
use stage::addresses::{PODS_A, SECURITY_GROUP};
use stage::cloud_sim::spec::UserEniSpec;

use crate::scene::{Done, Scene};

use super::pods::adds_of_all;

#[given("the state of the cloud is noted")]
#[when("the state of the cloud is noted")]
fn note_cloud(scene: &mut Scene) {
    scene.look_cloud("cloud as noted");
}

/// `the addresses of "n1"'s pods are on its secondary interfaces, 3 or more on one`.
#[then(expr = "all pods of {string} are on its secondary interfaces, {int} or more on one")]
fn on_secondary(scene: &mut Scene, step: &Step, node: String, together: usize) -> Done {
    let instance = instance(scene, &node)?;
    let (inventory, calls) = (scene.look_cloud("cloud"), adds_of_all(scene));
    scene.claim(step, Claim::OnSecondaryEnis { inventory, calls, instance, together })
}

#[then(expr = "the primary interface of {string} is as it was and carries no pod")]
async fn primary_untouched(scene: &mut Scene, step: &Step, node: String) -> Done {
    let instance = instance(scene, &node)?;
    let state = scene.look_node(&format!("state of {node}"), &node).await?;
    let (before, after) = ("cloud as noted".to_owned(), scene.look_cloud("cloud"));
    let calls = adds_of_all(scene);
    scene.claim(step, Claim::PrimaryUntouched { before, after, instance, state, calls })
}

/// `the user plugs an interface of his own, tagged "k=v", into "n1"`.
#[given(expr = "the user plugs an interface of his own, tagged {string}, into {string}")]
async fn user_interface(scene: &mut Scene, tag: String, node: String) -> Done {
    let (key, value) = tag.split_once('=').unwrap_or((&tag, ""));
    let spec = UserEniSpec {
        instance: scene.node(&node)?.node.instance().clone(),
        vswitch: PODS_A.into(),
        security_groups: vec![SECURITY_GROUP.into()],
        tags: BTreeMap::from([(key.to_owned(), value.to_owned())]),
    };
    let eni = scene.suite.lab.cloud().sim().plug_user_eni(spec).await?;
    scene.user_eni = Some(eni.to_string());
    scene.look_cloud("cloud as noted");
    scene.look_node(&format!("{node} as noted"), &node).await?;
    Ok(())
}

#[then(expr = "the user's interface is as it was, in the cloud and on {string}")]
async fn user_interface_untouched(scene: &mut Scene, step: &Step, node: String) -> Done {
    let eni = scene.user_eni.clone().unwrap_or_default();
    let after = scene.look_cloud("cloud");
    let state_after = scene.look_node(&format!("state of {node}"), &node).await?;
    let calls = scene.suite.calls(None, scene.since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    let served = adds_of_all(scene);
    let (before, state_before) = ("cloud as noted".to_owned(), format!("{node} as noted"));
    let claim =
        Claim::EniUntouched { before, after, calls, state_before, state_after, eni, served };
    scene.claim(step, claim)
}

#[then(expr = "the cloud holds {int} to {int} addresses for pods of {string}")]
#[then(expr = "the cloud comes to hold {int} to {int} addresses for pods of {string}")]
async fn pool_size(
    scene: &mut Scene,
    step: &Step,
    least: usize,
    most: usize,
    node: String,
) -> Done {
    let suite = scene.suite.clone();
    let instance = instance(scene, &node)?;
    let look = async || {
        let held = suite.inventory(scene.nodes.values());
        let of_node = held
            .enis
            .iter()
            .filter(|eni| eni.instance.as_ref() == Some(&instance) && eni.kind != "Primary");
        let count: usize = of_node.map(|eni| eni.ipv4.len()).sum();
        Ok((least..=most).contains(&count).then_some(()))
    };
    // What is held in the end is for the claim to say.
    let _ = suite.until(10.0, "the pool", look).await;
    let inventory = scene.look_cloud("cloud");
    scene.claim(step, Claim::PoolSize { inventory, instance, least, most })
}

/// The world is such that one is left over; the paired control of its collection.
#[then("the cloud comes to hold an interface without an instance")]
async fn an_orphan(scene: &mut Scene) -> Done {
    let suite = scene.suite.clone();
    let look = async || {
        let held = suite.inventory(std::iter::empty());
        Ok(held.enis.iter().any(|eni| eni.tags.contains_key("creator")).then_some(()))
    };
    // That there never was one is for the claim of the collection to say.
    let _ = suite.until(15.0, "an interface without an instance", look).await;
    scene.look_cloud("cloud as noted");
    Ok(())
}

/// Interfaces of the target's making that nobody has are collected.
#[then("the cloud comes to hold no interface without an instance, unlike as noted")]
async fn no_orphans(scene: &mut Scene, step: &Step) -> Done {
    let suite = scene.suite.clone();
    let look = async || {
        let held = suite.inventory(std::iter::empty());
        Ok(held.enis.iter().all(|eni| !eni.tags.contains_key("creator")).then_some(()))
    };
    // What is left is for the claim to say.
    let _ = suite.until(15.0, "collection", look).await;
    let inventory = scene.look_cloud("cloud");
    let control = "cloud as noted".to_owned();
    scene.claim(step, Claim::NoOrphans { inventory, control })
}

pub(super) fn instance(scene: &Scene, node: &str) -> anyhow::Result<String> {
    Ok(scene.node(node)?.node.instance().to_string())
}
