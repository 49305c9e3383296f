//! The world of one scenario: its nodes, pods and Services, everything that was
//! seen of them, and what was claimed of that.

mod ending;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, anyhow};
use cucumber::gherkin::Step;
use facts::cni::CniCall;
use facts::{Claim, Evidence, Fact, Judgement};
use serde_json::Value;
use stage::BareNode;
use target::runtime::Call;

use crate::mutants;
use crate::order::{Turn, hash};
use crate::suite::{Claimed, NodeHandle, Pod, Service, Suite, blocking};

tokio::task_local! {
    /// What the scenarios that this task plays share: cucumber makes worlds without arguments.
    static SUITE: Arc<Suite>;
}

/// Lets the scenarios that `play` plays share a suite.
pub(crate) async fn sharing<T>(suite: Arc<Suite>, play: impl Future<Output = T>) -> T {
    SUITE.scope(suite, play).await
}

/// The world of one scenario.
#[derive(cucumber::World)]
#[world(init = Self::new)]
pub(crate) struct Scene {
    pub(crate) suite: Arc<Suite>,
    /// The scenario's id in the suite.
    pub(crate) scenario: String,
    /// Which playing of it this is.
    pub(crate) turn: Turn,
    /// The defect that is on, if one is.
    pub(crate) mutant: Option<String>,
    /// Prefix of every name that the scenario makes.
    pub(crate) id: String,
    pub(crate) nodes: BTreeMap<String, NodeHandle>,
    pub(crate) pods: BTreeMap<String, Pod>,
    pub(crate) services: BTreeMap<String, Service>,
    /// Nodes on which nothing runs.
    pub(crate) bare: Vec<BareNode>,
    pub(crate) evidence: Evidence,
    pub(crate) claims: Vec<Claimed>,
    /// The last call, and how it would have been without its flaw.
    pub(crate) last: Option<Last>,
    /// When it began.
    pub(crate) begun: Instant,
    /// Number of the first call of the cloud that belongs to the scenario.
    pub(crate) since: u64,
    /// Interface of the user that the scenario plugged in.
    pub(crate) user_eni: Option<String>,
    /// vSwitches that the scenario narrowed.
    pub(crate) narrowed: BTreeSet<String>,
    /// Actions of the cloud whose call budget the scenario changed.
    pub(crate) budgets: BTreeSet<String>,
    /// Whether the scenario made the cloud lie.
    pub(crate) lied: bool,
}

/// The last call of a plugin.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    /// Its name among the facts.
    pub(crate) name: String,
    /// Alias of the node on which it ran.
    pub(crate) node: String,
    /// The same call in order.
    pub(crate) sound: Call,
}

/// Why a scenario goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A claim is violated or cannot be told; it is recorded.
    Judged(String),
    /// A fault of the harness, the machine or the lab.
    Fault(anyhow::Error),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Judged(text) => f.write_str(text),
            Self::Fault(error) => write!(f, "{error:#}"),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// What a step answers.
pub(crate) type Done = Result<(), Stop>;

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scenario {} with nodes {:?}", self.id, self.nodes.keys())
    }
}

impl Scene {
    fn new() -> Self {
        let suite =
            SUITE.try_with(Arc::clone).expect("scenarios are played where a suite is shared");
        Self {
            scenario: String::new(),
            turn: Turn { key: String::new(), attempt: 1 },
            mutant: None,
            id: suite.next_scenario(),
            begun: Instant::now(),
            since: suite.last_call(),
            suite,
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            services: BTreeMap::new(),
            bare: Vec::new(),
            evidence: Evidence::default(),
            claims: Vec::new(),
            last: None,
            user_eni: None,
            narrowed: BTreeSet::new(),
            budgets: BTreeSet::new(),
            lied: false,
        }
    }

    /// Chance for one purpose of the scenario: the same for the same seed and attempt,
    /// whatever else the run plays.
    pub(crate) fn dice(&self, purpose: &str) -> fastrand::Rng {
        let (seed, attempt) = (self.suite.seed, self.turn.attempt);
        let text = format!("{seed} {attempt} {} {purpose}", self.scenario);
        fastrand::Rng::with_seed(hash(&text))
    }

    /// Stores what was seen; answers the name to claim something of it by. A
    /// second one of the same name gets a number.
    pub(crate) fn store(&mut self, name: &str, fact: Fact) -> String {
        let mut unique = name.to_owned();
        let mut number = 2;
        while self.evidence.get(&unique).is_some() {
            unique = format!("{name} ({number})");
            number += 1;
        }
        self.evidence.put(&unique, fact);
        unique
    }

    /// Judges a claim from what is stored and goes on only if it holds.
    pub(crate) fn claim(&mut self, step: &Step, claim: Claim) -> Done {
        match self.judge(step, claim, None) {
            Judgement::Holds => Ok(()),
            Judgement::Violated { violations } => {
                let texts: Vec<_> = violations.iter().map(ToString::to_string).collect();
                Err(Stop::Judged(texts.join("; ")))
            }
            Judgement::CantTell { reason } => Err(Stop::Judged(format!("cannot tell: {reason}"))),
        }
    }

    /// Judges what one reading of a disputed row claims, and goes on either way.
    pub(crate) fn claim_reading(&mut self, step: &Step, reading: &str, claim: Claim) {
        self.judge(step, claim, Some(reading.to_owned()));
    }

    fn judge(&mut self, step: &Step, claim: Claim, reading: Option<String>) -> Judgement {
        let judgement = oracle::judge(&claim, &self.evidence);
        let line = step.position.line;
        let told = judgement.clone();
        self.claims.push(Claimed { line, claim, reading, judgement: told, divergence: None });
        judgement
    }

    /// Variables that switch the defect on in whatever the scenario starts.
    pub(crate) fn defect(&self) -> Vec<(String, String)> {
        let on = |id: &String| {
            let log = mutants::log(&self.suite.out.join("reached"), &self.scenario);
            mutants::switch(id, &log)
        };
        self.mutant.as_ref().map(on).unwrap_or_default()
    }

    /// A node by its alias.
    pub(crate) fn node(&self, alias: &str) -> anyhow::Result<&NodeHandle> {
        self.nodes.get(alias).with_context(|| format!("the scenario has no node {alias:?}"))
    }

    /// A node by its alias, to change.
    pub(crate) fn node_mut(&mut self, alias: &str) -> anyhow::Result<&mut NodeHandle> {
        self.nodes.get_mut(alias).with_context(|| format!("the scenario has no node {alias:?}"))
    }

    /// A pod by its alias.
    pub(crate) fn pod(&self, alias: &str) -> anyhow::Result<&Pod> {
        self.pods.get(alias).with_context(|| format!("the scenario has no pod {alias:?}"))
    }

    /// A pod by its alias, to change.
    pub(crate) fn pod_mut(&mut self, alias: &str) -> anyhow::Result<&mut Pod> {
        self.pods.get_mut(alias).with_context(|| format!("the scenario has no pod {alias:?}"))
    }

    /// The network configuration that a runtime would use on a node.
    pub(crate) fn conf(&self, node: &str) -> anyhow::Result<Value> {
        let (path, text) = self
            .node(node)?
            .conf()?
            .ok_or_else(|| anyhow!("node {node} has no network configuration"))?;
        serde_json::from_str(&text).with_context(|| format!("read {path} of node {node}"))
    }

    /// A call of `verb` for a pod's sandbox, in order.
    pub(crate) fn call(
        &self,
        verb: &str,
        pod: &str,
        version: Option<&str>,
    ) -> anyhow::Result<Call> {
        let pod = self.pod(pod)?;
        pod.call(verb, &self.conf(&pod.node)?, version)
    }

    /// Makes a call on a node and stores it; answers its name among the facts.
    pub(crate) async fn make(
        &mut self,
        name: &str,
        node: &str,
        call: Call,
    ) -> anyhow::Result<String> {
        let made = self.make_unstored(node, call).await?;
        Ok(self.store(name, Fact::Cni(made)))
    }

    /// Makes a call on a node.
    pub(crate) async fn make_unstored(&self, node: &str, call: Call) -> anyhow::Result<CniCall> {
        self.node(node)?.make(&self.suite, call).await
    }

    /// The call of this name among the facts.
    pub(crate) fn made(&self, name: &str) -> anyhow::Result<&CniCall> {
        match self.evidence.get(name) {
            Some(Fact::Cni(call)) => Ok(call),
            _ => Err(anyhow!("no call is stored as {name:?}")),
        }
    }

    /// The pod behind a server such as `Service web`; of several, the first.
    pub(crate) fn backend(&self, server: &str) -> Option<String> {
        let service = self.services.get(server.strip_prefix("Service ")?)?;
        let answers = |pod: &&Pod| service.backends.first() == Some(&pod.uid);
        let mut pods = self.pods.iter().filter(|(_, pod)| answers(pod));
        pods.next().map(|(alias, _)| alias.clone())
    }

    /// Looks at a node's namespace and stores what is there.
    pub(crate) async fn look_node(&mut self, name: &str, node: &str) -> anyhow::Result<String> {
        let (netns, place) = (self.node(node)?.netns(), format!("node {node}"));
        let state = blocking(move || probe::state(&netns, &place)).await??;
        Ok(self.store(name, Fact::Kernel(Box::new(state))))
    }

    /// Looks at a pod's namespace and stores what is there.
    pub(crate) async fn look_pod(&mut self, name: &str, pod: &str) -> anyhow::Result<String> {
        let (netns, place) = (self.pod(pod)?.netns(), format!("pod {pod}"));
        let state = blocking(move || probe::state(&netns, &place)).await??;
        Ok(self.store(name, Fact::Kernel(Box::new(state))))
    }

    /// Stores what the cloud holds.
    pub(crate) fn look_cloud(&mut self, name: &str) -> String {
        let inventory = self.suite.inventory(self.nodes.values());
        self.store(name, Fact::Inventory(inventory))
    }
}
