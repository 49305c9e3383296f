//! Pods and Services of a scenario: what kubelet, scheduler and controllers
//! would write, and the sandbox that a runtime would make.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context;
use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams};
use probe::{NetnsPath, Server};
use serde_json::{Value, json};
use stage::fabric::netns::Netns;
use target::runtime::{Call, Sandbox};

use super::node::full_name;
use super::{NodeHandle, Suite, blocking};

/// A pod with its sandbox.
pub(crate) struct Pod {
    /// Its name in the scenario.
    pub(crate) alias: String,
    /// Alias of its node.
    pub(crate) node: String,
    pub(crate) uid: String,
    pub(crate) sandbox: Sandbox,
    /// Addresses that ADD told, once it did.
    pub(crate) addresses: Vec<IpAddr>,
    /// The result of ADD, once it succeeded.
    pub(crate) result: Option<Value>,
    netns: Option<Netns>,
    path: PathBuf,
    server: Option<Server>,
}

/// A Service with its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) addresses: Vec<IpAddr>,
    /// UIDs of the pods behind it.
    pub(crate) backends: Vec<String>,
}

impl Pod {
    /// Writes the pod's object and makes its sandbox; nothing is added yet.
    pub(crate) async fn prepare(
        suite: &Suite,
        scenario: &str,
        alias: &str,
        node: &NodeHandle,
    ) -> anyhow::Result<Self> {
        let name = full_name(scenario, alias);
        let uid = create(suite, scenario, &name, node.node.name()).await?;
        let (netns, path) = sandbox(suite.lab.run().namespace(&name)).await?;
        let sandbox = Sandbox {
            container: format!("{name}-1"),
            netns: path.display().to_string(),
            ifname: "eth0".to_owned(),
            pod: ["default".to_owned(), name, uid.clone()],
        };
        Ok(Self {
            alias: alias.to_owned(),
            node: node.alias.clone(),
            uid,
            sandbox,
            addresses: Vec::new(),
            result: None,
            netns: Some(netns),
            path,
            server: None,
        })
    }

    /// Where its network namespace is named.
    pub(crate) fn netns(&self) -> NetnsPath {
        NetnsPath::new(&self.path)
    }

    /// A call as a runtime makes it, with the result of the ADD where one goes along.
    pub(crate) fn call(
        &self,
        verb: &str,
        conf: &Value,
        version: Option<&str>,
    ) -> anyhow::Result<Call> {
        let mut call = Call::new(verb, conf, version, &self.sandbox)?;
        if let (Some(result), "CHECK" | "DEL") = (&self.result, verb) {
            call.set("prevResult", result.clone());
        }
        Ok(call)
    }

    /// Adds the pod as a runtime would; it must work.
    pub(crate) async fn join(
        &mut self,
        suite: &Suite,
        node: &NodeHandle,
        conf: &Value,
    ) -> anyhow::Result<()> {
        let call = self.call("ADD", conf, None)?;
        let made = node.make(suite, call).await?;
        anyhow::ensure!(made.succeeded(), "add pod {}: {}{}", self.alias, made.stdout, made.stderr);
        self.remember(serde_json::from_str(&made.stdout).ok());
        Ok(())
    }

    /// Remembers the result of an ADD, and the addresses in it.
    pub(crate) fn remember(&mut self, result: Option<Value>) {
        self.addresses = result
            .iter()
            .flat_map(|result| result["ips"].as_array().cloned().unwrap_or_default())
            .filter_map(|ip| ip["address"].as_str()?.split('/').next()?.parse().ok())
            .collect();
        self.result = result;
    }

    /// A new sandbox of the same pod, with an id and a namespace of its own. The
    /// old one's namespace is left to whoever holds it.
    pub(crate) async fn renew(&mut self) -> anyhow::Result<()> {
        self.close().await?;
        self.sandbox.container.push('x');
        let name = self.path.file_name().context("a namespace without a name")?;
        let (netns, path) = sandbox(format!("{}x", name.to_string_lossy())).await?;
        self.path = path;
        self.sandbox.netns = self.path.display().to_string();
        self.netns = Some(netns);
        (self.addresses, self.result) = (Vec::new(), None);
        Ok(())
    }

    /// Another sandbox of the same pod, with an id and a namespace of its own.
    pub(crate) async fn sibling(&self, suite: &Suite, alias: &str) -> anyhow::Result<Self> {
        let name = format!("{}-2", self.sandbox.pod[1]);
        let (netns, path) = sandbox(suite.lab.run().namespace(&name)).await?;
        Ok(Self {
            alias: alias.to_owned(),
            node: self.node.clone(),
            uid: self.uid.clone(),
            sandbox: Sandbox {
                container: name,
                netns: path.display().to_string(),
                ..self.sandbox.clone()
            },
            addresses: Vec::new(),
            result: None,
            netns: Some(netns),
            path,
            server: None,
        })
    }

    /// The same pod's sandbox of this number, with an id and a namespace of its own.
    pub(crate) async fn next(&mut self, suite: &Suite, number: usize) -> anyhow::Result<()> {
        self.close().await?;
        let name = format!("{}-{number}", self.sandbox.pod[1]);
        let made = suite.lab.run().namespace(&name);
        let netns = blocking(move || Netns::create(&made)).await??;
        self.path = netns.path();
        self.sandbox.container = name;
        self.sandbox.netns = self.path.display().to_string();
        self.netns = Some(netns);
        (self.addresses, self.result) = (Vec::new(), None);
        Ok(())
    }

    /// Deletes the pod's object and writes one of the same name: another pod.
    pub(crate) async fn replace(
        &mut self,
        suite: &Suite,
        scenario: &str,
        node: &NodeHandle,
    ) -> anyhow::Result<()> {
        let name = self.sandbox.pod[1].clone();
        let api: Api<ApiPod> = Api::namespaced(suite.lab.api().client().clone(), "default");
        let (act, gone) = (format!("delete pod {name}"), name.clone());
        let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        suite.inside(&act, async move { api.delete(&gone, &now).await.map(drop) }).await?;
        self.uid = create(suite, scenario, &name, node.node.name()).await?;
        self.sandbox.pod[2].clone_from(&self.uid);
        Ok(())
    }

    /// Takes the sandbox's namespace away, as a runtime does after DEL.
    pub(crate) async fn close(&mut self) -> anyhow::Result<()> {
        let (server, netns) = (self.server.take(), self.netns.take());
        blocking(move || {
            drop(server);
            netns.map(Netns::delete).transpose()
        })
        .await??;
        Ok(())
    }

    /// Starts the server that answers with the pod's UID, unless it runs.
    pub(crate) async fn serve(&mut self) -> anyhow::Result<()> {
        if self.server.is_none() {
            let (netns, uid) = (self.netns(), self.uid.clone());
            self.server = Some(blocking(move || Server::start(&netns, &uid)).await??);
        }
        Ok(())
    }

    /// Its address of one family.
    pub(crate) fn address(&self, v4: bool) -> anyhow::Result<IpAddr> {
        let found = self.addresses.iter().find(|address| address.is_ipv4() == v4);
        let family = if v4 { "IPv4" } else { "IPv6" };
        found.copied().with_context(|| format!("pod {} has no {family} address", self.alias))
    }
}

/// A sandbox as a runtime makes it: a namespace whose loopback is up.
async fn sandbox(name: String) -> anyhow::Result<(Netns, PathBuf)> {
    blocking(move || {
        let netns = Netns::create(&name)?;
        let path = netns.path();
        let mut command = std::process::Command::new("ip");
        command.args(["-n", &name, "link", "set", "lo", "up"]);
        let output = probe::run(command, "")?;
        anyhow::ensure!(output.exit == Some(0), "set loopback of {name} up: {}", output.stderr);
        Ok((netns, path))
    })
    .await?
}

/// Deletes every pod object of a scenario.
pub(crate) async fn forget_all(suite: &Suite, scenario: &str) -> anyhow::Result<()> {
    let api: Api<ApiPod> = Api::namespaced(suite.lab.api().client().clone(), "default");
    let only = ListParams::default().labels(&format!("plumbline/scenario={scenario}"));
    let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    suite
        .inside("delete the scenario's pods", async move {
            api.delete_collection(&now, &only).await.map(drop)
        })
        .await
}

async fn create(suite: &Suite, scenario: &str, name: &str, node: &str) -> anyhow::Result<String> {
    let object = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"plumbline/scenario": scenario, "plumbline/pod": name},
        },
        "spec": {
            "nodeName": node,
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": "plumbline/none"}],
        },
    });
    let pod: ApiPod = serde_json::from_value(object).context("write a pod")?;
    let api: Api<ApiPod> = Api::namespaced(suite.lab.api().client().clone(), "default");
    let act = format!("create pod {name}");
    let created =
        suite.inside(&act, async move { api.create(&PostParams::default(), &pod).await }).await?;
    created.metadata.uid.context("the API gave the pod no UID")
}
