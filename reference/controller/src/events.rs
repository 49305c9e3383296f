//! Kubernetes events and the node's condition.

use std::collections::HashMap;
use std::sync::Mutex;

use api::node::Admission;
use k8s_openapi::api::core::v1::{Node, ObjectReference};
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Client};
use serde_json::json;

use crate::context::Context;

/// Writers of events. A recorder counts up an event of the same reason and keeps
/// its first note, so each note has a recorder of its own.
pub(crate) struct Recorders {
    client: Client,
    reporter: Reporter,
    by_note: Mutex<HashMap<String, Recorder>>,
}

/// Notes that are remembered, so that one that comes again is counted up.
const NOTES: usize = 1024;

impl Recorders {
    pub(crate) fn new(client: Client, reporter: Reporter) -> Self {
        Self { client, reporter, by_note: Mutex::default() }
    }

    fn of(&self, note: &str) -> Recorder {
        let mut recorders = self.by_note.lock().expect("no holder panics");
        if recorders.len() >= NOTES && !recorders.contains_key(note) {
            recorders.clear();
        }
        let new = || Recorder::new(self.client.clone(), self.reporter.clone());
        recorders.entry(note.to_owned()).or_insert_with(new).clone()
    }
}

/// Puts an event on a Node. One that cannot be written is logged.
pub(crate) async fn tell(
    context: &Context,
    node: &str,
    kind: EventType,
    reason: &str,
    note: String,
) {
    tracing::info!(node, reason, "{note}");
    let about = ObjectReference {
        kind: Some("Node".to_owned()),
        name: Some(node.to_owned()),
        uid: Some(node.to_owned()),
        ..ObjectReference::default()
    };
    // The API takes 1024 bytes.
    let note: String = note.chars().take(1000).collect();
    let recorder = context.recorders.of(&note);
    let event = Event {
        type_: kind,
        reason: reason.to_owned(),
        note: Some(note),
        action: reason.to_owned(),
        secondary: None,
    };
    if let Err(error) = recorder.publish(&event, &about).await {
        tracing::warn!(node, reason, %error, "publish an event");
    }
}

/// Tells on the Node whether it may serve pods.
pub(crate) async fn condition(context: &Context, node: &str, admission: &Admission, note: &str) {
    let now = jiff::Timestamp::now().to_string();
    let patch = json!({"status": {"conditions": [{
        "type": api::names::ADMITTED,
        "status": if admission.admitted { "True" } else { "False" },
        "reason": if admission.admitted { "LimitSufficient" } else { "NodeRefused" },
        "message": note,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }]}});
    let nodes: Api<Node> = Api::all(context.kube.clone());
    let (how, patch) = (PatchParams::default(), Patch::Strategic(patch));
    if let Err(error) = nodes.patch_status(node, &how, &patch).await {
        tracing::warn!(node, %error, "set a condition of the node");
    }
}
