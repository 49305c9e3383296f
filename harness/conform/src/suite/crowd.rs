//! Nodes of which a controller sees everything and on which nothing runs.

use anyhow::Context;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use serde_json::Value;
use stage::{BareNode, NodeSpec};

use super::Suite;

impl Suite {
    /// An instance with a Node object.
    pub(crate) async fn bare_node(&self, name: String) -> anyhow::Result<BareNode> {
        let act = format!("make bare node {name}");
        self.lab.bare_node(NodeSpec::new(name)).await.context(act)
    }

    /// Writes what the target's agent would write of a node, as soon as the target's
    /// controller has taken the node in.
    pub(crate) async fn play_agent(&self, node: &BareNode) -> anyhow::Result<()> {
        let played = self.target.install.agent_played.as_ref();
        let played = played.context("the target does not say what its agents write")?;
        let text = played.to_string().replace("{node}", node.name());
        let object: Value = serde_json::from_str(&text).context("read what an agent writes")?;
        let word = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let version = word("apiVersion");
        let (group, version) = version.split_once('/').unwrap_or(("", &version));
        let kind = GroupVersionKind::gvk(group, version, &word("kind"));
        let api: Api<DynamicObject> =
            Api::all_with(self.lab.api().client().clone(), &ApiResource::from_gvk(&kind));
        let written = async || {
            let (api, object, name) = (api.clone(), object.clone(), node.name().to_owned());
            let patch = async move {
                match api.patch(&name, &PatchParams::default(), &Patch::Merge(&object)).await {
                    Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
                    done => done.map(|_| Some(())),
                }
            };
            self.inside("write what an agent would", patch).await
        };
        self.until(30.0, "the controller's object of a node", written).await
    }

    /// Whether each of these instances has an interface in use besides its own.
    pub(crate) fn all_have_interfaces(&self, instances: &[String]) -> bool {
        let held = self.lab.cloud().sim().inventory();
        let used = held.enis.values().filter(|eni| eni.status.to_string() == "InUse");
        let secondary = used.filter(|eni| format!("{:?}", eni.kind) != "Primary");
        let of: std::collections::BTreeSet<String> =
            secondary.filter_map(|eni| eni.instance.as_ref().map(ToString::to_string)).collect();
        instances.iter().all(|instance| of.contains(instance))
    }
}
