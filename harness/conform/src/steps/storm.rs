//! Many nodes that boot together, and a cloud that has had enough of calls (FLT-7).

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::{Claim, Fact};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::scene::{Done, Scene};

/// Seconds until every node must have an interface.
const SECONDS: f64 = 60.0;

#[when(expr = "{int} nodes without agents boot at once")]
async fn boot(scene: &mut Scene, count: usize) -> Done {
    let suite = scene.suite.clone();
    let names: Vec<_> = (1..=count).map(|number| format!("{}-b{number}", scene.id)).collect();
    let nodes = stream::iter(names).map(|name| suite.bare_node(name)).buffered(8);
    scene.bare = nodes.try_collect().await?;
    stream::iter(&scene.bare)
        .map(|node| suite.play_agent(node))
        .buffered(32)
        .try_collect::<Vec<()>>()
        .await?;
    let instances: Vec<_> = scene.bare.iter().map(|node| node.instance().to_string()).collect();
    let served = async || Ok(suite.all_have_interfaces(&instances).then_some(()));
    // A node that never has one is for the claim to say.
    let _ = suite.until(SECONDS, "interfaces of all nodes", served).await;
    Ok(())
}

/// Each was served, as the cloud tells it: the calls are in its ledger.
#[then(
    expr = "each of them got an interface, the last at most {int} times as late as the one in the middle"
)]
fn fair(scene: &mut Scene, step: &Step, times: u64) -> Done {
    let calls = scene.suite.calls(None, scene.since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    let instances = scene.bare.iter().map(|node| node.instance().to_string()).collect();
    let action = "AttachNetworkInterface".to_owned();
    scene.claim(step, Claim::Fair { calls, action, instances, times })
}

#[then(expr = "of the repeated calls of {word} at most {int} came within {int} milliseconds")]
fn no_peak(scene: &mut Scene, step: &Step, action: String, most: usize, millis: u64) -> Done {
    let calls = scene.suite.calls(None, scene.since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    scene.claim(step, Claim::NoPeak { calls, action, millis, most })
}
