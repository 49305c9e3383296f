//! Addresses that go from one pod to another while others keep talking to them (FLT-12).

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::claim::Moved;
use facts::{Claim, Fact};
use probe::{Meant, Tracker};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::conserved::rested;
use super::pods;

/// What a track is called, before the client and the address.
const TRACK: &str = "tries from ";
/// The first port from which clients try.
const PORTS: u16 = 31_000;
/// Milliseconds for which clients go on after the address moved: longer than it may take.
const AFTER: u64 = 1_500;

/// `"b" gets what "a" had, while "c" and "y" keep talking to it`; where it is given back to the
/// cloud, that is waited for. The sandbox of "a" stays a while, as with a runtime that is slow.
#[when(
    regex = r#"^"([^"]*)" gets what "([^"]*)" had(, given back to the cloud)?, while "([^"]*)" and "([^"]*)" keep talking to it$"#
)]
async fn gets(
    scene: &mut Scene,
    step: &Step,
    new: String,
    old: String,
    given_back: String,
    one: String,
    other: String,
) -> Done {
    scene.pod_mut(&old)?.serve().await?;
    // It listens before it has an address.
    scene.pod_mut(&new)?.serve().await?;
    let trackers = follow(scene, &old, &[one, other]).await?;
    let call = scene.call("DEL", &old, None)?;
    let node = scene.pod(&old)?.node.clone();
    let call = scene.make(&format!("DEL {old}"), &node, call).await?;
    scene.claim(step, Claim::CallSucceeds { call })?;
    if given_back.is_empty() {
        rested(scene, &old).await?;
    } else {
        unassigned(scene, &old).await?;
    }
    scene.pod_mut(&old)?.addresses.clear();
    pods::add(scene, &new, None).await?;
    trackers.iter().for_each(Tracker::added);
    pods::is_wired(scene, step, &new).await?;
    let long = async || Ok(trackers.iter().all(|one| one.since() >= AFTER).then_some(()));
    scene.suite.until(30.0, "the tries after the move", long).await?;
    let tracks = move || trackers.into_iter().map(Tracker::finish).collect::<Vec<_>>();
    for track in blocking(tracks).await? {
        let name = format!("{TRACK}{} to {}", track.client, track.target);
        scene.store(&name, Fact::Track(track));
    }
    Ok(())
}

/// `both addresses of "a" answer for "b" within 1000 ms, and for nobody else`.
#[then(
    expr = "at both addresses that {string} had on {string}, {string} on {string} answers within {int} ms, and nobody else"
)]
fn moved(
    scene: &mut Scene,
    step: &Step,
    old: String,
    from: String,
    new: String,
    to: String,
    millis: u64,
) -> Done {
    let (first, second) = (pods::last_add(scene, &old)?, pods::last_add(scene, &new)?);
    let names = scene.evidence.order.iter();
    let tracks: Vec<_> = names.filter(|name| name.starts_with(TRACK)).cloned().collect();
    if tracks.is_empty() {
        return Err(anyhow::anyhow!("nobody kept talking to {old}").into());
    }
    for track in tracks {
        let (first, second) = (first.clone(), second.clone());
        let nodes = [from.clone(), to.clone()];
        scene.claim(step, Claim::Moved(Moved { track, first, second, nodes, millis }))?;
    }
    Ok(())
}

/// Clients that try every address of a pod, once it has answered each of them.
async fn follow(scene: &Scene, pod: &str, clients: &[String]) -> anyhow::Result<Vec<Tracker>> {
    let meant = scene.pod(pod)?;
    let mut trackers = Vec::new();
    for alias in clients {
        let netns = scene.pod(alias)?.netns();
        for target in &meant.addresses {
            let (client, by) = (format!("pod {alias}"), meant.uid.clone());
            // A socket for IPv6 takes the port of IPv4, too.
            let port = PORTS + u16::from(target.is_ipv6());
            trackers.push(Tracker::start(&netns, Meant { client, by, target: *target, port })?);
        }
    }
    let answered =
        async || Ok(trackers.iter().all(|tracker| tracker.heard(&meant.uid)).then_some(()));
    // One that is never answered is for the claim to say.
    let _ = scene.suite.until(5.0, "answers", answered).await;
    Ok(trackers)
}

/// Waits until no interface has a pod's addresses any more, or for a while.
async fn unassigned(scene: &Scene, pod: &str) -> anyhow::Result<()> {
    let had: Vec<_> = scene.pod(pod)?.addresses.iter().map(ToString::to_string).collect();
    let look = async || {
        let held = scene.suite.inventory(scene.nodes.values());
        let holds = |all: &[String]| all.iter().any(|one| had.contains(one));
        let there = held.enis.iter().any(|eni| holds(&eni.ipv4) || holds(&eni.ipv6));
        Ok((!there).then_some(()))
    };
    // What is never given back is for the claim to say.
    let _ = scene.suite.until(20.0, "the addresses' return", look).await;
    Ok(())
}
