//! How a call must have ended.

use cucumber::gherkin::Step;
use cucumber::then;
use facts::{Claim, Fact};

use crate::scene::{Done, Scene};

use super::plugin::last;
use super::pods;

#[then("it succeeds")]
#[then("it succeeds, too")]
fn succeeds(scene: &mut Scene, step: &Step) -> Done {
    let call = last(scene)?;
    scene.claim(step, Claim::CallSucceeds { call })
}

/// `it fails with code 4 or 7, unlike the same call in order`.
#[then(regex = r"^it fails(?: with code ([0-9]+(?: or [0-9]+)*))?, unlike the same call in order$")]
async fn fails(scene: &mut Scene, step: &Step, codes: String) -> Done {
    let codes = numbers(&codes);
    let call = last(scene)?;
    let control = control(scene).await?;
    scene.claim(step, Claim::CallFails { call, codes, control })
}

/// The call failed; an earlier one of the same kind is the control.
#[then(regex = r#"^it fails(?: with code ([0-9]+(?: or [0-9]+)*))?, unlike "([^"]*)"$"#)]
fn fails_unlike(scene: &mut Scene, step: &Step, codes: String, control: String) -> Done {
    let call = last(scene)?;
    scene.claim(step, Claim::CallFails { call, codes: numbers(&codes), control })
}

#[then(expr = "its error names {string}")]
fn names(scene: &mut Scene, step: &Step, word: String) -> Done {
    let call = last(scene)?;
    scene.claim(step, Claim::ErrorNames { call, words: vec![word] })
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(" or ").filter_map(|number| number.parse().ok()).collect()
}

/// Makes the call as it would have been in order. A check in order needs an ADD
/// before it, which a scenario about checks has made.
async fn control(scene: &mut Scene) -> anyhow::Result<String> {
    let last = scene.last.clone().ok_or_else(|| anyhow::anyhow!("no call was made"))?;
    let verb = last.sound.env.get("CNI_COMMAND").cloned().unwrap_or_default();
    let container = last.sound.env.get("CNI_CONTAINERID").cloned().unwrap_or_default();
    let made = scene.make_unstored(&last.node, last.sound).await?;
    let name = scene.store(&format!("{verb} in order"), Fact::Cni(made));
    let alias = scene
        .pods
        .values()
        .find(|pod| pod.sandbox.container == container)
        .map(|pod| pod.alias.clone());
    if let (Some(alias), "ADD") = (alias, verb.as_str()) {
        pods::remember(scene, &alias, &name).map_err(|stop| anyhow::anyhow!("{stop}"))?;
    }
    Ok(name)
}
