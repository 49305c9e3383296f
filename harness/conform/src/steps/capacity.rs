//! How many pods a node serves (CAP-1, CAP-6, CAP-7).

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::{Claim, Fact};
use serde_json::{Map, Value, json};
use stage::cloud_sim::catalogue::InstanceType;

use crate::scene::{Done, Scene};

use super::pods;

/// Where the number of pods that fit is published, as upstream does.
const PUBLISHED: &str = "/metadata/annotations/k8s.aliyun.com~1max-available-ip";

/// `the cloud sells type "x" with 3 interfaces of 5 addresses`, as many IPv6 as IPv4 ones.
#[given(expr = "the cloud sells type {string} with {int} interfaces of {int} addresses")]
#[when(expr = "the cloud changes type {string} to {int} interfaces of {int} addresses")]
fn type_of(scene: &mut Scene, id: String, interfaces: u64, addresses: u64) {
    sell(
        scene,
        &id,
        &json!({
            "EniQuantity": interfaces,
            "EniPrivateIpAddressQuantity": addresses,
            "EniIpv6AddressQuantity": addresses,
            "EniTotalQuantity": interfaces,
        }),
    );
}

/// `the cloud sells type "x" with 4 interfaces of 5 IPv4 and 1 IPv6 addresses`.
#[given(
    expr = "the cloud sells type {string} with {int} interfaces of {int} IPv4 and {int} IPv6 addresses"
)]
fn uneven_type(scene: &mut Scene, id: String, interfaces: u64, v4: u64, v6: u64) {
    sell(
        scene,
        &id,
        &json!({
            "EniQuantity": interfaces,
            "EniPrivateIpAddressQuantity": v4,
            "EniIpv6AddressQuantity": v6,
            "EniTotalQuantity": interfaces,
        }),
    );
}

#[then(expr = "{string} serves {int} pods and refuses one more")]
async fn serves_and_refuses(scene: &mut Scene, step: &Step, node: String, count: usize) -> Done {
    let calls = pods::add_many(scene, count, &node).await?;
    let control = calls.first().cloned().unwrap_or_default();
    scene.claim(step, Claim::AllServed { calls: calls.clone(), count })?;
    scene.claim(step, Claim::DistinctAddresses { calls })?;
    let alias = format!("p{}", count + 1);
    pods::prepare(scene, &alias, &node).await?;
    pods::add(scene, &alias, None).await?;
    let call = pods::last_add(scene, &alias)?;
    scene.claim(step, Claim::CallFails { call: call.clone(), codes: Vec::new(), control })?;
    scene.claim(step, Claim::ErrorNames { call, words: vec!["address".to_owned()] })
}

#[then(expr = "the capacity that {string} publishes is {int}")]
#[then(expr = "the capacity that {string} publishes becomes {int}")]
async fn published(scene: &mut Scene, step: &Step, node: String, count: usize) -> Done {
    let suite = scene.suite.clone();
    let name = scene.node(&node)?.node.name().to_owned();
    let wanted = Value::from(count.to_string());
    let look = async || {
        let object = suite.object("", "Node", &name).await?;
        Ok((object.pointer(PUBLISHED) == Some(&wanted)).then_some(()))
    };
    // What is there in the end is for the claim to say.
    let _ = suite.until(10.0, "the node's capacity", look).await;
    let object = suite.object("", "Node", &name).await?;
    let object = scene.store(&format!("node {node}"), Fact::Object { object });
    let (pointer, value) = (PUBLISHED.to_owned(), count.to_string());
    scene.claim(step, Claim::Holds { object, pointer, value })
}

fn sell(scene: &mut Scene, id: &str, answer: &Value) {
    let answer: Map<String, Value> = answer.as_object().cloned().unwrap_or_default();
    scene.suite.lab.cloud().sim().put_instance_type(InstanceType::new(id, answer));
}
