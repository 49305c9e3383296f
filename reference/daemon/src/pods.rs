//! The node's pods, watched, so that an ADD needs no round trip to the API.

use std::time::Duration;

use futures::StreamExt;
use kube::api::ObjectMeta;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use model::PodRef;
use serde::Deserialize;
use tokio::time::timeout;
use tonic::Status;

/// As much of a pod as is looked at: whole ones would fill the daemon's memory.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = k8s_openapi::api::core::v1::Pod)]
struct Pod {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: PodSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodSpec {
    #[serde(default)]
    node_name: String,
    #[serde(default)]
    host_network: bool,
}

impl Pod {
    /// Without what the API server tells of it besides name, UID and labels.
    fn trim(&mut self) {
        let ObjectMeta { name, namespace, uid, labels, resource_version, .. } =
            std::mem::take(&mut self.metadata);
        self.metadata =
            ObjectMeta { name, namespace, uid, labels, resource_version, ..ObjectMeta::default() };
    }
}

/// How long the API may take to tell of a pod: it may be out of reach, and a runtime waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// Pods of this node by name.
pub(crate) struct Pods {
    client: Client,
    node: String,
    store: Store<Pod>,
}

impl Pods {
    /// Starts to watch.
    pub(crate) fn watch(client: Client, node: &str) -> Self {
        let (store, writer) = reflector::store();
        let api: Api<Pod> = Api::all(client.clone());
        let only = watcher::Config::default().fields(&format!("spec.nodeName={node}"));
        let stream = watcher(api, only).default_backoff().modify(Pod::trim).reflect(writer);
        tokio::spawn(stream.for_each(async |event| {
            if let Err(error) = event {
                tracing::warn!(%error, "watch the node's pods");
            }
        }));
        Self { client, node: node.to_owned(), store }
    }

    /// The pod of this name, if it is one that we serve, with its UID.
    ///
    /// With a UID in `asked`, only that very pod is an answer. What the watch
    /// does not know yet is asked of the API.
    pub(crate) async fn find(&self, asked: &PodRef) -> Result<PodRef, Status> {
        let key = ObjectRef::new(&asked.name).within(&asked.namespace);
        if let Some(pod) = self.store.get(&key)
            && let Ok(found) = self.judge(asked, &pod)
        {
            return Ok(found);
        }
        match self.ask(asked).await {
            Ok(Some(pod)) => self.judge(asked, &pod),
            Ok(None) => Err(Status::not_found(format!("there is no pod {asked}"))),
            // The runtime vouches for the pod by its UID; the API may be away.
            Err(error) if !asked.uid.is_empty() => {
                tracing::warn!(%error, pod = %asked, "the API is away; trusting the runtime");
                Ok(asked.clone())
            }
            Err(error) => Err(Status::unavailable(format!("look up pod {asked}: {error}"))),
        }
    }

    /// Whether the watch still knows the pod, by name and, where known, UID.
    pub(crate) fn knows(&self, pod: &PodRef) -> bool {
        let key = ObjectRef::new(&pod.name).within(&pod.namespace);
        self.store.get(&key).is_some_and(|found| {
            pod.uid.is_empty() || found.metadata.uid.as_deref() == Some(pod.uid.as_str())
        })
    }

    /// Whether the API is certain that the pod is gone, or is another one by now.
    pub(crate) async fn gone(&self, pod: &PodRef) -> bool {
        match self.ask(pod).await {
            Ok(None) => true,
            Ok(Some(found)) => {
                !pod.uid.is_empty() && found.metadata.uid.as_deref() != Some(pod.uid.as_str())
            }
            Err(_) => false,
        }
    }

    /// The pod of this name, as the API has it now, or why it does not tell.
    async fn ask(&self, pod: &PodRef) -> Result<Option<Pod>, String> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &pod.namespace);
        let patience = if defect::on("unknown-pods-wait-for-the-api") {
            Duration::from_mins(5)
        } else {
            PATIENCE
        };
        match timeout(patience, api.get_opt(&pod.name)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {patience:?}")),
        }
    }

    fn judge(&self, asked: &PodRef, pod: &Pod) -> Result<PodRef, Status> {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        if !asked.uid.is_empty() && asked.uid != uid {
            let problem = format!("pod {asked} has UID {uid}, not {}", asked.uid);
            return Err(Status::not_found(problem));
        }
        let node = &pod.spec.node_name;
        if *node != self.node {
            return Err(Status::not_found(format!("pod {asked} is on node {node:?}")));
        }
        if pod.spec.host_network {
            return Err(Status::invalid_argument(format!("pod {asked} uses the host's network")));
        }
        let labels = pod.metadata.labels.as_ref();
        if labels.and_then(|l| l.get(api::names::IGNORE_LABEL)).is_some_and(|v| v == "true") {
            return Err(Status::invalid_argument(format!("pod {asked} is labelled to be ignored")));
        }
        Ok(PodRef { uid, ..asked.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_pod_what_is_looked_at_is_kept_and_no_more() {
        let mut pod: Pod = serde_json::from_value(serde_json::json!({
            "metadata": {
                "name": "a", "namespace": "default", "uid": "u", "labels": {"k": "v"},
                "annotations": {"big": "text"}, "managedFields": [{"manager": "kubelet"}],
            },
            "spec": {"nodeName": "n1", "hostNetwork": true, "containers": [{"name": "c"}]},
            "status": {"phase": "Running"},
        }))
        .unwrap();
        pod.trim();
        assert_eq!((pod.spec.node_name.as_str(), pod.spec.host_network), ("n1", true));
        let metadata = serde_json::to_value(&pod.metadata).unwrap();
        let kept = serde_json::json!({"name": "a", "namespace": "default", "uid": "u", "labels": {"k": "v"}});
        assert_eq!(metadata, kept);
    }
}
