//! The configuration: `kube-system/eni-config`, and the node's own ConfigMap if
//! the Node is labelled with its name. A bad one is refused with its path, told
//! as an event, and the last good one stays in force (CFG-1).

use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Node};
use kube::Api;
use kube::runtime::events::EventType;
use kube::runtime::{WatchStreamExt, watcher};

use crate::agent::{Agent, Settings};
use crate::conflist::PluginConf;
use crate::events::Message;

/// The texts that a configuration is made of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Texts {
    eni: Option<String>,
    list: Option<String>,
    single: Option<String>,
    own: Option<String>,
}

/// Follows the configuration until the process ends.
pub(crate) async fn follow(agent: Arc<Agent>) {
    let maps: Api<ConfigMap> = Api::namespaced(agent.client.clone(), api::names::NAMESPACE);
    let own = own_map(&agent).await;
    let mut base = watch_map(&maps, api::names::CONFIG_MAP);
    let mut node = own
        .as_deref()
        .map_or_else(|| futures::stream::pending().boxed(), |name| watch_map(&maps, name).boxed());
    let (mut texts, mut base_seen, mut node_seen) = (Texts::default(), false, own.is_none());
    loop {
        tokio::select! {
            Some(map) = base.next() => {
                let key = |key| map.as_ref().and_then(|map| data(map, key));
                texts.eni = key(api::names::ENI_CONF);
                texts.list = key(api::names::CNI_CONFLIST);
                texts.single = key(api::names::CNI_CONF);
                base_seen = true;
            }
            Some(map) = node.next() => {
                texts.own = map.as_ref().and_then(|map| data(map, api::names::ENI_CONF));
                node_seen = true;
            }
        }
        if base_seen && node_seen {
            adopt(&agent, &texts).await;
        }
    }
}

/// Takes the last good configuration from the journal, so that a restart under
/// a bad one changes nothing.
pub(crate) fn remember(agent: &Agent, base: &str, own: Option<&str>) {
    let Ok(eni) = api::EniConfig::parse(base, own) else { return };
    let Ok(plugin) = PluginConf::parse(None, None) else { return };
    agent.settings.send_replace(Some(Arc::new(Settings { eni, plugin })));
}

async fn adopt(agent: &Agent, texts: &Texts) {
    let Some(base) = texts.eni.as_deref() else {
        refuse(agent, "eni_conf: the key is missing in kube-system/eni-config").await;
        return;
    };
    let parsed = api::EniConfig::parse(base, texts.own.as_deref()).and_then(|eni| {
        let plugin = PluginConf::parse(texts.list.as_deref(), texts.single.as_deref())?;
        Ok(Settings { eni, plugin })
    });
    match parsed {
        Err(error) => refuse(agent, &error.to_string()).await,
        Ok(settings) => {
            if let Some(key) = under_pods(agent, &settings) {
                let problem = format!("eni_conf.{key}: cannot change while the node has pods");
                return refuse(agent, &problem).await;
            }
            for warning in &settings.eni.warnings {
                tracing::warn!("{warning}");
            }
            if let Err(error) = agent.holdings.journal().config(base, texts.own.as_deref()) {
                tracing::warn!(%error, "keep the configuration for a restart");
            }
            agent.settings.send_if_modified(|there| {
                let new = there.as_deref() != Some(&settings);
                if new {
                    *there = Some(Arc::new(settings));
                }
                new
            });
        }
    }
}

/// The key that the node's pods were wired by and that would change under them.
fn under_pods(agent: &Agent, new: &Settings) -> Option<&'static str> {
    let there = agent.settings.borrow().clone()?;
    let moved = there.eni.layout != new.eni.layout || there.eni.stack != new.eni.stack;
    if moved && defect::on("config-changes-under-pods") {
        return None;
    }
    if agent.holdings.view().grants.is_empty() {
        return None;
    }
    let layout = (there.eni.layout != new.eni.layout).then_some("rule_layout");
    layout.or_else(|| (there.eni.stack != new.eni.stack).then_some("ip_stack"))
}

async fn refuse(agent: &Agent, problem: &str) {
    tracing::warn!("configuration refused: {problem}");
    if !defect::on("refused-config-is-not-counted") {
        agent.metrics.config_refused.inc();
    }
    if defect::on("config-refusal-is-untold") {
        return;
    }
    if defect::on("refused-config-stops-the-node") {
        agent.settings.send_replace(None);
    }
    let kept = if agent.settings.borrow().is_some() { "; the last good one stays" } else { "" };
    let note = format!("{problem}{kept}");
    let message = Message { kind: EventType::Warning, reason: "ConfigError", note };
    agent.events.on_node(message).await;
}

/// Name of the ConfigMap that the Node's label asks for; read once, at the start.
async fn own_map(agent: &Agent) -> Option<String> {
    let nodes: Api<Node> = Api::all(agent.client.clone());
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(500));
    loop {
        pace.tick().await;
        match nodes.get(&agent.flags.node_name).await {
            Ok(node) => {
                let labels = node.metadata.labels.unwrap_or_default();
                return labels.get(api::names::NODE_CONFIG_LABEL).cloned();
            }
            Err(error) => tracing::warn!(%error, "look up this node"),
        }
    }
}

fn watch_map(
    maps: &Api<ConfigMap>,
    name: &str,
) -> impl futures::Stream<Item = Option<ConfigMap>> + Send + Unpin + use<> {
    watcher::watch_object(maps.clone(), name)
        .default_backoff()
        .filter_map(async |event| match event {
            Ok(map) => Some(map),
            Err(error) => {
                tracing::warn!(%error, "watch the configuration");
                None
            }
        })
        .boxed()
}

fn data(map: &ConfigMap, key: &str) -> Option<String> {
    map.data.as_ref()?.get(key).cloned()
}
