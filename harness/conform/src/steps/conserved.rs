//! Whether pods, cloud, kernel and the target's own reports agree.

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::{Claim, Evidence, Fact, Judgement};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::cloud::instance;
use super::pods::last_add;

/// Group of the target's own resources.
const GROUP: &str = "network.alibabacloud.com";

#[then(expr = "pods, cloud, kernel and reports of {string} come to agree")]
async fn agree(scene: &mut Scene, step: &Step, node: String) -> Done {
    settled(scene, step, &node, 20.0).await
}

/// The same, where what the target waits for by itself takes long.
#[then(expr = "pods, cloud, kernel and reports of {string} come to agree within {int} s")]
async fn agree_within(scene: &mut Scene, step: &Step, node: String, seconds: u32) -> Done {
    settled(scene, step, &node, seconds.into()).await
}

/// As far as the target reports it; what is given next must not depend on the moment.
#[when(expr = "the addresses of {string} rest no longer")]
async fn rest_no_longer(scene: &mut Scene, pod: String) -> Done {
    rested(scene, &pod).await
}

/// Waits until no address that a pod had rests any more, or for a while.
pub(super) async fn rested(scene: &Scene, pod: &str) -> Done {
    let suite = scene.suite.clone();
    let told = oracle::told(scene.made(&last_add(scene, pod)?)?).map_err(|e| anyhow::anyhow!(e))?;
    let node = scene.node(&scene.pod(pod)?.node)?.node.name().to_owned();
    let look = async || {
        let report = suite.object(GROUP, "NodeRuntime", &node).await?;
        let used = &report["status"]["addresses"];
        let rests = told.iter().any(|address| used[address.to_string()]["state"] == "resting");
        Ok((!rests).then_some(()))
    };
    // What rests for ever is for the claims about who gets it to say.
    let _ = suite.until(15.0, "the end of a rest", look).await;
    Ok(())
}

/// Waits until everything agrees with the pods that live on a node, and claims it.
pub(super) async fn settled(scene: &mut Scene, step: &Step, node: &str, seconds: f64) -> Done {
    let suite = scene.suite.clone();
    let looked: &Scene = scene;
    let look = async || {
        let (claim, evidence) = gather(looked, node).await?;
        let holds = oracle::judge(&claim, &evidence) == Judgement::Holds;
        Ok(holds.then_some((claim, evidence)))
    };
    let (claim, evidence) = match suite.until(seconds, "agreement", look).await {
        Ok(agreed) => agreed,
        // What differs in the end is for the claim to say.
        Err(_) => gather(scene, node).await?,
    };
    let claim = stored(scene, claim, evidence);
    scene.claim(step, claim)
}

/// What is to be claimed of a node now, and the facts for it.
async fn gather(scene: &Scene, node: &str) -> anyhow::Result<(Claim, Evidence)> {
    let suite = &scene.suite;
    let handle = scene.node(node)?;
    let name = handle.node.name().to_owned();
    let mut evidence = Evidence::default();
    let living = living(scene, node)?;
    for call in &living {
        evidence.put(call, Fact::Cni(scene.made(call)?.clone()));
    }
    let (netns, place) = (handle.netns(), format!("node {node}"));
    let state = blocking(move || probe::state(&netns, &place)).await??;
    evidence.put("node", Fact::Kernel(Box::new(state)));
    evidence.put("cloud", Fact::Inventory(suite.inventory(scene.nodes.values())));
    let reports = suite.target.install.control_plane;
    if reports {
        for (key, kind) in [("books", "Node"), ("runtime", "NodeRuntime")] {
            let object = suite.object(GROUP, kind, &name).await?;
            evidence.put(key, Fact::Object { object });
        }
    }
    let claim = Claim::Conserved {
        inventory: "cloud".to_owned(),
        instance: instance(scene, node)?,
        state: "node".to_owned(),
        living,
        books: reports.then(|| "books".to_owned()),
        runtime: reports.then(|| "runtime".to_owned()),
    };
    Ok((claim, evidence))
}

/// The ADDs of the pods that have addresses on a node.
fn living(scene: &Scene, node: &str) -> anyhow::Result<Vec<String>> {
    let there = scene.pods.values().filter(|pod| pod.node == node && !pod.addresses.is_empty());
    there.map(|pod| last_add(scene, &pod.alias)).collect()
}

/// Stores the facts under names that are free, and the claim with these names.
fn stored(scene: &mut Scene, claim: Claim, mut evidence: Evidence) -> Claim {
    let mut keep = |scene: &mut Scene, key: &str| {
        let fact = evidence.facts.remove(key);
        fact.map(|fact| scene.store(&format!("{key} when all had settled"), fact))
    };
    match claim {
        Claim::Conserved { instance, living, .. } => Claim::Conserved {
            inventory: keep(scene, "cloud").unwrap_or_default(),
            instance,
            state: keep(scene, "node").unwrap_or_default(),
            living,
            books: keep(scene, "books"),
            runtime: keep(scene, "runtime"),
        },
        other => other,
    }
}
