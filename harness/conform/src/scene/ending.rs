//! How a scenario ends: what was seen is stored, and everything of it goes.

use std::path::PathBuf;

use anyhow::Context;
use facts::Fact;

use super::Scene;
use crate::evidence::Objects;
use crate::suite::{NodeHandle, Seen};

impl Scene {
    /// Where captures of what failed are kept until the scenario's id is known.
    pub(crate) fn failure_folder(&self) -> PathBuf {
        self.suite.out.join("failures").join(&self.id)
    }

    /// A node that leaves before the scenario's end; what was seen of it is kept.
    pub(crate) async fn part_with(&mut self, alias: &str) -> anyhow::Result<NodeHandle> {
        let node = self.nodes.remove(alias);
        let mut node = node.with_context(|| format!("the scenario has no node {alias:?}"))?;
        self.keep_node(&mut node).await?;
        Ok(node)
    }

    /// Keeps what was seen and takes everything of the scenario away.
    pub(crate) async fn end(&mut self) {
        let mut nodes = std::mem::take(&mut self.nodes);
        let mut unseen = None;
        for node in nodes.values_mut() {
            let kept = self.keep_node(node).await;
            let act = || format!("look at node {} at the end", node.alias);
            unseen = unseen.or(kept.with_context(act).err());
        }
        self.nodes = nodes;
        let captures = self.captures();
        let cleaning = self.clean().await.err().map(|error| error.context("clean up"));
        let evidence = std::mem::take(&mut self.evidence);
        for claimed in &mut self.claims {
            claimed.divergence = oracle::diverge(&claimed.claim, &claimed.judgement, &evidence);
        }
        let (facts, unwritten) = match Objects::of(&self.suite.out).keep(&evidence) {
            Ok(facts) => (facts, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let claims = std::mem::take(&mut self.claims);
        // A fact that is not stored outweighs the rest: the claims stand on nothing.
        let fault = unwritten.or(unseen).or(cleaning).map(|error| format!("{error:#}"));
        let fault = fault.or_else(|| self.suite.control.ended());
        self.suite.keep(self.turn.clone(), Seen { facts, claims, fault, captures });
    }

    /// Stores what was seen of a node from its first moment until now.
    async fn keep_node(&mut self, node: &mut NodeHandle) -> anyhow::Result<()> {
        for (name, fact) in node.watched().await? {
            self.store(&name, fact);
        }
        let calls = self.suite.calls_about(node.node.instance(), self.since);
        self.store(&format!("calls of the cloud about {}", node.alias), Fact::Calls { calls });
        Ok(())
    }

    /// Gives captures the scenario's name; answers where they are.
    fn captures(&self) -> Vec<String> {
        let made = self.failure_folder();
        let mut name = self.scenario.replace('/', ".");
        if self.turn.attempt > 1 {
            name = format!("{name}.{}", self.turn.attempt);
        }
        let named = made.with_file_name(&name);
        if !made.exists() || std::fs::rename(&made, &named).is_err() {
            return Vec::new();
        }
        let files = std::fs::read_dir(&named).into_iter().flatten().flatten();
        let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
        let mut captures: Vec<_> = names.map(|file| format!("failures/{name}/{file}")).collect();
        captures.sort();
        captures
    }

    async fn clean(&mut self) -> anyhow::Result<()> {
        let suite = self.suite.clone();
        let mut first = suite.widen(&std::mem::take(&mut self.narrowed));
        // One that went no further may have left the control plane stopped.
        first = first.and(suite.control.start_again(&suite.lab, &[]));
        suite.allow(std::mem::take(&mut self.budgets));
        if std::mem::take(&mut self.lied) {
            suite.honest();
        }
        if !self.services.is_empty() {
            first = first.and(suite.forget_services(&self.id).await);
        }
        if !self.pods.is_empty() {
            first = first.and(crate::suite::forget_pods(&suite, &self.id).await);
        }
        for (_, mut pod) in std::mem::take(&mut self.pods) {
            first = first.and(pod.close().await);
        }
        for node in std::mem::take(&mut self.bare) {
            first = first.and(node.stop(&suite.lab).await.map_err(Into::into));
        }
        for (_, node) in std::mem::take(&mut self.nodes) {
            first = first.and(node.stop(&suite).await);
        }
        first
    }
}
