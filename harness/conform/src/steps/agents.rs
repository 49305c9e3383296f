//! Agents and controller that are stopped, killed and started again.

use cucumber::gherkin::Step;
use cucumber::{then, when};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::nodes;

#[when(regex = r#"^the agent of "([^"]*)" is (stopped|killed)$"#)]
fn stop_agent(scene: &mut Scene, node: String, how: String) -> Done {
    let handle = scene.nodes.get_mut(&node);
    let handle = handle.ok_or_else(|| anyhow::anyhow!("the scenario has no node {node:?}"))?;
    handle.stop_agents(how == "killed");
    Ok(())
}

#[when(expr = "the agent of {string} is started")]
fn start_agent(scene: &mut Scene, node: String) -> Done {
    let suite = scene.suite.clone();
    let handle = scene.nodes.get_mut(&node);
    let handle = handle.ok_or_else(|| anyhow::anyhow!("the scenario has no node {node:?}"))?;
    Ok(handle.start_agents(&suite)?)
}

/// It neither works nor ends until it goes on.
#[when(regex = r#"^the agent of "([^"]*)" (stands still|goes on)$"#)]
fn freeze_agent(scene: &mut Scene, node: String, how: String) -> Done {
    Ok(scene.node(&node)?.freeze_agents(how == "stands still")?)
}

#[when(regex = r"^the controller is (stopped|killed)$")]
async fn stop_controller(scene: &mut Scene, how: String) -> Done {
    let suite = scene.suite.clone();
    Ok(blocking(move || suite.control.stop(how == "killed")).await?)
}

#[when("the controller is started")]
fn start_controller(scene: &mut Scene) -> Done {
    Ok(scene.suite.control.start_again(&scene.suite.lab, &[])?)
}

#[then(expr = "the node {string} serves pods")]
async fn node_serves(scene: &mut Scene, step: &Step, node: String) -> Done {
    nodes::serves(scene, step, &node).await
}
