//! Kubernetes events and the node's condition.

use api::node::Admission;
use k8s_openapi::api::core::v1::{Node, ObjectReference};
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType};
use serde_json::json;

use crate::context::Context;

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
    let note = note.chars().take(1000).collect();
    let event = Event {
        type_: kind,
        reason: reason.to_owned(),
        note: Some(note),
        action: reason.to_owned(),
        secondary: None,
    };
    if let Err(error) = context.recorder.publish(&event, &about).await {
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
