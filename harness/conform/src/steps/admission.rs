//! Which nodes may join (ADM-1, IP6-4, PLN-1).

use cucumber::gherkin::Step;
use cucumber::then;
use facts::{Claim, Fact};

use crate::scene::{Done, Scene};

use super::{nodes, pods};

#[then(expr = "{string} is admitted")]
async fn admitted(scene: &mut Scene, step: &Step, node: String) -> Done {
    let (file, call) = try_node(scene, &node, &node).await?;
    scene.claim(step, Claim::Admitted { file, call })
}

/// `"n2" is refused, unlike "n1", and told "11"`; more words follow with commas.
#[then(expr = "{string} is refused, unlike {string}, and told {string}")]
async fn refused(
    scene: &mut Scene,
    step: &Step,
    node: String,
    control: String,
    words: String,
) -> Done {
    let words: Vec<_> = words.split(", ").map(str::to_owned).collect();
    let (control_file, control_call) = try_node(scene, &control, &control).await?;
    let events = told(scene, &node, &words).await?;
    let (file, call) = try_node(scene, &node, &control).await?;
    let instance = scene.node(&node)?.node.instance().clone();
    let calls = scene.suite.calls(Some(&instance), scene.since);
    let calls = scene.store(&format!("calls of the cloud for {node}"), Fact::Calls { calls });
    let told = vec![events, call.clone()];
    let instance = instance.to_string();
    scene.claim(
        step,
        Claim::Refused { file, call, calls, instance, told, words, control_file, control_call },
    )
}

/// Looks for a node's configuration and tries an ADD on it, with the configuration
/// of `like` where it has none of its own.
async fn try_node(
    scene: &mut Scene,
    node: &str,
    like: &str,
) -> Result<(String, String), crate::scene::Stop> {
    let alias = format!("try-{node}");
    if scene.pods.contains_key(&alias) {
        return Ok((format!("configuration of {node}"), format!("ADD {alias}")));
    }
    let found = if node == like {
        nodes::wait_for_conf(scene, node, 20.0).await?
    } else {
        scene.node(node)?.conf()?
    };
    let (path, text) = found.map_or((String::new(), None), |(path, text)| (path, Some(text)));
    let file = scene.store(&format!("configuration of {node}"), Fact::File { path, text });
    pods::prepare(scene, &alias, node).await?;
    let sandbox = scene.pod(&alias)?.sandbox.clone();
    let call = target::runtime::Call::new("ADD", &scene.conf(like)?, None, &sandbox)?;
    let call = scene.make(&format!("ADD {alias}"), node, call).await?;
    Ok((file, call))
}

/// Waits until a node's events tell the words, or for a while; stores the events.
pub(super) async fn told(
    scene: &mut Scene,
    node: &str,
    words: &[String],
) -> anyhow::Result<String> {
    let suite = scene.suite.clone();
    let name = scene.node(node)?.node.name().to_owned();
    let look = async || {
        let events = suite.events(&name).await?.join("\n");
        Ok(words.iter().all(|word| oracle::tells(&events, word)).then_some(()))
    };
    // What was not told is for the claim to say.
    let _ = suite.until(8.0, "an event", look).await;
    let events = suite.events(&name).await?;
    Ok(scene.store(&format!("events of {node}"), Fact::Events { events }))
}
