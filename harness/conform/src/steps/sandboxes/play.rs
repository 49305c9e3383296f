//! Plays the calls for two sandboxes of one pod name.

use std::process::Command;
use std::time::Duration;

use facts::Fact;
use facts::cni::CniCall;
use futures::future::try_join_all;
use probe::NetnsPath;
use serde_json::Value;

use super::order::{Act, Event, Order};
use crate::suite::{NodeHandle, Pod, Suite, blocking};

/// Everything by which a node could name a sandbox.
const NAMES: &str = "ip -o addr; ip rule; ip -6 rule; ip route show table all; \
    ip -6 route show table all; ip neigh; nft list ruleset";

/// Where it happens.
pub(super) struct Ground<'a> {
    pub(super) suite: &'a Suite,
    pub(super) scenario: &'a str,
    pub(super) node: &'a NodeHandle,
    pub(super) conf: &'a Value,
    /// Whether the second sandbox is of another pod of the name.
    pub(super) succeeded: bool,
}

/// Both sandboxes afterwards, and what was seen, by name and in order.
pub(super) struct Twins {
    pub(super) pods: [Pod; 2],
    pub(super) seen: Vec<(String, Fact)>,
}

impl Ground<'_> {
    /// Plays an order for a new pod; a killed ADD is killed after so long.
    pub(super) async fn play(
        &self,
        alias: &str,
        order: &Order,
        killed_after: Duration,
    ) -> anyhow::Result<Twins> {
        let first = Pod::prepare(self.suite, self.scenario, alias, self.node).await?;
        let second = first.sibling(self.suite, &format!("{alias}.2")).await?;
        let mut twins = Twins { pods: [first, second], seen: Vec::new() };
        let mut awaited = self.succeeded;
        for moment in &order.0 {
            if awaited && moment.iter().any(|(_, sandbox)| *sandbox == 1) {
                twins.pods[1].replace(self.suite, self.scenario, self.node).await?;
                awaited = false;
            }
            self.moment(&mut twins, moment, killed_after).await?;
        }
        for pod in &mut twins.pods {
            // Both may be of one pod: who answers is told by the sandbox's id.
            pod.uid.clone_from(&pod.sandbox.container);
        }
        Ok(twins)
    }

    async fn moment(
        &self,
        twins: &mut Twins,
        moment: &[Event],
        killed_after: Duration,
    ) -> anyhow::Result<()> {
        for (_, sandbox) in moment.iter().filter(|(act, _)| *act == Act::Lost) {
            twins.pods[*sandbox].close().await?;
            twins.pods[*sandbox].remember(None);
        }
        let calls = moment.iter().filter(|(act, _)| *act != Act::Lost);
        let make = async |(act, sandbox): &Event| {
            let verb = if *act == Act::Del { "DEL" } else { "ADD" };
            let call = twins.pods[*sandbox].call(verb, self.conf, None)?;
            let made = match act {
                Act::Killed => self.node.make_within(self.suite, call, killed_after).await?,
                _ => self.node.make(self.suite, call).await?,
            };
            anyhow::Ok((*act, *sandbox, made))
        };
        for (act, sandbox, made) in try_join_all(calls.map(make)).await? {
            self.keep(twins, (act, sandbox), made).await?;
        }
        Ok(())
    }

    /// Keeps a call and, while a sandbox is there, what names it.
    async fn keep(
        &self,
        twins: &mut Twins,
        (act, sandbox): Event,
        made: CniCall,
    ) -> anyhow::Result<()> {
        let pod = &mut twins.pods[sandbox];
        let alias = pod.alias.clone();
        if made.succeeded() {
            let result =
                if act == Act::Del { None } else { serde_json::from_str(&made.stdout).ok() };
            pod.remember(result);
        }
        let verb = made.var("CNI_COMMAND").to_owned();
        let there = made.succeeded() && act != Act::Del;
        twins.seen.push((format!("{verb} {alias}"), Fact::Cni(made)));
        if there {
            twins.seen.push((format!("names after ADD {alias}"), names(self.node.netns()).await?));
        }
        Ok(())
    }
}

/// Everything that a node's kernel names.
pub(super) async fn names(netns: NetnsPath) -> anyhow::Result<Fact> {
    let argv = ["nsenter", &format!("--net={}", netns.path().display()), "sh", "-c", NAMES];
    let argv: Vec<_> = argv.map(str::to_owned).into();
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]);
    let probe::Output { exit, stdout, stderr } =
        blocking(move || probe::run(command, "")).await??;
    Ok(Fact::Command { argv, exit, stdout, stderr })
}
