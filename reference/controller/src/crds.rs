//! Registers the custom resources at the start and waits until they are served.

use anyhow::Context;
use api::{Node, NodeRuntime};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, CustomResourceExt};

/// Applies each definition; those that are so already are left alone.
pub(crate) async fn register(client: &Client) -> anyhow::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in [Node::crd(), NodeRuntime::crd()] {
        let name = definition.metadata.name.clone().unwrap_or_default();
        let params = PatchParams::apply("terway-controlplane").force();
        api.patch(&name, &params, &Patch::Apply(&definition))
            .await
            .with_context(|| format!("register resource {name}"))?;
        await_condition(api.clone(), &name, is_crd_established())
            .await
            .with_context(|| format!("wait for resource {name}"))?;
    }
    Ok(())
}
