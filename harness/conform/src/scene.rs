//! The world of one scenario: its nodes, pods and Services, everything that was
//! seen of them, and what was claimed of that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::{Context, anyhow};
use cucumber::gherkin::Step;
use facts::cni::CniCall;
use facts::{Claim, Evidence, Fact, Judgement};
use serde_json::Value;
use target::runtime::Call;

use crate::mutants;
use crate::output::write_file;
use crate::suite::{Claimed, EvidenceFile, NodeHandle, Pod, Seen, Service, Suite, blocking};

/// What all scenarios of a run share. Cucumber makes worlds without arguments, so
/// it stands here from before the first scenario until after the last.
static SUITE: Mutex<Option<Arc<Suite>>> = Mutex::new(None);

/// Gives the scenarios what they share.
pub(crate) fn share(suite: Arc<Suite>) {
    *SUITE.lock().expect("no holder panics") = Some(suite);
}

/// Takes it back.
pub(crate) fn unshare() -> Option<Arc<Suite>> {
    SUITE.lock().expect("no holder panics").take()
}

/// The world of one scenario.
#[derive(cucumber::World)]
#[world(init = Self::new)]
pub(crate) struct Scene {
    pub(crate) suite: Arc<Suite>,
    /// The scenario's id in the suite.
    pub(crate) scenario: String,
    /// The defect that is on, if one is.
    pub(crate) mutant: Option<String>,
    /// Prefix of every name that the scenario makes.
    pub(crate) id: String,
    pub(crate) nodes: BTreeMap<String, NodeHandle>,
    pub(crate) pods: BTreeMap<String, Pod>,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) evidence: Evidence,
    pub(crate) claims: Vec<Claimed>,
    /// The last call, and how it would have been without its flaw.
    pub(crate) last: Option<Last>,
    /// Number of the first call of the cloud that belongs to the scenario.
    pub(crate) since: u64,
    /// Interface of the user that the scenario plugged in.
    pub(crate) user_eni: Option<String>,
    /// vSwitches that the scenario narrowed.
    pub(crate) narrowed: BTreeSet<String>,
    /// Actions of the cloud whose call budget the scenario changed.
    pub(crate) budgets: BTreeSet<String>,
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
        let suite = SUITE.lock().expect("no holder panics").clone();
        let suite = suite.expect("a run shares its suite before its first scenario");
        Self {
            scenario: String::new(),
            mutant: None,
            id: suite.next_scenario(),
            since: suite.next_call(),
            suite,
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            services: BTreeMap::new(),
            evidence: Evidence::default(),
            claims: Vec::new(),
            last: None,
            user_eni: None,
            narrowed: BTreeSet::new(),
            budgets: BTreeSet::new(),
        }
    }

    /// Chance for one purpose of the scenario: the same for the same seed, whatever
    /// else the run plays.
    #[allow(dead_code, reason = "the faults' steps draw from it")]
    pub(crate) fn dice(&self, purpose: &str) -> fastrand::Rng {
        let text = format!("{} {} {purpose}", self.suite.seed, self.scenario);
        // FNV-1a, 64 bits: stable across versions, unlike the standard library's hashes.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        fastrand::Rng::with_seed(hash)
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
        self.claims.push(Claimed { line, claim, reading, judgement: judgement.clone() });
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
        let conf = self.conf(&pod.node)?;
        let mut call = Call::new(verb, &conf, version, &pod.sandbox)?;
        if let (Some(result), "CHECK" | "DEL") = (&pod.result, verb) {
            call.set("prevResult", result.clone());
        }
        Ok(call)
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

    /// Where captures of what failed are kept until the scenario's id is known.
    pub(crate) fn failure_folder(&self) -> PathBuf {
        self.suite.out.join("failures").join(&self.id)
    }

    /// Stores the state of every node, when something was not as claimed.
    async fn keep_states(&mut self) {
        if self.claims.iter().all(|claimed| claimed.judgement == Judgement::Holds) {
            return;
        }
        let nodes: Vec<_> = self.nodes.keys().cloned().collect();
        for node in nodes {
            if let Err(error) = self.look_node(&format!("state of {node} at the end"), &node).await
            {
                tracing::warn!("no state of node {node}: {error:#}");
            }
        }
    }

    /// Keeps what was seen and takes everything of the scenario away.
    pub(crate) async fn end(&mut self, key: &str, id: &str) {
        self.keep_states().await;
        let failures = self.failure_folder();
        if failures.exists() {
            // Under the id people look for it; where it is otherwise, it is told in the evidence.
            let _ = std::fs::rename(&failures, failures.with_file_name(id.replace('/', ".")));
        }
        let cleaning = self.clean().await.err().map(|error| format!("clean up: {error:#}"));
        let claims = std::mem::take(&mut self.claims);
        let file = format!("evidence/{}.json", id.replace('/', "."));
        let evidence = EvidenceFile {
            scenario: id.to_owned(),
            evidence: std::mem::take(&mut self.evidence),
            claims: claims.clone(),
        };
        let path = self.suite.out.join(&file);
        let text = serde_json::to_string(&evidence).map_err(anyhow::Error::new);
        let written = text.and_then(|text| write_file(&path, &text));
        let unwritten = written.err().map(|error| format!("{error:#}"));
        let fault = cleaning.or_else(|| self.suite.control.ended()).or(unwritten);
        self.suite.keep(key, Seen { claims, fault, file: Some(file) });
    }

    async fn clean(&mut self) -> anyhow::Result<()> {
        let suite = self.suite.clone();
        let mut first = suite.widen(&std::mem::take(&mut self.narrowed));
        // One that went no further may have left the control plane stopped.
        first = first.and(suite.control.start_again(&suite.lab, &[]));
        suite.allow(std::mem::take(&mut self.budgets));
        if !self.services.is_empty() {
            first = first.and(suite.forget_services(&self.id).await);
        }
        if !self.pods.is_empty() {
            first = first.and(crate::suite::forget_pods(&suite, &self.id).await);
        }
        for (_, mut pod) in std::mem::take(&mut self.pods) {
            first = first.and(pod.close().await);
        }
        for (_, node) in std::mem::take(&mut self.nodes) {
            first = first.and(node.stop(&suite).await);
        }
        first
    }
}
