//! A node that left the cluster: what was made for it is unplugged and deleted,
//! then its objects go.

use std::collections::BTreeMap;

use api::names::{CREATOR, NODE_FINALIZER, TAG_CLUSTER, TAG_CREATOR, TAG_NODE};
use api::node_runtime::NodeRuntime;
use cloud::Status;
use cloud::action::describe_network_interfaces::DescribeNetworkInterfaces;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::controller::Action;
use serde_json::json;

use crate::books::DETACHING;
use crate::round::{Round, RoundError};
use crate::{compare, giveback};

/// Takes one step towards nothing; comes again until nothing is left.
pub(crate) async fn retire(round: &Round<'_>) -> Result<Action, RoundError> {
    let tags = BTreeMap::from([
        (TAG_CREATOR.to_owned(), CREATOR.to_owned()),
        (TAG_CLUSTER.to_owned(), round.context.config.cluster.clone()),
        (TAG_NODE.to_owned(), round.name.clone()),
    ]);
    let request = DescribeNetworkInterfaces { tags, ..DescribeNetworkInterfaces::default() };
    let left = round
        .context
        .cloud
        .send_all(request)
        .await
        .map_err(RoundError::cloud(format!("describe what is left of {}", round.name)))?;
    let left = if defect::on("leaks-are-kept") { Vec::new() } else { left };
    for interface in &left {
        match interface.status {
            Status::InUse => giveback::detach(round, &interface.id).await?,
            Status::Available => {
                compare::delete(round, &interface.id).await?;
                if never_attached(round.node, &interface.id) && !defect::on("leaks-are-untold") {
                    round.context.metrics.count("leak_deleted", 1);
                }
            }
            _ => {}
        }
    }
    if !left.is_empty() {
        return Ok(Action::requeue(round.context.config.poll_period));
    }
    forget(round).await?;
    round.context.memory.forget(&round.name);
    tracing::info!(node = round.name, "node retired");
    Ok(Action::await_change())
}

/// Whether an interface that is plugged in nowhere never was, as far as the books know: it
/// leaked between its making and its use.
fn never_attached(node: &api::Node, id: &str) -> bool {
    let books = node.status.as_ref().and_then(|status| status.network_interfaces.get(id));
    books.is_none_or(|nic| ![api::node::IN_USE, DETACHING].contains(&nic.status.as_str()))
}

async fn forget(round: &Round<'_>) -> Result<(), RoundError> {
    let gone =
        |error: &kube::Error| matches!(error, kube::Error::Api(status) if status.code == 404);
    let nodes: Api<api::Node> = Api::all(round.context.kube.clone());
    let runtimes: Api<NodeRuntime> = Api::all(round.context.kube.clone());
    let finalizers: Vec<_> = round
        .node
        .metadata
        .finalizers
        .iter()
        .flatten()
        .filter(|finalizer| *finalizer != NODE_FINALIZER)
        .collect();
    let patch = Patch::Merge(json!({"metadata": {"finalizers": finalizers}}));
    let acts = [
        runtimes.delete(&round.name, &DeleteParams::default()).await.map(drop),
        nodes.delete(&round.name, &DeleteParams::default()).await.map(drop),
        nodes.patch(&round.name, &PatchParams::default(), &patch).await.map(drop),
    ];
    for act in acts {
        match act {
            Err(error) if !gone(&error) => {
                return Err(RoundError::api("remove a retired node's objects")(error));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::node::{NetworkInterface, NodeStatus};
    use rstest::rstest;

    #[rstest]
    #[case::unknown_to_the_books("eni-2", "InUse", true)]
    #[case::made_and_refused("eni-1", "Attaching", true)]
    #[case::unplugged_with_the_node("eni-1", "InUse", false)]
    #[case::unplugged_before("eni-1", "Detaching", false)]
    fn what_never_was_attached_leaked(
        #[case] id: &str,
        #[case] status: &str,
        #[case] leaked: bool,
    ) {
        let nic = NetworkInterface { status: status.to_owned(), ..NetworkInterface::default() };
        let network_interfaces = BTreeMap::from([("eni-1".to_owned(), nic)]);
        let mut node = api::Node::new("n1", api::node::NodeSpec::default());
        node.status = Some(NodeStatus { network_interfaces, ..NodeStatus::default() });
        assert_eq!(never_attached(&node, id), leaked);
    }
}
