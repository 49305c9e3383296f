//! Nodes that join.

use cucumber::gherkin::Step;
use cucumber::{given, when};
use facts::{Claim, Fact};
use serde_json::Value;

use crate::scene::{Done, Scene, Stop};
use crate::suite::{NodeHandle, NodeWish};

#[given(expr = "a node {string}")]
async fn a_node(scene: &mut Scene, step: &Step, alias: String) -> Done {
    join(scene, &alias, NodeWish::default()).await?;
    serves(scene, step, &alias).await
}

#[given(expr = "a node {string} with:")]
#[when(expr = "a node {string} joins with:")]
async fn a_node_with(scene: &mut Scene, step: &Step, alias: String) -> Done {
    join(scene, &alias, wish(step)?).await?;
    serves(scene, step, &alias).await
}

#[given(expr = "a node {string} of type {string}")]
async fn a_node_of_type(scene: &mut Scene, step: &Step, alias: String, kind: String) -> Done {
    join(scene, &alias, NodeWish { instance_type: Some(kind), ..NodeWish::default() }).await?;
    serves(scene, step, &alias).await
}

#[given(expr = "a node {string} of type {string} that asks to join")]
async fn a_joining_node(scene: &mut Scene, alias: String, kind: String) -> Done {
    join(scene, &alias, NodeWish { instance_type: Some(kind), ..NodeWish::default() }).await
}

#[given(expr = "a node {string} that asks to join with:")]
async fn a_joining_node_with(scene: &mut Scene, step: &Step, alias: String) -> Done {
    join(scene, &alias, wish(step)?).await
}

#[when(expr = "the node {string} vanishes")]
async fn vanishes(scene: &mut Scene, alias: String) -> Done {
    let suite = scene.suite.clone();
    let node = scene.part_with(&alias).await?;
    Ok(node.stop(&suite).await?)
}

async fn join(scene: &mut Scene, alias: &str, mut wish: NodeWish) -> Done {
    let suite = scene.suite.clone();
    wish.env.extend(scene.defect());
    let node = NodeHandle::start(&suite, &scene.id, alias, wish).await?;
    scene.nodes.insert(alias.to_owned(), node);
    Ok(())
}

/// A node serves when its network configuration is there; asked of no plugin.
pub(super) async fn serves(scene: &mut Scene, step: &Step, alias: &str) -> Done {
    let seconds = 20.0;
    let found = wait_for_conf(scene, alias, seconds).await?;
    let (path, text) = found.map_or((String::new(), None), |(path, text)| (path, Some(text)));
    let name = scene.store(&format!("configuration of {alias}"), Fact::File { path, text });
    scene.claim(step, Claim::Told { facts: vec![name], words: vec!["plugins".to_owned()] })
}

/// Waits for the configuration; none when it does not come in time or an agent ended.
pub(super) async fn wait_for_conf(
    scene: &Scene,
    alias: &str,
    seconds: f64,
) -> Result<Option<(String, String)>, Stop> {
    let suite = scene.suite.clone();
    let node = scene.node(alias)?;
    let look = async || -> anyhow::Result<Option<Option<(String, String)>>> {
        match node.conf()? {
            Some(found) => Ok(Some(Some(found))),
            None if node.ended().is_some() => Ok(Some(None)),
            None => Ok(None),
        }
    };
    Ok(suite.until(seconds, "a network configuration", look).await.unwrap_or_default())
}

/// Reads a table of what a node is to be: `type`, `zone`, `pods`, `services`, and
/// `config KEY` for a key of the target's configuration, as JSON.
fn wish(step: &Step) -> anyhow::Result<NodeWish> {
    let mut wish = NodeWish::default();
    let rows = step.table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default();
    for row in rows {
        let [key, value] = row.as_slice() else {
            anyhow::bail!("a row of the table must be a key and a value: {row:?}")
        };
        match key.split_once(' ') {
            Some(("config", key)) => {
                let value: Value = serde_json::from_str(value)
                    .map_err(|error| anyhow::anyhow!("{key}: {value} is no JSON: {error}"))?;
                wish.config.insert(key.to_owned(), value);
            }
            _ => match key.as_str() {
                "type" => wish.instance_type = Some(value.clone()),
                "zone" => wish.zone = Some(value.clone()),
                "pods" => wish.max_pods = Some(value.parse()?),
                "services" => wish.services = value == "yes",
                other => anyhow::bail!("a node has no {other:?}"),
            },
        }
    }
    Ok(wish)
}
