//! Nodes of a scenario, with the target's agents on them.

mod reboot;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use facts::Fact;
use facts::cni::CniCall;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use probe::{Monitor, NetnsPath};
use serde_json::{Map, Value};
use stage::{Node, NodeSpec, Process};
use target::runtime::Call;
use target::{CONFIGURATIONS, Conf, PLUGINS, Program, Source};

use super::install::{config_map, spec};
use super::{Suite, blocking};

/// A node that a scenario asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeWish {
    pub(crate) instance_type: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) max_pods: Option<u32>,
    /// Whether Services must work on it.
    pub(crate) services: bool,
    /// Keys of the target's configuration for this node.
    pub(crate) config: Map<String, Value>,
    /// Variables of its agents and plugins besides the usual ones.
    pub(crate) env: Vec<(String, String)>,
    /// Whether nobody is to listen to what changes on it, as that takes time of its
    /// own; for measurements and for a lab to play in.
    pub(crate) unwatched: bool,
}

/// A node with the target's agents.
pub(crate) struct NodeHandle {
    /// Its name in the scenario.
    pub(crate) alias: String,
    pub(crate) node: Node,
    /// Variables of agents that are started and plugins that are called from now
    /// on, besides the usual ones: a fail point, for example.
    pub(crate) env: Vec<(String, String)>,
    /// Variables that they get from the first to the last: a defect, for example.
    standing: Vec<(String, String)>,
    agents: Vec<(Program, Option<Process>)>,
    own_config: Option<String>,
    watch: Option<NodeWatch>,
}

/// What is kept of a node from before anything of the target is on it.
struct NodeWatch {
    first: Fact,
    monitor: Monitor,
}

impl NodeHandle {
    /// Makes the node, installs the target on it and starts its agents.
    pub(crate) async fn start(
        suite: &Suite,
        scenario: &str,
        alias: &str,
        wish: NodeWish,
    ) -> anyhow::Result<Self> {
        let name = full_name(scenario, alias);
        let mut node_spec = NodeSpec::new(&name);
        node_spec.kube_proxy = wish.services;
        if let Some(instance_type) = wish.instance_type {
            node_spec.instance_type = instance_type;
        }
        if let Some(zone) = wish.zone {
            node_spec.zone = zone;
        }
        if let Some(max_pods) = wish.max_pods {
            node_spec.max_pods = max_pods;
        }
        let own_config = (!wish.config.is_empty()).then(|| name.clone());
        if let Some(map) = &own_config {
            node_spec.labels = BTreeMap::from([("terway-config".to_owned(), map.clone())]);
            write_config(suite, map, &wish.config).await?;
        }
        let node = suite.lab.node(node_spec).await.with_context(|| format!("make node {name}"))?;
        let mut handle = Self {
            alias: alias.to_owned(),
            node,
            env: Vec::new(),
            standing: wish.env,
            agents: Vec::new(),
            own_config,
            watch: None,
        };
        if !wish.unwatched {
            handle.watch = Some(handle.begin_watch(suite).await?);
        }
        handle.install(suite)?;
        handle.start_agents(suite)?;
        Ok(handle)
    }

    /// Its network namespace.
    pub(crate) fn netns(&self) -> NetnsPath {
        NetnsPath::new(self.node.netns().path())
    }

    /// What the kernel told since the target came, with the states of before and
    /// now; nothing for a node that is not watched. It ends the watch.
    pub(crate) async fn watched(&mut self) -> anyhow::Result<Vec<(String, Fact)>> {
        let Some(NodeWatch { first, monitor }) = self.watch.take() else { return Ok(Vec::new()) };
        let (netns, place) = (self.netns(), self.place());
        let (last, told) = blocking(move || {
            let last = probe::state(&netns, &place);
            (last, monitor.end(&place))
        })
        .await?;
        let last = Fact::Kernel(Box::new(last?));
        let alias = &self.alias;
        Ok(vec![
            (format!("state of {alias} at first"), first),
            (format!("state of {alias} at the end"), last),
            (format!("netlink events of {alias}"), told),
        ])
    }

    async fn begin_watch(&self, suite: &Suite) -> anyhow::Result<NodeWatch> {
        let (netns, place) = (self.netns(), self.place());
        let run = suite.lab.run().to_string();
        let begun = move || -> Result<NodeWatch, probe::ProbeError> {
            let monitor = Monitor::start(&netns, (stage::MARK, &run))?;
            let first = Fact::Kernel(Box::new(probe::state(&netns, &place)?));
            Ok(NodeWatch { first, monitor })
        };
        blocking(begun).await?.with_context(|| format!("watch node {}", self.alias))
    }

    /// How facts call it.
    fn place(&self) -> String {
        format!("node {}", self.alias)
    }

    /// The network configuration on it, with its path; none while there is none.
    pub(crate) fn conf(&self) -> anyhow::Result<Option<(String, String)>> {
        let list = || -> std::io::Result<Vec<String>> {
            let mut names: Vec<_> = match std::fs::read_dir(CONFIGURATIONS) {
                Ok(entries) => entries
                    .flatten()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .filter(|name| name.ends_with(".conflist"))
                    .collect(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(error) => return Err(error),
            };
            names.sort();
            Ok(names)
        };
        let names = self.node.place().run(list).and_then(|done| done);
        let names = names.context("list network configurations")?;
        let Some(name) = names.first() else { return Ok(None) };
        let path = format!("{CONFIGURATIONS}/{name}");
        Ok(self.node.read(&path)?.map(|text| (path, text)))
    }

    /// Ends the agents, by SIGKILL if `hard`.
    pub(crate) fn stop_agents(&mut self, hard: bool) {
        for (_, process) in &mut self.agents {
            if let Some(process) = process.take() {
                if hard { process.kill() } else { process.stop() }
            }
        }
    }

    /// Stops the agents' clocks, or lets them go on: what happens to the node
    /// meanwhile, they can do nothing about.
    pub(crate) fn freeze_agents(&self, frozen: bool) -> anyhow::Result<()> {
        let signal = if frozen { Signal::SIGSTOP } else { Signal::SIGCONT };
        for (program, process) in &self.agents {
            let Some(process) = process else { continue };
            let id = i32::try_from(process.id()).context("read a process's id")?;
            kill(Pid::from_raw(id), signal)
                .with_context(|| format!("send {signal} to {}", program.name))?;
        }
        Ok(())
    }

    /// Starts the agents that do not run.
    pub(crate) fn start_agents(&mut self, suite: &Suite) -> anyhow::Result<()> {
        let name = self.node.name().to_owned();
        let env: Vec<_> = self.standing.iter().chain(&self.env).cloned().collect();
        for (program, process) in &mut self.agents {
            if process.is_none() {
                *process = Some(self.node.spawn(&suite.lab, &spec(program, &name, &env))?);
            }
        }
        Ok(())
    }

    /// Ids of the agents that were started.
    pub(crate) fn agent_ids(&self) -> Vec<u32> {
        self.agents.iter().filter_map(|(_, process)| Some(process.as_ref()?.id())).collect()
    }

    /// How an agent ended, if one did that should run.
    pub(crate) fn ended(&self) -> Option<String> {
        self.agents
            .iter()
            .find_map(|(_, process)| process.as_ref()?.ended())
            .or_else(|| self.node.proxy_ended())
    }

    /// Its agents that run, each with its process.
    pub(crate) fn processes(&self) -> Vec<(&'static str, u32)> {
        let running = self.agents.iter();
        running
            .filter_map(|(program, process)| Some((program.name, process.as_ref()?.id())))
            .collect()
    }

    /// Makes a call of a plugin on the node.
    pub(crate) async fn make(&self, suite: &Suite, call: Call) -> anyhow::Result<CniCall> {
        self.make_by(suite, call, &[], suite.within(30.0)).await
    }

    /// Makes a call that is killed when it takes longer than `patience`.
    pub(crate) async fn make_within(
        &self,
        suite: &Suite,
        call: Call,
        patience: Duration,
    ) -> anyhow::Result<CniCall> {
        self.make_by(suite, call, &[], patience).await
    }

    /// Makes a call of a plugin on the node, the plugin started by another command
    /// such as a tracer; by none where it is empty.
    pub(crate) async fn make_under(
        &self,
        suite: &Suite,
        call: Call,
        starter: &[String],
    ) -> anyhow::Result<CniCall> {
        self.make_by(suite, call, starter, suite.within(30.0)).await
    }

    async fn make_by(
        &self,
        suite: &Suite,
        call: Call,
        starter: &[String],
        patience: Duration,
    ) -> anyhow::Result<CniCall> {
        let plugin = format!("{PLUGINS}/{}", call.plugin);
        let mut command = match starter {
            [] => std::process::Command::new(plugin),
            [program, args @ ..] => {
                let mut command = std::process::Command::new(program);
                command.args(args).arg(plugin);
                command
            }
        };
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env(stage::MARK, suite.lab.run().as_str());
        command.envs(self.standing.iter().chain(&self.env).cloned());
        self.node.place().confine(&mut command).context("enter the node")?;
        let node = self.alias.clone();
        Ok(blocking(move || call.make(&node, command, patience)).await??)
    }

    /// Changes the node's own configuration while it runs.
    pub(crate) async fn configure(&self, suite: &Suite, text: String) -> anyhow::Result<()> {
        let map = self.own_config.clone().context("the node has no configuration of its own")?;
        let api: Api<ConfigMap> = Api::namespaced(suite.lab.api().client().clone(), "kube-system");
        let changed = config_map(&map, vec![("eni_conf".to_owned(), text)]);
        let act = format!("change ConfigMap {map}");
        suite
            .inside(&act, async move {
                api.replace(&map, &PostParams::default(), &changed).await.map(drop)
            })
            .await
    }

    /// Takes the node away with everything on it.
    pub(crate) async fn stop(mut self, suite: &Suite) -> anyhow::Result<()> {
        let agents = std::mem::take(&mut self.agents);
        blocking(move || drop(agents)).await?;
        if let Some(map) = self.own_config.take() {
            let api: Api<ConfigMap> =
                Api::namespaced(suite.lab.api().client().clone(), "kube-system");
            let act = format!("delete ConfigMap {map}");
            suite
                .inside(
                    &act,
                    async move { api.delete(&map, &DeleteParams::default()).await.map(drop) },
                )
                .await?;
        }
        Ok(self.node.stop(&suite.lab).await?)
    }

    fn install(&mut self, suite: &Suite) -> anyhow::Result<()> {
        let install = &suite.target.install;
        for file in &install.node_files {
            let bytes = match &file.source {
                Source::Text(text) => text.clone().into_bytes(),
                Source::File(path) => {
                    std::fs::read(path).with_context(|| format!("read {}", path.display()))?
                }
            };
            self.node.write(&file.path, &bytes, file.mode)?;
        }
        if let Conf::Given(list) = &install.conf {
            let text = format!("{list:#}\n");
            let path = format!("{CONFIGURATIONS}/10-target.conflist");
            self.node.write(&path, text.as_bytes(), 0o644)?;
        }
        self.agents = install.node.iter().map(|program| (program.clone(), None)).collect();
        Ok(())
    }
}

/// Name of a scenario's object; one of a lab to play in has no scenario.
pub(super) fn full_name(scenario: &str, alias: &str) -> String {
    if scenario.is_empty() { alias.to_owned() } else { format!("{scenario}-{alias}") }
}

async fn write_config(suite: &Suite, map: &str, config: &Map<String, Value>) -> anyhow::Result<()> {
    let text = Value::Object(config.clone()).to_string();
    let object = config_map(map, vec![("eni_conf".to_owned(), text)]);
    let api: Api<ConfigMap> = Api::namespaced(suite.lab.api().client().clone(), "kube-system");
    let act = format!("create ConfigMap {map}");
    suite
        .inside(&act, async move { api.create(&PostParams::default(), &object).await.map(drop) })
        .await
}
