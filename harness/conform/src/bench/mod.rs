//! Measures in a lab; what the figures mean is in the crate `bench`.
//!
//! Whoever is compared is measured in turns, one sample each: a machine that slows
//! down meanwhile slows all of them down.

mod cni;
mod contestant;
mod datapath;
mod neighbours;
mod path;
mod peers;
mod pinned;

use std::sync::Arc;

use anyhow::Context;
use bench::{Kind, Machine, Measure, Result as Measured};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use stage::RunId;

use crate::progress::Progress;
use crate::suite::{Manner, NodeHandle, NodeWish, Suite, install_tls, surroundings, up};

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// Numbers of pods on the node, rising.
    pub(crate) pods: Vec<u32>,
    /// Samples of each.
    pub(crate) rounds: u32,
    /// Factor for every deadline.
    pub(crate) patience: f64,
}

/// Brings a lab up, measures in it, and takes it down.
pub(crate) async fn measure(
    run: &RunId,
    plan: &Plan,
    progress: &Arc<Progress>,
) -> anyhow::Result<Measured> {
    install_tls();
    let started = Timestamp::now().to_string();
    let machine = machine()?;
    let target = target::find("reference", &surroundings(run)?)?;
    let tell = |what: &str| progress.tell(what);
    let (lab, control) = up(run, &target, &tell).await?;
    let manner = Manner { patience: plan.patience, out: run.folder(), seed: 0 };
    let suite = Suite::new(lab, target, control, manner);
    let (measures, goals) = match plan.kind {
        Kind::Cni => {
            let measures = cni::measure(&suite, plan, &tell).await?;
            let goals = bench::of_cni(&measures);
            (measures, goals)
        }
        Kind::Datapath => {
            let mut measures = datapath::measure(&suite, plan, &tell).await?;
            tell("two pods on one node");
            measures.extend(neighbours::measure(&suite, plan).await?);
            let goals = bench::of_datapath(&measures);
            (measures, goals)
        }
    };
    progress.tell("taking the lab down");
    suite.control.stop(false);
    Ok(Measured { kind: plan.kind, started, machine, measures, goals })
}

/// A node of the reference whose pool holds all addresses that it can have, so that
/// nothing is measured but the node. Addresses are of IPv4 alone, as the others' are.
async fn node(suite: &Suite, alias: &str, layout: &str) -> anyhow::Result<NodeHandle> {
    let config = json!({
        "ip_stack": "ipv4",
        "service_cidr": "172.21.0.0/20",
        "min_pool_size": ADDRESSES,
        "max_pool_size": ADDRESSES,
        "address_rest": "1ms",
        "rule_layout": layout,
    });
    let config: Map<String, Value> = serde_json::from_value(config).context("write a config")?;
    let wish = NodeWish { config, unwatched: true, ..NodeWish::default() };
    let node = NodeHandle::start(suite, "", alias, wish).await?;
    suite.until(60.0, "a pool of all addresses", async || Ok(full(suite, &node))).await?;
    Ok(node)
}

/// What a node of type ecs.g7.4xlarge can have: 7 interfaces of 30 addresses.
const ADDRESSES: usize = 210;

fn full(suite: &Suite, node: &NodeHandle) -> Option<()> {
    let inventory = suite.lab.cloud().sim().inventory();
    let instance = inventory.instances.get(node.node.instance())?;
    let pods = inventory.enis.iter().filter(|(id, eni)| {
        **id != instance.primary_eni && eni.instance.as_ref() == Some(node.node.instance())
    });
    let held: usize = pods.map(|(_, eni)| eni.ipv4.len()).sum();
    (held >= ADDRESSES).then_some(())
}

fn machine() -> anyhow::Result<Machine> {
    let read = |path: &str| std::fs::read_to_string(path).with_context(|| format!("read {path}"));
    let load = read("/proc/loadavg")?;
    let load = load.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = read("/proc/sys/kernel/osrelease")?.trim().to_owned();
    // More than half a processor for others takes part of the time.
    Ok(Machine { processors, kernel, load, loaded: load > 0.5 })
}

/// Samples of several contestants, taken in turns.
struct Samples {
    what: &'static str,
    unit: &'static str,
    of: Vec<(&'static str, Vec<f64>)>,
}

impl Samples {
    fn new(what: &'static str, unit: &'static str) -> Self {
        Self { what, unit, of: Vec::new() }
    }

    fn add(&mut self, who: &'static str, sample: f64) {
        match self.of.iter_mut().find(|(name, _)| *name == who) {
            Some((_, samples)) => samples.push(sample),
            None => self.of.push((who, vec![sample])),
        }
    }

    fn measures(&self, pods: u32) -> impl Iterator<Item = Measure> + '_ {
        self.of.iter().map(move |(who, all)| Measure::new(who, self.what, pods, self.unit, all))
    }
}
