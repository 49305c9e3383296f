//! Objects of the Kubernetes API that scenarios make or look at.

use std::collections::BTreeMap;

use anyhow::Context;
use k8s_openapi::api::core::v1::Service as ApiService;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, PostParams,
};
use probe::PORT;
use serde_json::{Value, json};

use super::{Pod, Service, Suite};

impl Suite {
    /// A Service of both families in front of `pods`, with its EndpointSlices.
    pub(crate) async fn service(
        &self,
        scenario: &str,
        alias: &str,
        pods: &[&Pod],
    ) -> anyhow::Result<Service> {
        let name = format!("{scenario}-{alias}");
        let object = json!({
            "metadata": {"name": name, "labels": {"plumbline/scenario": scenario}},
            "spec": {
                "ipFamilyPolicy": "RequireDualStack",
                "ports": [
                    {"name": "tcp", "port": PORT, "protocol": "TCP"},
                    {"name": "udp", "port": PORT, "protocol": "UDP"},
                ],
            },
        });
        let service: ApiService = serde_json::from_value(object).context("write a Service")?;
        let client = self.lab.api().client().clone();
        let api: Api<ApiService> = Api::namespaced(client.clone(), "default");
        let act = format!("create Service {name}");
        let created = self
            .inside(&act, async move { api.create(&PostParams::default(), &service).await })
            .await?;
        for v4 in [true, false] {
            let slice = endpoint_slice(scenario, &name, pods, v4)?;
            let api: Api<EndpointSlice> = Api::namespaced(client.clone(), "default");
            let act = format!("create an EndpointSlice of {name}");
            self.inside(
                &act,
                async move { api.create(&PostParams::default(), &slice).await.map(drop) },
            )
            .await?;
        }
        let addresses = created.spec.and_then(|spec| spec.cluster_ips).unwrap_or_default();
        Ok(Service {
            addresses: addresses.iter().filter_map(|address| address.parse().ok()).collect(),
            backends: pods.iter().map(|pod| pod.uid.clone()).collect(),
        })
    }

    /// Deletes the Services of a scenario.
    pub(crate) async fn forget_services(&self, scenario: &str) -> anyhow::Result<()> {
        let client = self.lab.api().client().clone();
        let only = ListParams::default().labels(&format!("plumbline/scenario={scenario}"));
        self.inside("delete the scenario's Services", async move {
            let slices: Api<EndpointSlice> = Api::namespaced(client.clone(), "default");
            slices.delete_collection(&DeleteParams::default(), &only).await?;
            let services: Api<ApiService> = Api::namespaced(client, "default");
            for service in services.list(&only).await? {
                let name = service.metadata.name.unwrap_or_default();
                services.delete(&name, &DeleteParams::default()).await?;
            }
            Ok(())
        })
        .await
    }

    /// An object by group, kind and name; null when it or its kind is not there.
    pub(crate) async fn object(
        &self,
        group: &str,
        kind: &str,
        name: &str,
    ) -> anyhow::Result<Value> {
        let version = if group.is_empty() { "v1" } else { "v1beta1" };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let api: Api<DynamicObject> = Api::all_with(self.lab.api().client().clone(), &resource);
        let (act, name) = (format!("look up {kind} {name}"), name.to_owned());
        let look = async move {
            match api.get_opt(&name).await {
                Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
                found => found,
            }
        };
        let found = self.inside(&act, look).await?;
        serde_json::to_value(found).context("read an object of the API")
    }

    /// Events about an object, each as `reason: message`.
    pub(crate) async fn events(&self, about: &str) -> anyhow::Result<Vec<String>> {
        Ok(self.counted_events(about).await?.into_keys().collect())
    }

    /// Events about an object, each as `reason: message`, with how often it came.
    pub(crate) async fn counted_events(
        &self,
        about: &str,
    ) -> anyhow::Result<BTreeMap<String, u64>> {
        use k8s_openapi::api::events::v1::Event;
        let api: Api<Event> = Api::all(self.lab.api().client().clone());
        let only = ListParams::default().fields(&format!("regarding.name={about}"));
        let act = format!("list events about {about}");
        let events = self.inside(&act, async move { api.list(&only).await }).await?;
        let mut counted = BTreeMap::new();
        for event in events {
            let reason = event.reason.unwrap_or_default();
            let text = format!("{reason}: {}", event.note.unwrap_or_default());
            let times = event.series.map(|series| series.count).or(event.deprecated_count);
            let times = times.and_then(|times| u64::try_from(times).ok()).unwrap_or(1).max(1);
            *counted.entry(text).or_default() += times;
        }
        Ok(counted)
    }
}

fn endpoint_slice(
    scenario: &str,
    service: &str,
    pods: &[&Pod],
    v4: bool,
) -> anyhow::Result<EndpointSlice> {
    let (family, suffix) = if v4 { ("IPv4", "v4") } else { ("IPv6", "v6") };
    let mut endpoints = Vec::new();
    for pod in pods {
        let [namespace, name, uid] = &pod.sandbox.pod;
        endpoints.push(json!({
            "addresses": [pod.address(v4)?],
            "conditions": {"ready": true},
            "nodeName": format!("{scenario}-{}", pod.node),
            "targetRef": {"kind": "Pod", "name": name, "namespace": namespace, "uid": uid},
        }));
    }
    let object = json!({
        "metadata": {
            "name": format!("{service}-{suffix}"),
            "labels": {
                "kubernetes.io/service-name": service,
                "plumbline/scenario": scenario,
            },
        },
        "addressType": family,
        "endpoints": endpoints,
        "ports": [
            {"name": "tcp", "port": PORT, "protocol": "TCP"},
            {"name": "udp", "port": PORT, "protocol": "UDP"},
        ],
    });
    serde_json::from_value(object).context("write an EndpointSlice")
}
