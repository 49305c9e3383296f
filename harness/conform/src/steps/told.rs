//! What a target tells of faults: each moves the metric or event that names it, and
//! nothing does while nothing is wrong (FLT-20). Which those are the target says.

use std::collections::BTreeMap;

use anyhow::Context;
use cucumber::gherkin::Step;
use cucumber::{given, then};
use facts::signal::{Named, Page, Signal, Still, Telling};
use facts::{Claim, Fact};

use crate::drift::Kind;
use crate::scene::{Done, Scene};

use super::{drift, pods};

/// Objects of a kind that are altered; the run's seed chooses which.
const ALTERED: usize = 3;

#[given(expr = "nothing is told of {string} while a pod comes and goes")]
async fn nothing_told(scene: &mut Scene, step: &Step, node: String) -> Done {
    look(scene, &node, "at first").await?;
    pods::prepare(scene, "passer-by", &node).await?;
    pods::add(scene, "passer-by", None).await?;
    pods::is_wired(scene, step, "passer-by").await?;
    let call = scene.call("DEL", "passer-by", None)?;
    let call = scene.make("DEL passer-by", &node, call).await?;
    scene.claim(step, Claim::CallSucceeds { call })?;
    scene.pod_mut("passer-by")?.addresses.clear();
    look(scene, &node, "afterwards").await?;
    Ok(())
}

/// `"altered rule" is told of "n1" within 30 seconds, with "no address left" at most`:
/// names of other faults, or how they begin, with commas.
#[then(
    regex = r#"^"([^"]*)" is told of "([^"]*)" within (\d+) seconds(?:, with "([^"]*)" at most)?$"#
)]
async fn is_told(
    scene: &mut Scene,
    step: &Step,
    fault: String,
    node: String,
    seconds: u64,
    with: String,
) -> Done {
    let before = last_look(scene, &node)?;
    told(scene, step, &Fault { name: fault, node, seconds, with }, before).await
}

/// The same of objects that somebody alters, one at a time.
#[then(
    regex = r#"^any (\w+) of "([^"]*)" and its node that is altered is told within (\d+) seconds(?:, with "([^"]*)" at most)?$"#
)]
async fn alterations_told(
    scene: &mut Scene,
    step: &Step,
    kind: String,
    pod: String,
    seconds: u64,
    with: String,
) -> Done {
    let node = scene.pod(&pod)?.node.clone();
    let mut there = drift::objects(scene, Kind::of(&kind)?, &pod).await?;
    scene.dice("objects").shuffle(&mut there);
    let fault = Fault { name: format!("altered {kind}"), node, seconds, with };
    for object in there.iter().take(ALTERED) {
        let before = look(scene, &fault.node, "before it").await?;
        let drift = drift::disturb(scene, &pod, object).await?;
        let millis = fault.seconds * 1000;
        scene.claim(step, Claim::Repaired { drifts: vec![drift], millis })?;
        told(scene, step, &fault, before).await?;
    }
    Ok(())
}

/// A fault, and what is claimed of it.
struct Fault {
    name: String,
    node: String,
    seconds: u64,
    /// Beginnings of what may be told as well.
    with: String,
}

/// Waits until a fault is told, claims that, and that nothing was told before it.
async fn told(scene: &mut Scene, step: &Step, fault: &Fault, before: String) -> Done {
    let signal = scene.suite.target.install.signals.named.get(&fault.name).cloned();
    let after = awaited(scene, fault, signal.as_ref(), &before).await?;
    let signals = heard(scene, signal.as_ref());
    let may = |name: &String| fault.with.split(", ").any(|w| !w.is_empty() && name.starts_with(w));
    let others = signals.iter().filter(|(name, _)| **name != fault.name && !may(name));
    let named = Named {
        fault: fault.name.clone(),
        others: others.map(|(name, signal)| (name.clone(), signal.clone())).collect(),
        signal,
        before,
        after: after.clone(),
        millis: fault.seconds * 1000,
    };
    scene.claim(step, Claim::Named(named))?;
    let node = &fault.node;
    let [first, then] = ["at first", "afterwards"].map(|when| format!("told of {node} {when}"));
    scene.claim(step, Claim::Still(Still { signals, before: first, after: then, control: after }))
}

/// Signals that belong to one node; those of the control plane, which all nodes share,
/// only where it is what a fault is told by.
fn heard(scene: &Scene, of: Option<&Signal>) -> BTreeMap<String, Signal> {
    let shared = |signal: &Signal| matches!(signal, Signal::Metric { page: Page::Control, .. });
    let with_shared = of.is_some_and(shared);
    let named = scene.suite.target.install.signals.named.clone();
    named.into_iter().filter(|(_, signal)| with_shared || !shared(signal)).collect()
}

/// Looks until the signal has moved, or for as long as it may take; answers the name of
/// the last look.
async fn awaited(
    scene: &mut Scene,
    fault: &Fault,
    signal: Option<&Signal>,
    before: &str,
) -> anyhow::Result<String> {
    let Some(Fact::Telling(before)) = scene.evidence.get(before) else {
        anyhow::bail!("nothing was looked at before");
    };
    let looked: &Scene = scene;
    let mut last = None;
    let look = async || {
        let now = gather(looked, &fault.node).await?;
        let moved = signal
            .is_none_or(|signal| oracle::reading(signal, &now) > oracle::reading(signal, before));
        last = Some(now);
        Ok(moved.then_some(()))
    };
    // What is never told is for the claim to say.
    let _ = scene.suite.until(30.0, "a word of the fault", look).await;
    let last = last.context("look at what is told")?;
    Ok(scene.store(&format!("told of {} at last", fault.node), Fact::Telling(last)))
}

async fn look(scene: &mut Scene, node: &str, when: &str) -> anyhow::Result<String> {
    let telling = gather(scene, node).await?;
    Ok(scene.store(&format!("told of {node} {when}"), Fact::Telling(telling)))
}

/// What is told of a node now, and of the scenario's pods on it.
pub(super) async fn gather(scene: &Scene, node: &str) -> anyhow::Result<Telling> {
    let pods = scene.pods.values().filter(|pod| pod.node == node);
    let pods: Vec<_> = pods.map(|pod| pod.sandbox.pod[1].clone()).collect();
    let telling = scene.suite.telling(scene.node(node)?, &pods).await?;
    let at_millis = u64::try_from(scene.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Telling { at_millis, ..telling })
}

fn last_look(scene: &Scene, node: &str) -> anyhow::Result<String> {
    let begins = format!("told of {node} ");
    let mut looks = scene.evidence.order.iter().rev();
    let last = looks.find(|name| name.starts_with(&begins)).cloned();
    last.context("nothing was looked at before the fault")
}
