//! Namespaces before and after, and what is removed or put in by hand.

use anyhow::Context;
use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::{Claim, Fact};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

#[given(expr = "the state of node {string} is noted")]
async fn note_node(scene: &mut Scene, node: String) -> Done {
    scene.look_node(&format!("{node} as noted"), &node).await?;
    Ok(())
}

#[then(expr = "the node {string} is as it was, unlike while {string} was there")]
async fn node_as_noted(scene: &mut Scene, step: &Step, node: String, pod: String) -> Done {
    scene.pod(&pod)?;
    let before = format!("{node} as noted");
    let control = format!("{node} in between");
    settle(scene, &node, &before).await?;
    let after = scene.look_node(&format!("{node} afterwards"), &node).await?;
    scene.claim(step, Claim::SameState { before, after, control })
}

#[given(expr = "the state of node {string} is noted in between")]
#[when(expr = "the state of node {string} is noted in between")]
async fn note_between(scene: &mut Scene, node: String) -> Done {
    scene.look_node(&format!("{node} in between"), &node).await?;
    Ok(())
}

#[then(expr = "{string} has no link eth0 any more")]
async fn link_gone(scene: &mut Scene, step: &Step, pod: String) -> Done {
    let state = scene.look_pod(&format!("{pod} without a link"), &pod).await?;
    let control = format!("state of {pod}");
    scene.claim(step, Claim::LinkGone { state, link: "eth0".to_owned(), control })
}

/// `the address of "a" is removed`, by hand and inside the pod.
#[when(
    regex = r#"^the (address|default route|link|gateway's neighbour entry) of "([^"]*)" is removed$"#
)]
async fn remove_inside(scene: &mut Scene, what: String, pod: String) -> Done {
    let address = scene.pod(&pod)?.address(true)?;
    let args = match what.as_str() {
        "address" => format!("addr flush dev eth0 to {address}"),
        "default route" => "route del default".to_owned(),
        "gateway's neighbour entry" => "neigh flush dev eth0 nud permanent".to_owned(),
        _ => "link del eth0".to_owned(),
    };
    let path = scene.pod(&pod)?.netns();
    Ok(ip(path, &args).await?)
}

/// `the route to "a" is removed from its node`, by hand.
#[when(regex = r#"^the (route|neighbour entry|rule) for "([^"]*)" is removed from its node$"#)]
async fn remove_outside(scene: &mut Scene, what: String, pod: String) -> Done {
    let (address, node) = (scene.pod(&pod)?.address(true)?, scene.pod(&pod)?.node.clone());
    let state = scene.look_node(&format!("{node} before removal"), &node).await?;
    let Some(Fact::Kernel(state)) = scene.evidence.get(&state).cloned() else {
        return Err(anyhow::anyhow!("no state of {node}").into());
    };
    let line = removal(&what, &state, &address.to_string())?;
    let path = scene.node(&node)?.netns();
    Ok(ip(path, &line).await?)
}

#[given(expr = "the sandbox {string} has a link eth0 of its own")]
async fn own_link(scene: &mut Scene, pod: String) -> Done {
    let path = scene.pod(&pod)?.netns();
    Ok(ip(path, "link add eth0 type veth peer name other0").await?)
}

/// Waits until a node is as noted, or for a short while: what goes away by itself
/// after a call, such as a namespace's last links, is given time to.
async fn settle(scene: &Scene, node: &str, before: &str) -> anyhow::Result<()> {
    let Some(Fact::Kernel(noted)) = scene.evidence.get(before).cloned() else { return Ok(()) };
    let path = scene.node(node)?.netns();
    let count = |value: &serde_json::Value| value.as_array().map_or(0, Vec::len);
    let links = count(&noted.links);
    let look = async || {
        let (path, place) = (path.clone(), String::new());
        let now = blocking(move || probe::state(&path, &place)).await??;
        Ok((count(&now.links) <= links).then_some(()))
    };
    // Too late is for the claim to say.
    let _ = scene.suite.until(2.0, "the node's links", look).await;
    Ok(())
}

fn removal(
    what: &str,
    state: &facts::kernel::KernelState,
    address: &str,
) -> anyhow::Result<String> {
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value, key: &str| {
        value[key].as_str().map(str::to_owned).unwrap_or_default()
    };
    match what {
        "route" => {
            let routes = list(&state.routes4);
            let route = routes.iter().find(|route| route["dst"] == address);
            let route = route.context("the node has no route to the pod")?;
            let table = route["table"].as_str().unwrap_or("main");
            Ok(format!("route del {address} dev {} table {table}", text(route, "dev")))
        }
        "neighbour entry" => {
            let neighbours = list(&state.neighbours);
            let entry = neighbours.iter().find(|entry| entry["dst"] == address);
            let entry = entry.context("the node has no neighbour entry for the pod")?;
            Ok(format!("neigh del {address} dev {}", text(entry, "dev")))
        }
        _ => {
            let rules = list(&state.rules4);
            let rule = rules.iter().find(|rule| rule["priority"] == 512);
            let rule = rule.context("the node has no rule of priority 512")?;
            Ok(format!("rule del priority 512 table {}", text(rule, "table")))
        }
    }
}

/// `ip ARGS` inside a namespace; it must succeed.
pub(super) async fn ip(netns: probe::NetnsPath, args: &str) -> anyhow::Result<()> {
    let mut command = std::process::Command::new("ip");
    let name = netns.path().file_name().context("a namespace without a name")?.to_owned();
    command.arg("-n").arg(name).args(args.split(' '));
    let output = blocking(move || probe::run(command, "")).await??;
    if output.exit == Some(0) {
        return Ok(());
    }
    anyhow::bail!("ip {args}: {}", output.stderr.trim())
}
