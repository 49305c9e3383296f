//! Every Node of the cluster gets its `nodes` object, told where the node is.

use std::sync::Arc;

use api::names::{EXCLUSIVE_LABEL, IGNORE_LABEL, NODE_FINALIZER};
use api::node::{NodeMetadata, NodeSpec};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Node as ApiNode;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{ObjectMeta, PostParams};
use kube::runtime::events::EventType;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, ResourceExt};
use thiserror::Error;

use crate::context::Context;
use crate::events::tell;

/// A Node that does not say where it is.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("Node {node}: {what}")]
struct Unclear {
    node: String,
    what: String,
}

/// Follows the cluster's Nodes until the process ends.
pub(crate) async fn follow(context: Arc<Context>) {
    let nodes: Api<ApiNode> = Api::all(context.kube.clone());
    let events = watcher(nodes, watcher::Config::default()).default_backoff().applied_objects();
    events
        .for_each_concurrent(16, |event| async {
            match event {
                Ok(node) => adopt(&context, &node).await,
                Err(error) => tracing::warn!(%error, "watch the cluster's Nodes"),
            }
        })
        .await;
}

async fn adopt(context: &Context, node: &ApiNode) {
    if !served(node) {
        return;
    }
    let name = node.name_any();
    let api: Api<api::Node> = Api::all(context.kube.clone());
    if matches!(api.get_opt(&name).await, Ok(Some(_))) {
        return;
    }
    let metadata = match locate(node) {
        Ok(metadata) => metadata,
        Err(unclear) => {
            tell(context, &name, EventType::Warning, "NodeUnclear", unclear.to_string()).await;
            return;
        }
    };
    let object = object(node, metadata);
    match api.create(&PostParams::default(), &object).await {
        Ok(_) => tracing::info!(node = name, "node adopted"),
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(error) => tracing::warn!(node = name, %error, "adopt a node"),
    }
}

/// Whether a Node is one of shared mode and not of others.
fn served(node: &ApiNode) -> bool {
    let label = |key: &str| node.labels().get(key).map(String::as_str);
    label(IGNORE_LABEL) != Some("true")
        && label("type") != Some("virtual-kubelet")
        && !label(EXCLUSIVE_LABEL).is_some_and(|value| value.eq_ignore_ascii_case("eniOnly"))
}

/// Where a Node is: `REGION.INSTANCE` in its provider id, zone and type in its labels.
fn locate(node: &ApiNode) -> Result<NodeMetadata, Unclear> {
    let unclear = |what: String| Unclear { node: node.name_any(), what };
    let provider = node.spec.as_ref().and_then(|spec| spec.provider_id.clone()).unwrap_or_default();
    let (region, instance) = provider
        .rsplit_once('/')
        .map_or(provider.as_str(), |(_, rest)| rest)
        .split_once('.')
        .ok_or_else(|| unclear(format!("providerID {provider:?} is not REGION.INSTANCE")))?;
    let label = |key: &str| {
        let value = node.labels().get(key).cloned();
        value.ok_or_else(|| unclear(format!("label {key} is missing")))
    };
    Ok(NodeMetadata {
        region_id: region.to_owned(),
        instance_id: instance.to_owned(),
        zone_id: label("topology.kubernetes.io/zone")?,
        instance_type: label("node.kubernetes.io/instance-type")?,
    })
}

fn object(node: &ApiNode, metadata: NodeMetadata) -> api::Node {
    let name = node.name_any();
    let owner = OwnerReference {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        name: name.clone(),
        uid: node.uid().unwrap_or_default(),
        ..OwnerReference::default()
    };
    api::Node {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            labels: Some([("name".to_owned(), name)].into()),
            owner_references: Some(vec![owner]),
            finalizers: Some(vec![NODE_FINALIZER.to_owned()]),
            ..ObjectMeta::default()
        },
        spec: NodeSpec { node_metadata: Some(metadata), ..NodeSpec::default() },
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn node(provider: &str, labels: &serde_json::Value) -> ApiNode {
        let value = json!({
            "metadata": {"name": "n1", "labels": labels},
            "spec": {"providerID": provider},
        });
        serde_json::from_value(value).unwrap()
    }

    fn labels() -> serde_json::Value {
        json!({
            "topology.kubernetes.io/zone": "z",
            "node.kubernetes.io/instance-type": "t",
        })
    }

    #[rstest]
    #[case("cn-hangzhou.i-1")]
    #[case("alicloud://cn-hangzhou.i-1")]
    fn a_node_says_where_it_is(#[case] provider: &str) {
        let found = locate(&node(provider, &labels())).unwrap();
        assert_eq!((found.region_id.as_str(), found.instance_id.as_str()), ("cn-hangzhou", "i-1"));
        assert_eq!((found.zone_id.as_str(), found.instance_type.as_str()), ("z", "t"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = locate(&node("i-1", &labels())).unwrap_err();
        assert_eq!(error.to_string(), "Node n1: providerID \"i-1\" is not REGION.INSTANCE");
        let error = locate(&node("r.i-1", &json!({"topology.kubernetes.io/zone": "z"})));
        assert!(error.unwrap_err().to_string().contains("instance-type"));
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"k8s.aliyun.com/ignore-by-terway": "true"}), false)]
    #[case(json!({"type": "virtual-kubelet"}), false)]
    #[case(json!({"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly"}), false)]
    #[case(json!({"k8s.aliyun.com/exclusive-mode-eni-type": "default"}), true)]
    fn nodes_of_others_are_left_alone(#[case] labels: serde_json::Value, #[case] expected: bool) {
        assert_eq!(served(&node("r.i", &labels)), expected);
    }
}
