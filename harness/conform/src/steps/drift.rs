//! Objects of the target that somebody alters, one at a time (FLT-8, FLT-14, COX-1).

use std::time::Instant;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::drift::Drift;
use facts::{Claim, Fact};

use crate::drift::{Kind, Object, Where, choose, foreign};
use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::pods;

/// How long a repair is waited for, in seconds: longer than it may take.
const PATIENCE: f64 = 15.0;

#[given(expr = "foreign objects on {string}")]
async fn foreign_objects(scene: &mut Scene, node: String) -> Done {
    let netns = scene.node(&node)?.netns();
    let there = netns.clone();
    blocking(move || foreign::place(&there)).await??;
    keep_foreign(scene, netns, "as placed").await
}

/// The first object that stays as it is ends the row: each one more would be waited for
/// as long.
#[when(regex = r#"^each (\w+) of "([^"]*)" and its node is altered, one at a time$"#)]
async fn altered(scene: &mut Scene, kind: String, pod: String) -> Done {
    let kind = Kind::of(&kind)?;
    for object in objects(scene, kind, &pod).await? {
        let drift = disturb(scene, &pod, &object).await?;
        if matches!(scene.evidence.get(&drift), Some(Fact::Drift(it)) if it.last != it.before) {
            break;
        }
    }
    Ok(())
}

/// Alters an object and waits until it is back, or for a while; answers the name of what
/// became of it. The agents stand still until the alteration was seen.
pub(super) async fn disturb(
    scene: &mut Scene,
    pod: &str,
    object: &Object,
) -> anyhow::Result<String> {
    let node = scene.pod(pod)?.node.clone();
    scene.node(&node)?.freeze_agents(true)?;
    let start = Instant::now();
    let altered = alter(object).await;
    scene.node(&node)?.freeze_agents(false)?;
    let (before, altered) = altered?;
    let last = awaited(scene, object, &before).await?;
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let words = object.words.clone();
    let drift = Drift { object: words.clone(), before, altered, last, millis };
    Ok(scene.store(&format!("drift: {words}"), Fact::Drift(drift)))
}

#[then(expr = "each is back within {int} seconds")]
fn back(scene: &mut Scene, step: &Step, seconds: u64) -> Done {
    let drifts = drifts(scene);
    scene.claim(step, Claim::Repaired { drifts, millis: seconds * 1000 })
}

#[then(expr = "no foreign object of {string} was touched")]
async fn untouched(scene: &mut Scene, step: &Step, node: String) -> Done {
    let netns = scene.node(&node)?.netns();
    keep_foreign(scene, netns, "at last").await?;
    let names = scene.evidence.order.iter().filter_map(|name| name.strip_suffix(" as placed"));
    let looks =
        names.map(|name| [format!("{name} as placed"), format!("{name} at last")]).collect();
    let drifts = drifts(scene);
    scene.claim(step, Claim::ForeignUntouched { looks, drifts })
}

/// Nobody repairs meanwhile; after each CHECK the pod is made anew.
#[then(regex = r#"^CHECK sees each (\w+) of "([^"]*)" and its node that is altered$"#)]
async fn checked(scene: &mut Scene, step: &Step, kind: String, pod: String) -> Done {
    let kind = Kind::of(&kind)?;
    let count = objects(scene, kind, &pod).await?.len();
    if count == 0 {
        return scene.claim(step, Claim::Repaired { drifts: Vec::new(), millis: 0 });
    }
    for number in 0..count {
        // Making the pod anew may have changed its addresses.
        let Some(object) = objects(scene, kind, &pod).await?.into_iter().nth(number) else { break };
        let control = call(scene, "CHECK", &pod).await?;
        let (before, altered) = alter(&object).await?;
        let check = call(scene, "CHECK", &pod).await?;
        let (last, words) = (altered.clone(), object.words.clone());
        let drift = Drift { object: words.clone(), before, altered, last, millis: 0 };
        let drift = scene.store(&format!("drift: {words}"), Fact::Drift(drift));
        scene.claim(step, Claim::Noticed { drift, check, control })?;
        blocking(move || object.undo()).await??;
        anew(scene, step, &pod).await?;
    }
    Ok(())
}

async fn anew(scene: &mut Scene, step: &Step, pod: &str) -> Done {
    let gone = call(scene, "DEL", pod).await?;
    scene.claim(step, Claim::CallSucceeds { call: gone })?;
    pods::add(scene, pod, None).await?;
    let call = pods::last_add(scene, pod)?;
    scene.claim(step, Claim::CallSucceeds { call })
}

async fn call(scene: &mut Scene, verb: &str, pod: &str) -> anyhow::Result<String> {
    let call = scene.call(verb, pod, None)?;
    let node = scene.pod(pod)?.node.clone();
    scene.make(&format!("{verb} {pod}"), &node, call).await
}

pub(super) async fn objects(scene: &Scene, kind: Kind, pod: &str) -> anyhow::Result<Vec<Object>> {
    let pod = scene.pod(pod)?;
    let (node, inside) = (scene.node(&pod.node)?.netns(), pod.netns());
    let addresses = pod.addresses.clone();
    blocking(move || {
        let states = (probe::state(&node, "the node")?, probe::state(&inside, "the pod")?);
        let place = Where { node: (node, states.0), pod: (inside, states.1), addresses };
        choose(kind, &place)
    })
    .await?
}

/// Alters an object; answers how it read before and how it reads now.
async fn alter(object: &Object) -> anyhow::Result<(String, String)> {
    let object = object.clone();
    blocking(move || {
        let before = object.look()?;
        object.alter()?;
        Ok((before, object.look()?))
    })
    .await?
}

/// Waits until an object reads as before; answers how it read last.
async fn awaited(scene: &Scene, object: &Object, before: &str) -> anyhow::Result<String> {
    let mut last = String::new();
    let look = async || {
        let object = object.clone();
        last = blocking(move || object.look()).await??;
        Ok((last == before).then_some(()))
    };
    // One that never comes back is for the claim to say.
    let _ = scene.suite.until(PATIENCE, "the repair", look).await;
    Ok(last)
}

fn drifts(scene: &Scene) -> Vec<String> {
    let names = scene.evidence.order.iter();
    names.filter(|name| name.starts_with("drift: ")).cloned().collect()
}

async fn keep_foreign(scene: &mut Scene, netns: probe::NetnsPath, when: &str) -> Done {
    for (name, fact) in blocking(move || foreign::look(&netns)).await?? {
        scene.store(&format!("{name} {when}"), fact);
    }
    Ok(())
}
