//! Kubernetes events on pods and on the node, and the node's conditions.

use k8s_openapi::api::core::v1::{Node, ObjectReference};
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Client};
use model::PodRef;
use serde_json::json;

/// Writes events and conditions. A write that fails is logged: no pod waits for it.
pub(crate) struct Events {
    recorder: Recorder,
    nodes: Api<Node>,
    node: String,
}

/// A message for people.
pub(crate) struct Message<'a> {
    pub(crate) kind: EventType,
    /// One word in CamelCase.
    pub(crate) reason: &'a str,
    pub(crate) note: String,
}

impl Events {
    pub(crate) fn new(client: Client, node: &str) -> Self {
        let reporter =
            Reporter { controller: "terway-daemon".to_owned(), instance: Some(node.to_owned()) };
        Self {
            recorder: Recorder::new(client.clone(), reporter),
            nodes: Api::all(client),
            node: node.to_owned(),
        }
    }

    /// An event on this node.
    pub(crate) async fn on_node(&self, message: Message<'_>) {
        let about = ObjectReference {
            kind: Some("Node".to_owned()),
            name: Some(self.node.clone()),
            uid: Some(self.node.clone()),
            ..ObjectReference::default()
        };
        self.publish(message, &about).await;
    }

    /// An event on a pod.
    pub(crate) async fn on_pod(&self, pod: &PodRef, message: Message<'_>) {
        let about = ObjectReference {
            kind: Some("Pod".to_owned()),
            name: Some(pod.name.clone()),
            namespace: Some(pod.namespace.clone()),
            uid: (!pod.uid.is_empty()).then(|| pod.uid.clone()),
            ..ObjectReference::default()
        };
        self.publish(message, &about).await;
    }

    /// Sets a condition of this node.
    pub(crate) async fn condition(&self, kind: &str, status: bool, reason: &str, message: &str) {
        let now = jiff::Timestamp::now().to_string();
        let patch = json!({"status": {"conditions": [{
            "type": kind,
            "status": if status { "True" } else { "False" },
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }]}});
        let (how, patch) = (PatchParams::default(), Patch::Strategic(patch));
        if let Err(error) = self.nodes.patch_status(&self.node, &how, &patch).await {
            tracing::warn!(%error, condition = kind, "set a condition of the node");
        }
    }

    /// Sets an annotation of this node.
    pub(crate) async fn annotate(&self, key: &str, value: &str) {
        let patch = json!({"metadata": {"annotations": {key: value}}});
        let (how, patch) = (PatchParams::default(), Patch::Merge(patch));
        if let Err(error) = self.nodes.patch(&self.node, &how, &patch).await {
            tracing::warn!(%error, annotation = key, "annotate the node");
        }
    }

    async fn publish(&self, message: Message<'_>, about: &ObjectReference) {
        let event = Event {
            type_: message.kind,
            reason: message.reason.to_owned(),
            note: Some(message.note),
            action: message.reason.to_owned(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, about).await {
            tracing::warn!(%error, reason = message.reason, "publish an event");
        }
    }
}
