//! Frames that a pod forges, and who believes them (FLT-17).

use std::net::IpAddr;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::kernel::KernelState;
use facts::wire::{Frame, Frames};
use facts::{Claim, Fact};
use probe::{NetnsPath, Tap};
use serde_json::{Map, Value};

use crate::scene::{Done, Scene};
use crate::spoof::listener::{self, GATEWAY, LISTENER, OPEN};
use crate::spoof::{Ends, Identity, Kind, Victim, end, honest, identity, opposite};
use crate::suite::blocking;

use super::state::ip;

/// The link of every pod of a scenario.
const ETH0: &str = "eth0";
/// What makes a link deaf to advertisements and redirects, by family.
const EARS: [&str; 3] = ["ipv6 accept_ra", "ipv6 accept_redirects", "ipv4 accept_redirects"];
/// What a host heeds if either a link or all links do.
const EITHER: &str = "ipv4 accept_redirects";

/// What goes out of the node meanwhile is kept; honest packets go last, by the same link.
#[when(regex = r#"^"([^"]*)" forges (.+) towards "([^"]*)", its node and beyond$"#)]
async fn forges(scene: &mut Scene, pod: String, what: String, other: String) -> Done {
    let kind = Kind::of(&what)?;
    let ends = ends(scene, &pod, &other).await?;
    let (inside, node) = (scene.pod(&pod)?.netns(), scene.pod(&pod)?.node.clone());
    let outside = scene.node(&node)?.netns();
    let watched = [(other.clone(), scene.pod(&other)?.netns()), (node.clone(), outside.clone())];
    note_all(scene, &watched, "before").await?;
    let tap = blocking(move || Tap::start(&outside)).await??;
    send(scene, "forged", (&inside, ETH0), kind.frames(&ends)).await?;
    let mut sent = Vec::new();
    // What went before the first of them went before the second in any case.
    for number in 1..=2 {
        let (frames, endings): (Vec<_>, Vec<_>) = honest(&ends, number).into_iter().unzip();
        sent.extend(send_only((&inside, ETH0), frames).await?);
        let look = async || Ok(endings.iter().all(|end| tap.saw(end)).then_some(()));
        // Those that never leave are for the claim to say.
        let _ = scene.suite.until(3.0, "honest packets", look).await;
    }
    store(scene, "honest", sent);
    let went = blocking(move || tap.end(&format!("node {node}"))).await??;
    scene.store("went", went);
    note_all(scene, &watched, "after").await
}

#[then(expr = "nothing of it leaves the node, unlike what {string} says in its own name")]
fn nothing_leaves(scene: &mut Scene, step: &Step, pod: String) -> Done {
    scene.pod(&pod)?;
    let [forged, honest, went] = ["forged", "honest", "went"].map(str::to_owned);
    scene.claim(step, Claim::NothingForged { forged, honest, went })
}

/// One sends as the harness tells it, the other believes whatever a kernel can.
#[given(expr = "a sandbox {string} on {string} that hears {string} unprotected")]
async fn unprotected(scene: &mut Scene, listener: String, node: String, sender: String) -> Done {
    for sandbox in [&listener, &sender] {
        super::pods::prepare(scene, sandbox, &node).await?;
    }
    let (inside, peer) = (scene.pod(&listener)?.netns(), scene.pod(&sender)?.netns());
    ip(inside.clone(), &listener::link(&peer)?).await?;
    blocking(move || listener::open(&inside)).await??;
    ip(peer, &format!("link set {OPEN} up")).await?;
    Ok(())
}

/// The unprotected sandbox is sent the same, by the same sender under the same identity.
#[then(
    regex = r#"^neither "([^"]*)" nor its node believes (.+) of "([^"]*)", unlike "([^"]*)" of "([^"]*)"$"#
)]
async fn not_believed(
    scene: &mut Scene,
    step: &Step,
    other: String,
    what: String,
    pod: String,
    listener: String,
    sender: String,
) -> Done {
    let (kind, mut ends) = (Kind::of(&what)?, ends(scene, &pod, &other).await?);
    let (inside, peer) = (scene.pod(&listener)?.netns(), scene.pod(&sender)?.netns());
    for line in listener::lines(&ends.own) {
        ip(inside.clone(), &line).await?;
    }
    ends.next = end(&look(&inside).await?, OPEN)?;
    (ends.gateway, ends.others) = (GATEWAY, vec![LISTENER]);
    let watched = [(listener.clone(), inside.clone())];
    note_all(scene, &watched, "before").await?;
    send(scene, "forged for the unprotected", (&peer, OPEN), kind.frames(&ends)).await?;
    let (lies, truths) = kind.lies(&ends.own);
    believes(scene, &inside, (&lies, &truths)).await;
    note_all(scene, &watched, "after").await?;
    let node = scene.pod(&pod)?.node.clone();
    let looks = vec![beliefs(&other), beliefs(&node)];
    scene.claim(step, Claim::NotBelieved { looks, lies, truths, control: beliefs(&listener) })
}

#[then(expr = "the links of {string} are deaf to advertisements and redirects, at both ends")]
async fn deaf(scene: &mut Scene, step: &Step, pod: String) -> Done {
    let inside = scene.pod(&pod)?.netns();
    let outside = scene.node(&scene.pod(&pod)?.node.clone())?.netns();
    let (_, next) = identify(scene, &pod).await?;
    let (link, _) = opposite(&look(&outside).await?, next)?;
    let at = |netns: &NetnsPath, link: &str, ear| (netns.clone(), link.to_owned(), ear);
    let ends = [(&inside, ETH0), (&outside, link.as_str())];
    let mut ears: Vec<_> =
        ends.iter().flat_map(|(netns, link)| EARS.map(|ear| at(netns, link, ear))).collect();
    ears.push(at(&inside, "all", EITHER));
    let mut object = Map::new();
    for (netns, link, ear) in ears {
        let (family, knob) = ear.split_once(' ').unwrap_or_default();
        let path = format!("/proc/sys/net/{family}/conf/{link}/{knob}");
        let read = move || probe::within(&netns, || std::fs::read_to_string(path));
        let value = blocking(read).await???.trim().to_owned();
        object.insert(format!("{family} {link} {knob}"), value.into());
    }
    let pointers: Vec<_> = object.keys().map(|key| format!("/{key}")).collect();
    let object = scene.store("ears", Fact::Object { object: Value::Object(object) });
    for pointer in pointers {
        let (object, value) = (object.clone(), "0".to_owned());
        scene.claim(step, Claim::Holds { object, pointer, value })?;
    }
    Ok(())
}

/// The pod as it is, and whose names it can take in vain: a sibling's and the node's.
async fn ends(scene: &Scene, pod: &str, other: &str) -> anyhow::Result<Ends> {
    let (own, next) = identify(scene, pod).await?;
    let node = scene.node(&scene.pod(pod)?.node)?;
    let (_, link_local) = opposite(&look(&node.netns()).await?, next)?;
    let state = look(&scene.pod(pod)?.netns()).await?;
    let (sibling, _) = identify(scene, other).await?;
    let mut others = vec![Victim { v4: sibling.v4, v6: sibling.v6 }];
    if let (IpAddr::V4(v4), Some(IpAddr::V6(v6))) = (node.node.address(), node.node.address6()) {
        others.push(Victim { v4, v6 });
    }
    let gateway = crate::spoof::gateway(&state)?;
    Ok(Ends { own, next: (next, link_local), gateway, others })
}

async fn identify(scene: &Scene, pod: &str) -> anyhow::Result<(Identity, probe::frame::Mac)> {
    let pod = scene.pod(pod)?;
    identity(&look(&pod.netns()).await?, ETH0, &pod.addresses)
}

async fn look(netns: &NetnsPath) -> anyhow::Result<KernelState> {
    let netns = netns.clone();
    Ok(blocking(move || probe::state(&netns, "a namespace")).await??)
}

async fn send(
    scene: &mut Scene,
    name: &str,
    by: (&NetnsPath, &str),
    frames: Vec<Vec<u8>>,
) -> anyhow::Result<()> {
    let sent = send_only(by, frames).await?;
    store(scene, name, sent);
    Ok(())
}

async fn send_only(
    (netns, link): (&NetnsPath, &str),
    frames: Vec<Vec<u8>>,
) -> anyhow::Result<Vec<Frame>> {
    let (netns, link) = (netns.clone(), link.to_owned());
    blocking(move || {
        probe::send(&netns, &link, &frames)?;
        Ok(frames.iter().map(|frame| Frame::new(&link, frame)).collect())
    })
    .await?
}

fn store(scene: &mut Scene, name: &str, frames: Vec<Frame>) {
    let place = name.to_owned();
    scene.store(name, Fact::Frames(Frames { place, frames }));
}

/// Waits until a namespace believes a lie; that it never did is for the claim to say.
async fn believes(scene: &Scene, netns: &NetnsPath, (lies, truths): (&[String], &[String])) {
    let holds = |line: &str, words: &[String]| words.iter().any(|word| line.contains(word));
    let look = async || {
        let netns = netns.clone();
        let now = blocking(move || probe::beliefs(&netns)).await??;
        let lie = now.lines().any(|line| holds(line, lies) && !holds(line, truths));
        Ok(lie.then_some(()))
    };
    let _ = scene.suite.until(3.0, "a belief", look).await;
}

async fn note_all(scene: &mut Scene, watched: &[(String, NetnsPath)], when: &str) -> Done {
    for (who, netns) in watched {
        let netns = netns.clone();
        let stdout = blocking(move || probe::beliefs(&netns)).await??;
        let argv = ["ip", "addr, neigh, route"].map(str::to_owned).into();
        let fact = Fact::Command { argv, exit: Some(0), stdout, stderr: String::new() };
        scene.store(&format!("beliefs of {who} {when}"), fact);
    }
    Ok(())
}

/// Names of what somebody believed before and after.
fn beliefs(who: &str) -> [String; 2] {
    ["before", "after"].map(|when| format!("beliefs of {who} {when}"))
}
