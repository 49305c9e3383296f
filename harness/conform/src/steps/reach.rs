//! Who reaches whom.

use std::net::{IpAddr, SocketAddr};

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::exchange::{Protocol, Reply};
use facts::{Claim, Fact};
use probe::{NetnsPath, PORT, Server, Try};
use stage::addresses::{WORLD_V4, WORLD_V6};

use crate::scene::{Done, Scene, Stop};
use crate::suite::blocking;

use super::traces::Traces;

/// Seconds until an answer must have come.
const SECONDS: f64 = 5.0;

#[given(expr = "a Service {string} in front of {string}")]
async fn a_service(scene: &mut Scene, alias: String, pods: String) -> Done {
    let names: Vec<_> = pods.split(", ").map(str::to_owned).collect();
    for name in &names {
        scene.pod_mut(name)?.serve().await?;
    }
    let suite = scene.suite.clone();
    let backends: Result<Vec<_>, _> = names.iter().map(|name| scene.pod(name)).collect();
    let service = suite.service(&scene.id, &alias, &backends?).await?;
    scene.services.insert(alias, service);
    Ok(())
}

/// `"a" reaches "b" over TCP with IPv4`.
#[given(regex = r#"^"([^"]*)" reaches "([^"]*)" over (TCP|UDP|ICMP) with (IPv4|IPv6)$"#)]
#[then(regex = r#"^"([^"]*)" reaches "([^"]*)" over (TCP|UDP|ICMP) with (IPv4|IPv6)$"#)]
#[when(regex = r#"^"([^"]*)" reaches "([^"]*)" over (TCP|UDP|ICMP) with (IPv4|IPv6)$"#)]
async fn pod_to_pod(
    scene: &mut Scene,
    step: &Step,
    client: String,
    server: String,
    protocol: String,
    family: String,
) -> Done {
    let v4 = family == "IPv4";
    scene.pod_mut(&server)?.serve().await?;
    let (by, target) = (scene.pod(&server)?.uid.clone(), scene.pod(&server)?.address(v4)?);
    let seen = scene.pod(&client)?.address(v4)?;
    let from = (scene.pod(&client)?.netns(), format!("pod {client}"));
    let to = (target, format!("pod {server}"));
    answered(
        scene,
        step,
        from,
        to,
        Wanted { protocol: protocol_of(&protocol), by, seen: Some(seen) },
    )
    .await
}

/// `"a" reaches its node over TCP with IPv4`, and back.
#[then(regex = r#"^"([^"]*)" and its node reach each other over (TCP|UDP|ICMP) with (IPv4|IPv6)$"#)]
async fn pod_and_node(
    scene: &mut Scene,
    step: &Step,
    pod: String,
    protocol: String,
    family: String,
) -> Done {
    let node = scene.pod(&pod)?.node.clone();
    both_ways(scene, step, &pod, &node, &protocol, family == "IPv4").await
}

/// `"a" and the node "n2" reach each other over TCP with IPv4`.
#[then(
    regex = r#"^"([^"]*)" and the node "([^"]*)" reach each other over (TCP|UDP|ICMP) with (IPv4|IPv6)$"#
)]
async fn pod_and_other_node(
    scene: &mut Scene,
    step: &Step,
    pod: String,
    node: String,
    protocol: String,
    family: String,
) -> Done {
    both_ways(scene, step, &pod, &node, &protocol, family == "IPv4").await
}

/// `"a" reaches the Service "web" over TCP with IPv4`.
#[then(regex = r#"^"([^"]*)" reaches the Service "([^"]*)" over (TCP|UDP) with (IPv4|IPv6)$"#)]
async fn pod_to_service(
    scene: &mut Scene,
    step: &Step,
    client: String,
    service: String,
    protocol: String,
    family: String,
) -> Done {
    let v4 = family == "IPv4";
    let found = scene.services.get(&service).cloned();
    let found = found.ok_or_else(|| anyhow::anyhow!("no Service {service:?}"))?;
    let target = found.addresses.iter().find(|address| address.is_ipv4() == v4).copied();
    let target = target.ok_or_else(|| anyhow::anyhow!("Service {service} has no {family}"))?;
    let [by] = found.backends.as_slice() else {
        return Err(anyhow::anyhow!("a Service of one pod is needed").into());
    };
    let from = (scene.pod(&client)?.netns(), format!("pod {client}"));
    let to = (target, format!("Service {service}"));
    let wanted = Wanted { protocol: protocol_of(&protocol), by: by.clone(), seen: None };
    // kube-proxy takes a moment to learn of a new Service.
    programmed(scene, &from, &to, wanted.protocol).await?;
    answered(scene, step, from, to, wanted).await
}

/// `"a" reaches the world over TCP with IPv4, under its own address`.
#[then(
    regex = r#"^"([^"]*)" reaches the world over (TCP|UDP|ICMP) with (IPv4|IPv6), under its own address$"#
)]
async fn pod_to_world(
    scene: &mut Scene,
    step: &Step,
    client: String,
    protocol: String,
    family: String,
) -> Done {
    let v4 = family == "IPv4";
    scene.suite.serve_world().await?;
    let target: IpAddr = if v4 { WORLD_V4.into() } else { WORLD_V6.into() };
    let seen = scene.pod(&client)?.address(v4)?;
    let from = (scene.pod(&client)?.netns(), format!("pod {client}"));
    let protocol = protocol_of(&protocol);
    let by = if protocol == Protocol::Icmp { String::new() } else { "world".to_owned() };
    let wanted = Wanted { protocol, by, seen: Some(seen) };
    answered(scene, step, from, (target, "the world".to_owned()), wanted).await
}

/// What an exchange must bring.
pub(super) struct Wanted {
    pub(super) protocol: Protocol,
    pub(super) by: String,
    pub(super) seen: Option<IpAddr>,
}

async fn both_ways(
    scene: &mut Scene,
    step: &Step,
    pod: &str,
    node: &str,
    protocol: &str,
    v4: bool,
) -> Done {
    let protocol = protocol_of(protocol);
    let handle = scene.node(node)?;
    let address = if v4 { Some(handle.node.address()) } else { handle.node.address6() };
    let address = address.ok_or_else(|| anyhow::anyhow!("node {node} has no such address"))?;
    let netns = handle.netns();
    let (inside, identity) = (netns.clone(), format!("node-{node}"));
    let name = identity.clone();
    let _server = blocking(move || Server::start(&inside, &name)).await??;
    scene.pod_mut(pod)?.serve().await?;
    let (uid, own) = (scene.pod(pod)?.uid.clone(), scene.pod(pod)?.address(v4)?);
    let icmp = protocol == Protocol::Icmp;
    let by = |who: String| if icmp { String::new() } else { who };
    let from = (scene.pod(pod)?.netns(), format!("pod {pod}"));
    let wanted = Wanted { protocol, by: by(identity), seen: Some(own) };
    answered(scene, step, from, (address, format!("node {node}")), wanted).await?;
    let from = (netns, format!("node {node}"));
    let wanted = Wanted { protocol, by: by(uid), seen: None };
    answered(scene, step, from, (own, format!("pod {pod}")), wanted).await
}

/// Makes the exchange, stores it, and claims that it brought what was wanted.
pub(super) async fn answered(
    scene: &mut Scene,
    step: &Step,
    from: (NetnsPath, String),
    to: (IpAddr, String),
    wanted: Wanted,
) -> Done {
    let Wanted { protocol, mut by, mut seen } = wanted;
    let ends = ends(scene, &from.1, &to, seen);
    if protocol == Protocol::Icmp {
        // An echo carries neither identity nor a view of the client.
        (by, seen) = (String::new(), None);
    }
    let exchange = attempt(scene, &from, &to, protocol, SECONDS).await?;
    let name = format!("{protocol} from {} to {}", from.1, to.1);
    let exchange = scene.store(&name, Fact::Exchange(exchange));
    let done = scene.claim(step, Claim::Answers { exchange, by, seen });
    if done.is_err() {
        let traced = once_more(scene, (&from, &to), ends, protocol).await;
        if let Err(error) = traced {
            tracing::warn!("no captures of {name}: {error:#}");
        }
    }
    done
}

/// Addresses between which packets of an exchange go behind a node's translation; that of
/// the client as it must be seen, or as it has it.
fn ends(
    scene: &Scene,
    client: &str,
    (target, server): &(IpAddr, String),
    seen: Option<IpAddr>,
) -> (Option<IpAddr>, IpAddr) {
    let address = |pod: &str| scene.pod(pod).ok()?.address(target.is_ipv4()).ok();
    let source = seen.or_else(|| address(client.strip_prefix("pod ")?));
    let backend = scene.backend(server).and_then(|pod| address(&pod));
    (source, backend.unwrap_or(*target))
}

/// Tries a failed exchange again under observation, for whoever reads the report.
async fn once_more(
    scene: &mut Scene,
    (from, to): (&(NetnsPath, String), &(IpAddr, String)),
    ends: (Option<IpAddr>, IpAddr),
    protocol: Protocol,
) -> anyhow::Result<()> {
    let traces = Traces::start(scene, ends).await?;
    let tried = attempt(scene, from, to, protocol, 1.0).await;
    let tried = tried.map_err(|stop| anyhow::anyhow!("{stop}"))?;
    traces.keep(scene, tried).await
}

pub(super) async fn attempt(
    scene: &Scene,
    from: &(NetnsPath, String),
    to: &(IpAddr, String),
    protocol: Protocol,
    seconds: f64,
) -> Result<facts::exchange::Exchange, Stop> {
    let port = if protocol == Protocol::Icmp { 0 } else { PORT };
    let wanted = Try {
        client: from.1.clone(),
        server: to.1.clone(),
        target: SocketAddr::new(to.0, port),
        protocol,
        patience: scene.suite.within(seconds),
    };
    let netns = from.0.clone();
    Ok(blocking(move || probe::reach(&netns, &wanted)).await??)
}

async fn programmed(
    scene: &Scene,
    from: &(NetnsPath, String),
    to: &(IpAddr, String),
    protocol: Protocol,
) -> anyhow::Result<()> {
    let look = async || {
        let tried = attempt(scene, from, to, protocol, 0.3).await;
        let tried = tried.map_err(|stop| anyhow::anyhow!("{stop}"))?;
        Ok(matches!(tried.reply, Reply::Answered { .. }).then_some(()))
    };
    // One that never comes is for the claim to say.
    let _ = scene.suite.until(10.0, "the Service", look).await;
    Ok(())
}

fn protocol_of(word: &str) -> Protocol {
    match word {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => Protocol::Icmp,
    }
}
