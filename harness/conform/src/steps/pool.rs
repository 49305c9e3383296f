//! Pods that come and go in waves, and a pool that follows (FLT-18).

use cucumber::gherkin::Step;
use cucumber::then;
use facts::claim::Wave;
use facts::{Claim, Fact};

use crate::scene::{Done, Scene, Stop};

use super::cloud::instance;
use super::pods::add_many;

#[then(
    expr = "the pool of {string} follows {int} waves of at most {int} pods with {int} to {int} idle addresses"
)]
async fn waves(
    scene: &mut Scene,
    step: &Step,
    node: String,
    count: usize,
    most: usize,
    min: usize,
    max: usize,
) -> Done {
    let mut dice = scene.dice("waves of pods");
    let mut pods = 0;
    let mut waves = Vec::new();
    for left in (0..count).rev() {
        // Each wave changes something, and in the end all pods are gone.
        let other = (pods + dice.usize(1..=most)) % (most + 1);
        let next = if left == 0 { 0 } else { other };
        if next != pods {
            waves.push(wave(scene, step, &node, [pods, next], [min, max]).await?);
        }
        pods = next;
    }
    let instance = instance(scene, &node)?;
    scene.claim(step, Claim::PoolFollows { instance, min, max, waves })
}

/// Brings the node from so many pods to so many others and lets the pool settle.
async fn wave(
    scene: &mut Scene,
    step: &Step,
    node: &str,
    [before, pods]: [usize; 2],
    [min, max]: [usize; 2],
) -> Result<Wave, Stop> {
    let (suite, since) = (scene.suite.clone(), scene.suite.last_call());
    if pods > before {
        let calls = add_many(scene, pods - before, node).await?;
        scene.claim(step, Claim::AllServed { calls, count: pods - before })?;
    } else {
        remove(scene, step, node, before - pods).await?;
    }
    let of_node = scene.node(node)?.node.instance().clone();
    let look = async || {
        let held = suite.inventory(scene.nodes.values());
        let enis = held.enis.iter().filter(|eni| eni.kind != "Primary");
        let mine = enis.filter(|eni| eni.instance.as_deref() == Some(&*of_node.to_string()));
        let count: usize = mine.map(|eni| eni.ipv4.len()).sum();
        Ok((pods + min..=pods + max).contains(&count).then_some(()))
    };
    // Where it settles is for the claim to say.
    let _ = suite.until(10.0, "the pool", look).await;
    let inventory = scene.look_cloud("cloud after a wave");
    let calls = suite.calls(Some(&of_node), since);
    let calls = scene.store("calls of a wave", Fact::Calls { calls });
    Ok(Wave { pods, inventory, calls })
}

/// DEL for the pods that came last; they are forgotten, so that others can come.
async fn remove(scene: &mut Scene, step: &Step, node: &str, count: usize) -> Done {
    let mut there: Vec<_> = scene.pods.values().filter(|pod| pod.result.is_some()).collect();
    there.sort_by_key(|pod| std::cmp::Reverse((pod.alias.len(), pod.alias.clone())));
    let aliases: Vec<_> = there.iter().take(count).map(|pod| pod.alias.clone()).collect();
    for alias in aliases {
        let call = scene.call("DEL", &alias, None)?;
        let call = scene.make(&format!("DEL {alias}"), node, call).await?;
        scene.claim(step, Claim::CallSucceeds { call })?;
        let pod = scene.pod_mut(&alias)?;
        pod.close().await?;
        pod.remember(None);
    }
    Ok(())
}
