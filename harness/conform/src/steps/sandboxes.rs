//! Two sandboxes of one pod name, whose calls come in any order (FLT-3).

use std::collections::BTreeSet;
use std::time::Duration;

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::exchange::Protocol;
use facts::{Claim, Fact};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::scene::{Done, Scene};

use super::pods;
use super::reach::{Wanted, answered};

mod order;
mod play;

use order::Order;
use play::{Ground, Twins, names};

/// Pods at a time.
const LANES: usize = 6;
/// A killed ADD is killed before this many microseconds have passed.
const KILLED_BEFORE: u64 = 8_000;
/// What became of the sandboxes, among the facts.
const LIVING: &str = "sandboxes that live";

#[when(
    regex = r#"^two sandboxes of (one pod|a pod and its successor) on "([^"]*)" see these calls:$"#
)]
async fn these(scene: &mut Scene, step: &Step, whose: String, node: String) -> Done {
    let rows = step.table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default();
    let orders = rows.iter().flatten().map(|text| Order::parse(text));
    let orders: Vec<_> = orders.collect::<anyhow::Result<_>>()?;
    play(scene, &node, whose != "one pod", orders).await
}

#[when(
    regex = r#"^two sandboxes of (one pod|a pod and its successor) on "([^"]*)" see their calls in every order, (\d+) times over$"#
)]
async fn every(scene: &mut Scene, whose: String, node: String, times: usize) -> Done {
    let mut dice = scene.dice("orders");
    let orders = (0..times).flat_map(|_| Order::every(&mut dice)).collect();
    play(scene, &node, whose != "one pod", orders).await
}

#[then(expr = "{string} reaches each sandbox that lives")]
async fn living_work(scene: &mut Scene, step: &Step, client: String) -> Done {
    for alias in living(scene)? {
        pods::is_wired(scene, step, &alias).await?;
        scene.pod_mut(&alias)?.serve().await?;
        for v4 in [true, false] {
            let (by, target) = (scene.pod(&alias)?.uid.clone(), scene.pod(&alias)?.address(v4)?);
            let seen = Some(scene.pod(&client)?.address(v4)?);
            let from = (scene.pod(&client)?.netns(), format!("pod {client}"));
            let wanted = Wanted { protocol: Protocol::Tcp, by, seen };
            answered(scene, step, from, (target, format!("sandbox {alias}")), wanted).await?;
        }
    }
    Ok(())
}

#[then(expr = "{string} names no sandbox that went, unlike while it was there")]
async fn dead_left_nothing(scene: &mut Scene, step: &Step, node: String) -> Done {
    let living = living(scene)?;
    let (mut words, mut theirs, mut controls) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (name, fact) in &scene.evidence.facts {
        let (Some(alias), Fact::Cni(call)) = (name.strip_prefix("ADD "), fact) else { continue };
        let control = format!("names after {name}");
        if living.iter().any(|living| living == alias) || alias == "z" {
            theirs.extend(told(&call.stdout));
        } else if scene.evidence.get(&control).is_some() {
            words.extend(told(&call.stdout));
            controls.push(control);
        }
    }
    // An address that rests no more may be another's.
    let words: Vec<_> = words.difference(&theirs).cloned().collect();
    let (suite, netns) = (scene.suite.clone(), scene.node(&node)?.netns());
    let mut last = names(netns.clone()).await?;
    let clean = async || {
        last = names(netns.clone()).await?;
        let Fact::Command { stdout, .. } = &last else { return Ok(None) };
        Ok((!words.iter().any(|word| stdout.contains(word))).then_some(()))
    };
    // What is named in the end is for the claim to say.
    let _ = suite.until(2.0, "a clean kernel", clean).await;
    let look = scene.store("names at last", last);
    scene.claim(step, Claim::NamesNone { look, words, controls })
}

/// Plays one order after the other, some pods at a time, and keeps what was seen.
async fn play(scene: &mut Scene, node: &str, succeeded: bool, orders: Vec<Order>) -> Done {
    let (suite, conf) = (scene.suite.clone(), scene.conf(node)?);
    let mut dice = scene.dice("kills");
    let numbered = orders.into_iter().enumerate();
    let plays: Vec<_> = numbered
        .map(|(number, order)| {
            let after = Duration::from_micros(dice.u64(200..KILLED_BEFORE));
            (format!("o{}", number + 1), order, after)
        })
        .collect();
    let handle = scene.node(node)?;
    let ground =
        Ground { suite: &suite, scenario: &scene.id, node: handle, conf: &conf, succeeded };
    let all: Vec<Twins> = stream::iter(&plays)
        .map(|(alias, order, after)| ground.play(alias, order, *after))
        .buffered(LANES)
        .try_collect()
        .await?;
    let mut living = Vec::new();
    for ((_, order, _), Twins { pods, seen }) in plays.iter().zip(all) {
        for (name, fact) in seen {
            scene.store(&name, fact);
        }
        for (sandbox, pod) in pods.into_iter().enumerate() {
            living.extend(order.lives(sandbox).then(|| pod.alias.clone()));
            scene.pods.insert(pod.alias.clone(), pod);
        }
    }
    scene.store(LIVING, Fact::Value { value: living.into() });
    Ok(())
}

fn living(scene: &Scene) -> anyhow::Result<Vec<String>> {
    match scene.evidence.get(LIVING) {
        Some(Fact::Value { value }) => Ok(serde_json::from_value(value.clone())?),
        _ => anyhow::bail!("no sandboxes came and went"),
    }
}

/// Addresses and node's links that the result of an ADD tells.
fn told(result: &str) -> BTreeSet<String> {
    let result: serde_json::Value = serde_json::from_str(result).unwrap_or_default();
    let list = |key: &str| result[key].as_array().cloned().unwrap_or_default();
    let addresses = list("ips")
        .into_iter()
        .filter_map(|ip| Some(ip["address"].as_str()?.split('/').next()?.to_owned()));
    let outside = list("interfaces")
        .into_iter()
        .filter(|link| link["sandbox"].as_str().is_none_or(str::is_empty));
    let links = outside.filter_map(|link| link["name"].as_str().map(str::to_owned));
    addresses.chain(links).collect()
}
