//! Changes of the target's configuration while pods run (CFG-1), and by which
//! family nodes speak to the control plane (IP6-3).

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::{Claim, Fact};
use stage::addresses::CONTROL;

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::admission::told;

/// `the configuration of "n1" becomes «{"a": 1}»`.
#[when(regex = r#"^the configuration of "([^"]*)" becomes «(.*)»$"#)]
async fn becomes(scene: &mut Scene, node: String, text: String) -> Done {
    let suite = scene.suite.clone();
    scene.node(&node)?.configure(&suite, text).await?;
    Ok(())
}

#[then(expr = "an event of {string} tells {string}")]
async fn event_tells(scene: &mut Scene, step: &Step, node: String, words: String) -> Done {
    let words: Vec<_> = words.split(", ").map(str::to_owned).collect();
    let events = told(scene, &node, &words).await?;
    scene.claim(step, Claim::Told { facts: vec![events], words })
}

#[then(expr = "every connection of {string} to the API server uses IPv4")]
async fn over_ipv4(scene: &mut Scene, step: &Step, node: String) -> Done {
    let suite = scene.suite.clone();
    let netns = scene.node(&node)?.netns();
    let port = format!("{CONTROL}:6443");
    let look = async || {
        let netns = netns.clone();
        let lines = blocking(move || probe::connections(&netns)).await??;
        Ok(lines.iter().any(|line| line.contains(&port)).then_some(()))
    };
    // None at all is for the claim to say.
    let _ = suite.until(3.0, "a connection to the API server", look).await;
    let seen = netns.clone();
    let lines = blocking(move || probe::connections(&seen)).await??;
    let sockets = scene.store(&format!("connections of {node}"), Fact::Sockets { lines });
    scene.claim(step, Claim::ControlPlaneOverIpv4 { sockets, port: 6443 })
}
