//! Pods and their sandboxes.

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::Claim;
use facts::cni::CniCall;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use target::runtime::Call;

use crate::scene::{Done, Last, Scene, Stop};
use crate::suite::Pod;

#[given(expr = "a sandbox {string} on {string}")]
#[when(expr = "a sandbox {string} on {string}")]
async fn a_sandbox(scene: &mut Scene, alias: String, node: String) -> Done {
    prepare(scene, &alias, &node).await
}

#[given(expr = "a pod {string} on {string}")]
#[when(expr = "a pod {string} comes to {string}")]
async fn a_pod(scene: &mut Scene, step: &Step, alias: String, node: String) -> Done {
    prepare(scene, &alias, &node).await?;
    add(scene, &alias, None).await?;
    is_wired(scene, step, &alias).await
}

#[given(expr = "{int} pods on {string}")]
#[when(expr = "{int} pods come to {string}")]
async fn pods(scene: &mut Scene, step: &Step, count: usize, node: String) -> Done {
    let calls = add_many(scene, count, &node).await?;
    scene.claim(step, Claim::AllServed { calls, count })
}

#[when(expr = "the runtime adds {string}")]
#[when(expr = "the runtime adds {string} again")]
async fn adds(scene: &mut Scene, alias: String) -> Done {
    add(scene, &alias, None).await
}

/// The plugin is killed when it takes longer, which no call that succeeds does.
#[when(expr = "the runtime adds {string} within {int} ms")]
async fn adds_within(scene: &mut Scene, alias: String, millis: u64) -> Done {
    let (suite, call) = (scene.suite.clone(), scene.call("ADD", &alias, None)?);
    let node = scene.pod(&alias)?.node.clone();
    let patience = std::time::Duration::from_millis(millis);
    let made = scene.node(&node)?.make_within(&suite, call.clone(), patience).await?;
    added(scene, &alias, call, made)
}

#[when(expr = "the runtime adds {string} in version {word}")]
async fn adds_in(scene: &mut Scene, alias: String, version: String) -> Done {
    add(scene, &alias, Some(&version)).await
}

/// The plugin is killed when the runtime waits no longer.
#[when(regex = r#"^the runtime (adds|deletes) "([^"]*)" and gives up after (\d+) ms$"#)]
async fn gives_up(
    scene: &mut Scene,
    step: &Step,
    verb: String,
    alias: String,
    millis: u64,
) -> Done {
    let verb = if verb == "adds" { "ADD" } else { "DEL" };
    let (suite, call) = (scene.suite.clone(), scene.call(verb, &alias, None)?);
    let patience = std::time::Duration::from_millis(millis);
    let node = scene.pod(&alias)?.node.clone();
    let made = scene.node(&node)?.make_within(&suite, call, patience).await?;
    let call = scene.store(&format!("{verb} {alias} given up"), facts::Fact::Cni(made));
    scene.claim(step, Claim::GivenUp { call, millis })
}

#[given(expr = "the runtime deletes {string}")]
#[when(expr = "the runtime deletes {string}")]
#[when(expr = "the runtime deletes {string} again")]
async fn deletes(scene: &mut Scene, alias: String) -> Done {
    let call = scene.call("DEL", &alias, None)?;
    let node = scene.pod(&alias)?.node.clone();
    let name = scene.make(&format!("DEL {alias}"), &node, call.clone()).await?;
    if scene.made(&name)?.succeeded() {
        scene.pod_mut(&alias)?.addresses.clear();
    }
    scene.last = Some(Last { name, node, sound: call });
    Ok(())
}

#[when(expr = "the runtime deletes the pods of {string}")]
async fn deletes_all(scene: &mut Scene, step: &Step, node: String) -> Done {
    let of_node = scene.pods.values().filter(|pod| pod.node == node);
    let aliases: Vec<_> = of_node.map(|pod| pod.alias.clone()).collect();
    for alias in aliases {
        let call = scene.call("DEL", &alias, None)?;
        let call = scene.make(&format!("DEL {alias}"), &node, call).await?;
        scene.claim(step, Claim::CallSucceeds { call })?;
        scene.pod_mut(&alias)?.addresses.clear();
    }
    Ok(())
}

/// The runtime tries again, as kubelet does, until the pod is served.
#[then(expr = "{string} comes to serve {string}")]
async fn comes_to_serve(scene: &mut Scene, step: &Step, node: String, alias: String) -> Done {
    served(scene, &node, &alias).await?;
    is_wired(scene, step, &alias).await
}

/// The same, where what the target waits for by itself takes long.
#[then(expr = "{string} comes to serve {string} within {int} s")]
async fn comes_to_serve_within(
    scene: &mut Scene,
    step: &Step,
    node: String,
    alias: String,
    seconds: u32,
) -> Done {
    served_within(scene, &node, &alias, seconds.into()).await?;
    is_wired(scene, step, &alias).await
}

/// ADD until it succeeds, or for a while; the last one is stored.
pub(super) async fn served(scene: &mut Scene, node: &str, alias: &str) -> Done {
    served_within(scene, node, alias, 15.0).await
}

async fn served_within(scene: &mut Scene, node: &str, alias: &str, seconds: f64) -> Done {
    let suite = scene.suite.clone();
    let call = scene.call("ADD", alias, None)?;
    let tried: &Scene = scene;
    let look = async || {
        let made = tried.make_unstored(node, call.clone()).await?;
        Ok(made.succeeded().then_some(()))
    };
    // One that is never served is for the claim to say.
    let _ = suite.until(seconds, "the pod", look).await;
    add(scene, alias, None).await
}

#[when(expr = "the runtime checks {string}")]
async fn checks(scene: &mut Scene, alias: String) -> Done {
    let call = scene.call("CHECK", &alias, None)?;
    let node = scene.pod(&alias)?.node.clone();
    let name = scene.make(&format!("CHECK {alias}"), &node, call.clone()).await?;
    scene.last = Some(Last { name, node, sound: call });
    Ok(())
}

#[when(expr = "the sandbox of {string} vanishes")]
async fn vanishes(scene: &mut Scene, alias: String) -> Done {
    Ok(scene.pod_mut(&alias)?.close().await?)
}

#[when(expr = "a second sandbox of pod {string} is made")]
async fn second_sandbox(scene: &mut Scene, alias: String) -> Done {
    let pod = scene.pod_mut(&alias)?;
    pod.renew().await?;
    Ok(())
}

#[then(expr = "what ADD told of {string} is there, ready for use")]
async fn told_is_there(scene: &mut Scene, step: &Step, alias: String) -> Done {
    is_wired(scene, step, &alias).await
}

pub(super) async fn is_wired(scene: &mut Scene, step: &Step, alias: &str) -> Done {
    let call = last_add(scene, alias)?;
    scene.claim(step, Claim::CallSucceeds { call: call.clone() })?;
    let pod = scene.look_pod(&format!("state of {alias}"), alias).await?;
    scene.claim(step, Claim::Wired { call, pod })
}

#[then(expr = "{string} has {int} IPv4 and {int} IPv6 address")]
fn has_families(scene: &mut Scene, step: &Step, alias: String, v4: usize, v6: usize) -> Done {
    let call = last_add(scene, &alias)?;
    scene.claim(step, Claim::Families { call, v4, v6 })
}

#[then(expr = "both ADDs of {string} told the same addresses")]
fn same_addresses(scene: &mut Scene, step: &Step, alias: String) -> Done {
    let (first, second) = (format!("ADD {alias}"), format!("ADD {alias} (2)"));
    scene.claim(step, Claim::SameAddresses { first, second })
}

#[then("no two pods have an address in common")]
fn distinct(scene: &mut Scene, step: &Step) -> Done {
    let calls = adds_of_all(scene);
    scene.claim(step, Claim::DistinctAddresses { calls })
}

#[then(expr = "{string} has another address than {string} had")]
fn another_address(scene: &mut Scene, step: &Step, one: String, other: String) -> Done {
    let calls = vec![last_add(scene, &one)?, format!("ADD {other}")];
    scene.claim(step, Claim::DistinctAddresses { calls })
}

#[then(expr = "{string} got none of the addresses of {string}, but {string} did")]
fn not_reused(scene: &mut Scene, step: &Step, next: String, gone: String, last: String) -> Done {
    let first = format!("ADD {gone}");
    let (later, control) = (vec![last_add(scene, &next)?], last_add(scene, &last)?);
    scene.claim(step, Claim::NotReused { first, later, control })
}

/// Makes a pod's object and sandbox.
pub(super) async fn prepare(scene: &mut Scene, alias: &str, node: &str) -> Done {
    let suite = scene.suite.clone();
    let pod = Pod::prepare(&suite, &scene.id, alias, scene.node(node)?).await?;
    scene.pods.insert(alias.to_owned(), pod);
    Ok(())
}

/// ADD in order; what it told is remembered, whatever it was.
pub(super) async fn add(scene: &mut Scene, alias: &str, version: Option<&str>) -> Done {
    let call = scene.call("ADD", alias, version)?;
    let node = scene.pod(alias)?.node.clone();
    let made = scene.make_unstored(&node, call.clone()).await?;
    added(scene, alias, call, made)
}

/// Notes what came of an ADD.
fn added(scene: &mut Scene, alias: &str, call: Call, made: CniCall) -> Done {
    let name = scene.store(&format!("ADD {alias}"), facts::Fact::Cni(made));
    remember(scene, alias, &name)?;
    let node = scene.pod(alias)?.node.clone();
    scene.last = Some(Last { name, node, sound: call });
    Ok(())
}

/// Remembers the result of an ADD for later calls and for traffic.
pub(super) fn remember(scene: &mut Scene, alias: &str, name: &str) -> Result<(), Stop> {
    let made = scene.made(name)?;
    let result: Option<Value> =
        made.succeeded().then(|| serde_json::from_str(&made.stdout).ok()).flatten();
    scene.pod_mut(alias)?.remember(result);
    Ok(())
}

/// Name of the last ADD of a pod among the facts.
pub(super) fn last_add(scene: &Scene, alias: &str) -> anyhow::Result<String> {
    let (plain, numbered) = (format!("ADD {alias}"), format!("ADD {alias} ("));
    let names = scene.evidence.order.iter().rev();
    let mut adds = names.filter(|name| **name == plain || name.starts_with(&numbered));
    adds.next().cloned().ok_or_else(|| anyhow::anyhow!("pod {alias:?} was never added"))
}

/// Names of the first ADDs of all pods.
pub(super) fn adds_of_all(scene: &Scene) -> Vec<String> {
    let adds = scene.evidence.order.iter().filter(|name| name.starts_with("ADD "));
    adds.filter(|name| !name.contains('(')).cloned().collect()
}

/// ADDs of many pods, eight at a time; answers the names of the calls.
pub(super) async fn add_many(
    scene: &mut Scene,
    count: usize,
    node: &str,
) -> Result<Vec<String>, Stop> {
    let first = scene.pods.len() + 1;
    let aliases: Vec<_> = (first..first + count).map(|number| format!("p{number}")).collect();
    let (suite, id) = (scene.suite.clone(), scene.id.clone());
    let handle = scene.node(node)?;
    let pods: Vec<Pod> = stream::iter(&aliases)
        .map(|alias| Pod::prepare(&suite, &id, alias, handle))
        .buffered(8)
        .try_collect()
        .await?;
    for pod in pods {
        scene.pods.insert(pod.alias.clone(), pod);
    }
    let calls: Result<Vec<_>, _> =
        aliases.iter().map(|alias| scene.call("ADD", alias, None)).collect();
    let made: Vec<_> = stream::iter(calls?)
        .map(|call| scene.make_unstored(node, call))
        .buffered(8)
        .try_collect()
        .await?;
    let mut names = Vec::new();
    for (alias, call) in aliases.iter().zip(made) {
        let name = scene.store(&format!("ADD {alias}"), facts::Fact::Cni(call));
        remember(scene, alias, &name)?;
        names.push(name);
    }
    Ok(names)
}
