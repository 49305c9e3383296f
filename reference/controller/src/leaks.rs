//! Interfaces that the reference made and nobody owns: made for a node that is
//! not there, plugged in nowhere, old enough, and seen so twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::names::{CREATOR, TAG_CLUSTER, TAG_CREATOR, TAG_NODE};
use cloud::action::delete_network_interface::DeleteNetworkInterface;
use cloud::action::describe_network_interfaces::DescribeNetworkInterfaces;
use cloud::{Interface, Status};
use jiff::Timestamp;
use kube::api::ListParams;
use kube::{Api, ResourceExt};

use crate::context::Context;
use crate::round::chain;

/// Looks from time to time until the process ends.
pub(crate) async fn collect(context: Arc<Context>) {
    let mut pace = tokio::time::interval(context.config.leak_period);
    let mut suspects = BTreeSet::new();
    loop {
        pace.tick().await;
        match look(&context).await {
            Ok(found) => {
                let (again, new): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|id| suspects.contains(id));
                suspects = new.into_iter().collect();
                for id in again {
                    delete(&context, id).await;
                }
            }
            Err(error) => tracing::warn!(error = format!("{error:#}"), "look for leaks"),
        }
    }
}

async fn look(context: &Context) -> anyhow::Result<Vec<String>> {
    let tags = BTreeMap::from([
        (TAG_CREATOR.to_owned(), CREATOR.to_owned()),
        (TAG_CLUSTER.to_owned(), context.config.cluster.clone()),
    ]);
    let request = DescribeNetworkInterfaces {
        vpc: Some(context.config.vpc.clone()),
        status: Some(Status::Available),
        tags,
        ..DescribeNetworkInterfaces::default()
    };
    let unattached = context.cloud.send_all(request).await?;
    let nodes: Api<api::Node> = Api::all(context.kube.clone());
    let owned: BTreeSet<String> =
        nodes.list(&ListParams::default()).await?.iter().map(ResourceExt::name_any).collect();
    let now = Timestamp::now();
    let leaked = unattached.iter().filter(|interface| {
        nobodys(interface, &owned) && old(interface, now, context.config.leak_age)
    });
    Ok(leaked.map(|interface| interface.id.clone()).collect())
}

/// Whether the node that an interface was made for is not there any more.
fn nobodys(interface: &Interface, nodes: &BTreeSet<String>) -> bool {
    let node = interface.tags.as_ref().and_then(|tags| tags.get(TAG_NODE));
    node.is_none_or(|node| !nodes.contains(node))
}

fn old(interface: &Interface, now: Timestamp, age: std::time::Duration) -> bool {
    // One that does not say when it was made is left alone.
    interface.created.is_some_and(|created| {
        let lived = now.duration_since(created);
        lived.unsigned_abs() >= age && !lived.is_negative()
    })
}

async fn delete(context: &Context, id: String) {
    if defect::on("leaks-are-kept") {
        return;
    }
    let request = DeleteNetworkInterface { interface: id.clone() };
    match context.cloud.send(&request).await {
        Ok(_) => {
            tracing::warn!(eni = id, "deleted an interface that nobody owns");
            context.metrics.count("leak_deleted", 1);
        }
        Err(error) => tracing::warn!(eni = id, error = chain(&error), "delete a leaked interface"),
    }
}
