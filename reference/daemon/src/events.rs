//! Kubernetes events on pods and on the node, and the node's conditions.

use std::collections::HashMap;
use std::sync::Mutex;

use k8s_openapi::api::core::v1::{Node, ObjectReference};
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Client};
use model::PodRef;
use serde_json::json;

/// Writes events and conditions. A write that fails is logged: no pod waits for it.
pub(crate) struct Events {
    client: Client,
    reporter: Reporter,
    /// A recorder counts up an event of the same reason and keeps its first note,
    /// so each note has a recorder of its own.
    recorders: Mutex<HashMap<String, Recorder>>,
    nodes: Api<Node>,
    node: String,
}

/// Notes that are remembered, so that one that comes again is counted up.
const NOTES: usize = 128;

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
            client: client.clone(),
            reporter,
            recorders: Mutex::default(),
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

    fn recorder(&self, note: &str) -> Recorder {
        let mut recorders = self.recorders.lock().expect("no holder panics");
        if recorders.len() >= NOTES && !recorders.contains_key(note) {
            recorders.clear();
        }
        let new = || Recorder::new(self.client.clone(), self.reporter.clone());
        recorders.entry(note.to_owned()).or_insert_with(new).clone()
    }

    async fn publish(&self, message: Message<'_>, about: &ObjectReference) {
        // The API takes 1024 bytes.
        let note: String = message.note.chars().take(1000).collect();
        let recorder = self.recorder(&note);
        let event = Event {
            type_: message.kind,
            reason: message.reason.to_owned(),
            note: Some(note),
            action: message.reason.to_owned(),
            secondary: None,
        };
        if let Err(error) = recorder.publish(&event, about).await {
            tracing::warn!(%error, reason = message.reason, "publish an event");
        }
    }
}
