//! Calls of plugins, whole processes from fork to exit.

use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::Context;
use bench::Measure;
use serde_json::json;
use target::runtime::Sandbox;

use super::contestant::{Contestant, Room};
use super::{Plan, Samples, node, peers};
use crate::suite::{NodeHandle, Pod, Suite};

/// Sandboxes that the measured calls take turns with: whoever deletes links after it
/// has answered has time to.
const TURNS: u32 = 4;
/// Calls at a time where that is measured.
const AT_A_TIME: usize = 8;
/// Calls of each of them.
const IN_A_ROW: u32 = 12;

pub(super) async fn measure(
    suite: &Suite,
    plan: &Plan,
    tell: &dyn Fn(&str),
) -> anyhow::Result<Vec<Measure>> {
    tell("a node whose pool is full");
    let node = node(suite, "reference", "document").await?;
    let measured = Pod::prepare(suite, "", "measured", &node).await?;
    let mut peers = peers::start(suite)?;
    peers.contestants.insert(1, reference(suite, &node, &measured).await?);
    let contestants = &peers.contestants;
    let mut population = Population::default();
    let mut measures = tokio::task::block_in_place(|| version(suite, contestants, plan))?;
    for &pods in &plan.pods {
        tell(&format!("{pods} pods"));
        population.grow(suite, &node, contestants, pods).await?;
        measures.extend(tokio::task::block_in_place(|| calls(suite, contestants, plan, pods))?);
        if pods == 0 {
            tell("8 at a time");
            measures.extend(tokio::task::block_in_place(|| rates(suite, contestants, plan))?);
        }
        measures.push(memory(&node, pods)?);
    }
    measures.sort_by_key(|measure| (order(&measure.what), measure.pods));
    population.leave().await?;
    Ok(measures)
}

fn order(what: &str) -> usize {
    let all = ["ADD", "DEL", "STATUS", "ADD/s at 8", "VERSION", "memory"];
    all.iter().position(|w| *w == what).unwrap_or(all.len())
}

/// The reference's plugin, at its place on this machine as the others' are.
async fn reference(suite: &Suite, node: &NodeHandle, pod: &Pod) -> anyhow::Result<Contestant> {
    let ready = async || Ok(node.conf()?);
    let (_, text) = suite.until(20.0, "the node's network configuration", ready).await?;
    Ok(Contestant {
        who: "reference",
        place: node.node.place().try_clone().context("hold the node")?,
        program: peers::built(suite)?.join("terway"),
        list: serde_json::from_str(&text).context("read the network configuration")?,
        env: Vec::new(),
        pod: pod.sandbox.pod.clone(),
    })
}

/// Pods that are there while others are measured.
#[derive(Default)]
struct Population {
    pods: Vec<Pod>,
    rooms: Vec<Room>,
}

impl Population {
    /// Adds pods to every node until each has so many.
    async fn grow(
        &mut self,
        suite: &Suite,
        node: &NodeHandle,
        contestants: &[Contestant],
        pods: u32,
    ) -> anyhow::Result<()> {
        let there = u32::try_from(self.pods.len()).unwrap_or(u32::MAX);
        for number in there..pods {
            let mut pod = Pod::prepare(suite, "", &format!("pod{number}"), node).await?;
            for contestant in contestants {
                if contestant.who == "reference" {
                    pod.join(suite, node, &contestant.list).await?;
                } else {
                    let sandbox = contestant.sandbox(suite.lab.run(), 1000 + number)?;
                    contestant.call("ADD", &sandbox.sandbox)?;
                    self.rooms.push(sandbox);
                }
            }
            self.pods.push(pod);
        }
        Ok(())
    }

    async fn leave(self) -> anyhow::Result<()> {
        for mut pod in self.pods {
            pod.close().await?;
        }
        Ok(())
    }
}

/// ADD and DEL of everybody, in turns; STATUS of the reference, which is a call of the
/// agent and nothing else.
fn calls(
    suite: &Suite,
    contestants: &[Contestant],
    plan: &Plan,
    pods: u32,
) -> anyhow::Result<Vec<Measure>> {
    let run = suite.lab.run();
    let rooms = |contestant: &Contestant| -> anyhow::Result<Vec<Room>> {
        (0..TURNS).map(|number| contestant.sandbox(run, number)).collect()
    };
    let rooms: Vec<_> = contestants.iter().map(rooms).collect::<anyhow::Result<_>>()?;
    let [mut adds, mut dels, mut looks] =
        ["ADD", "DEL", "STATUS"].map(|verb| Samples::new(verb, "ms"));
    // The first turns warm caches up and are not counted.
    for round in 0..TURNS + plan.rounds {
        for (verb, samples) in [("ADD", &mut adds), ("DEL", &mut dels), ("STATUS", &mut looks)] {
            let asked = |who: &str| verb != "STATUS" || who == "reference";
            let mut turn: Vec<_> = contestants.iter().zip(&rooms).collect();
            // What somebody leaves the kernel to do after an ADD falls on another each time.
            if round % 2 == 1 {
                turn.reverse();
            }
            for (contestant, rooms) in turn.into_iter().filter(|(c, _)| asked(c.who)) {
                let mut sandbox = rooms[(round % TURNS) as usize].sandbox.clone();
                sandbox.container = format!("{}-{pods}-{round}", contestant.who);
                let ms = contestant.call(verb, &sandbox)?;
                if verb == "DEL" {
                    settle(&sandbox, plan.patience)?;
                }
                if round >= TURNS {
                    samples.add(contestant.who, ms);
                }
            }
        }
    }
    Ok([adds, dels, looks].iter().flat_map(|s| s.measures(pods).collect::<Vec<_>>()).collect())
}

/// Waits until a DEL's links are gone and the kernel's lock of links is free: whoever
/// deletes them after the answer must not make the next one wait.
fn settle(sandbox: &Sandbox, patience: f64) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(5).mul_f64(patience);
    let name = Path::new(&sandbox.netns).file_name().context("a namespace without a name")?;
    loop {
        let mut look = std::process::Command::new("ip");
        look.arg("-n").arg(name).args(["link", "show", &sandbox.ifname]);
        if probe::run(look, "")?.exit != Some(0) {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < deadline, "{} is not gone after DEL", sandbox.container);
    }
}

/// ADDs in a second, eight at a time.
fn rates(suite: &Suite, contestants: &[Contestant], plan: &Plan) -> anyhow::Result<Vec<Measure>> {
    let mut samples = Samples::new("ADD/s at 8", "/s");
    let mut rooms = Vec::new();
    for contestant in contestants {
        let count = IN_A_ROW * u32::try_from(AT_A_TIME).unwrap_or(1);
        let all: anyhow::Result<Vec<Room>> =
            (0..count).map(|number| contestant.sandbox(suite.lab.run(), 100 + number)).collect();
        rooms.push(all?);
    }
    for _ in 0..(plan.rounds / 8).max(1) {
        for (contestant, rooms) in contestants.iter().zip(&rooms) {
            let seconds = together(contestant, "ADD", rooms)?;
            #[expect(clippy::cast_precision_loss, reason = "a hundred calls")]
            samples.add(contestant.who, rooms.len() as f64 / seconds);
            together(contestant, "DEL", rooms)?;
            rooms.iter().try_for_each(|room| settle(&room.sandbox, plan.patience))?;
        }
    }
    Ok(samples.measures(0).collect())
}

/// Seconds from the first call's start to the last one's end.
fn together(contestant: &Contestant, verb: &str, rooms: &[Room]) -> anyhow::Result<f64> {
    let start = Barrier::new(AT_A_TIME + 1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = rooms
            .chunks(rooms.len().div_ceil(AT_A_TIME))
            .map(|share| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    share.iter().try_for_each(|one| contestant.call(verb, &one.sandbox).map(drop))
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a call panicked"))??;
        }
        Ok(begun.elapsed().as_secs_f64())
    })
}

/// VERSION of everybody, beside a static program that only prints the answer.
fn version(suite: &Suite, contestants: &[Contestant], plan: &Plan) -> anyhow::Result<Vec<Measure>> {
    let floor = contestants.first().context("nobody to measure")?;
    let hello = Contestant {
        who: "hello",
        place: floor.place.try_clone().context("hold the floor's node")?,
        program: peers::built(suite)?.join("hello"),
        list: json!({"cniVersion": "1.1.0", "name": "hello", "plugins": [{"type": "hello"}]}),
        env: Vec::new(),
        pod: floor.pod.clone(),
    };
    let nowhere = floor.sandbox(suite.lab.run(), 0)?;
    let mut samples = Samples::new("VERSION", "ms");
    for _ in 0..plan.rounds * 3 {
        for contestant in std::iter::once(&hello).chain(contestants) {
            samples.add(contestant.who, contestant.call("VERSION", &nowhere.sandbox)?);
        }
    }
    Ok(samples.measures(0).collect())
}

/// Resident memory of the reference's daemon, in millions of bytes.
fn memory(node: &NodeHandle, pods: u32) -> anyhow::Result<Measure> {
    let process = *node.agent_ids().first().context("the node has no agent")?;
    let path = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: f64 = line
        .and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .with_context(|| format!("find VmRSS in {path}"))?;
    Ok(Measure::new("reference", "memory", pods, "MB", &[kibibytes * 1024.0 / 1e6]))
}
