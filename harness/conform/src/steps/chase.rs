//! Clients that keep trying the pods that they mean, while others come and go on the
//! same few addresses (FLT-1).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::chase::Chases;
use facts::cni::CniCall;
use facts::{Claim, Fact};
use futures::future::try_join_all;
use probe::{Chaser, Meant, NetnsPath};
use serde_json::Value;

use crate::scene::{Done, Scene, Stop};
use crate::suite::{NodeHandle, Pod, Suite, blocking};

use super::pods::prepare;

/// Answers that each client gets at least before its pod goes.
const ANSWERS: u64 = 20;
/// A lane's share of the tries is spread over so many clients at least.
const CLIENTS: u64 = 200;
/// Pods of each lane at least.
const PODS: usize = 3;
const CHASES: &str = "tries";

#[when(
    expr = "pods come and go on {string}, {int} at a time, whose addresses rest {int} ms, and {string} and {string} try those that they mean {int} times"
)]
async fn chased(
    scene: &mut Scene,
    step: &Step,
    node: String,
    lanes: usize,
    rest: u64,
    one: String,
    other: String,
    count: u64,
) -> Done {
    for lane in 1..=lanes {
        prepare(scene, &format!("c{lane}"), &node).await?;
    }
    let mut clients = Vec::new();
    for client in [one, other] {
        clients.push((scene.pod(&client)?.netns(), format!("pod {client}")));
    }
    let mut churning = Vec::new();
    for lane in 1..=lanes {
        churning.extend(scene.pods.remove(&format!("c{lane}")));
    }
    let (suite, conf) = (scene.suite.clone(), scene.conf(&node)?);
    let course = Course {
        suite: &suite,
        scenario: &scene.id,
        node: scene.node(&node)?,
        conf: &conf,
        clients: &clients,
        rest: Duration::from_millis(rest),
        share: count / lanes as u64,
        given_up: RefCell::default(),
    };
    let lanes = churning.iter_mut().enumerate().map(|(lane, pod)| course.run(lane, pod));
    let all = try_join_all(lanes).await;
    scene.pods.extend(churning.into_iter().map(|pod| (pod.alias.clone(), pod)));
    let mut seen = Chases::default();
    for lane in all? {
        seen.chases.extend(lane.seen.chases);
        seen.reused_after.extend(lane.seen.reused_after);
        if let Some(call) = lane.failed {
            let call = scene.store("call that failed", Fact::Cni(call));
            scene.claim(step, Claim::CallSucceeds { call })?;
        }
    }
    scene.store(CHASES, Fact::Chases(seen));
    scene.store("rest", Fact::Value { value: serde_json::json!([rest, count]) });
    Ok(())
}

#[then("only the pod that was meant ever answered")]
fn only_the_meant(scene: &mut Scene, step: &Step) -> Done {
    let (Some(Fact::Chases(seen)), Some(Fact::Value { value })) =
        (scene.evidence.get(CHASES), scene.evidence.get("rest"))
    else {
        return Err(Stop::from(anyhow::anyhow!("no pods came and went")));
    };
    let counted = [seen.tries(), seen.answers(), seen.soonest().unwrap_or_default()];
    let [rest, least] = serde_json::from_value(value.clone())?;
    scene.claim(step, Claim::OnlyTheMeant { chases: CHASES.to_owned(), least, rest, counted })
}

/// Where pods come and go, and who tries to reach them.
struct Course<'a> {
    suite: &'a Suite,
    scenario: &'a str,
    node: &'a NodeHandle,
    conf: &'a Value,
    clients: &'a [(NetnsPath, String)],
    /// For how long a pod is meant after its DEL began: an address rests as long.
    rest: Duration,
    /// Answers of each lane.
    share: u64,
    /// When the DELs of addresses began.
    given_up: RefCell<BTreeMap<IpAddr, Instant>>,
}

/// What came of a lane, and the call that failed, if one did.
#[derive(Default)]
struct Lane {
    seen: Chases,
    failed: Option<CniCall>,
}

impl Course<'_> {
    /// One pod after the other, until there were answers enough.
    async fn run(&self, lane: usize, pod: &mut Pod) -> anyhow::Result<Lane> {
        let (mut done, mut answered, mut before) = (Lane::default(), 0, Vec::new());
        for number in 0_usize.. {
            if number >= PODS && answered >= self.share {
                break;
            }
            pod.next(self.suite, number).await?;
            pod.replace(self.suite, self.scenario, self.node).await?;
            let made = self.call("ADD", pod).await?;
            if !made.succeeded() {
                done.failed = Some(made);
                break;
            }
            pod.remember(serde_json::from_str(&made.stdout).ok());
            done.seen.reused_after.extend(self.rests(pod));
            pod.serve().await?;
            let chasers = self.chasers(pod, port(lane, number))?;
            self.answers(&chasers).await;
            answered += chasers.iter().map(Chaser::answered).sum::<u64>();
            finish(std::mem::replace(&mut before, chasers), &mut done.seen).await?;
            self.note(pod);
            for chaser in &before {
                chaser.deleted(self.rest);
            }
            let made = self.call("DEL", pod).await?;
            pod.remember(None);
            if !made.succeeded() {
                done.failed = Some(made);
                break;
            }
        }
        pod.close().await?;
        finish(before, &mut done.seen).await?;
        Ok(done)
    }

    async fn call(&self, verb: &str, pod: &Pod) -> anyhow::Result<CniCall> {
        self.node.make(self.suite, pod.call(verb, self.conf, None)?).await
    }

    /// A client of each family in each place.
    fn chasers(&self, pod: &Pod, port: u16) -> anyhow::Result<Vec<Chaser>> {
        let mut chasers = Vec::new();
        for target in &pod.addresses {
            for (netns, client) in self.clients {
                let (client, by) = (client.clone(), pod.uid.clone());
                // A socket for IPv6 takes the port of IPv4, too.
                let port = port + u16::from(target.is_ipv6());
                let meant = Meant { client, by, target: *target, port };
                chasers.push(Chaser::start(netns, meant)?);
            }
        }
        Ok(chasers)
    }

    async fn answers(&self, chasers: &[Chaser]) {
        let each = ANSWERS.max(self.share / CLIENTS);
        let look = async || {
            let all = chasers.iter().all(|chaser| chaser.answered() >= each);
            Ok(all.then_some(()))
        };
        // One that is never answered is for the claim to say.
        let _ = self.suite.until(3.0, "answers", look).await;
    }

    fn note(&self, pod: &Pod) {
        let now = Instant::now();
        self.given_up.borrow_mut().extend(pod.addresses.iter().map(|address| (*address, now)));
    }

    /// How long the pod's addresses had rested, in milliseconds.
    fn rests(&self, pod: &Pod) -> Vec<u64> {
        let mut given_up = self.given_up.borrow_mut();
        let rested = pod.addresses.iter().filter_map(|address| given_up.remove(address));
        rested.map(|begun| u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)).collect()
    }
}

/// A port that no other chase uses, nor the next one.
fn port(lane: usize, number: usize) -> u16 {
    u16::try_from(20_000 + 2 * ((number * 8 + lane) % 5_000)).expect("less than 30000")
}

async fn finish(chasers: Vec<Chaser>, seen: &mut Chases) -> anyhow::Result<()> {
    let all = blocking(move || chasers.into_iter().map(Chaser::finish).collect::<Vec<_>>()).await?;
    for chase in all {
        seen.chases.push(chase?);
    }
    Ok(())
}
