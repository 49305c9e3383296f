//! The errors that the cloud's pages list for an action, one after another (FLT-6). They are answered
//! to all, so these scenarios are `@serial`; the scene's end makes the cloud honest again.

use anyhow::{Context, anyhow};
use cucumber::gherkin::Step;
use cucumber::then;
use facts::{Claim, Fact};
use stage::cloud_sim::documented::{Listed, errors_of};
use stage::cloud_sim::fault::{Rule, Times};

use crate::scene::{Done, Scene};

use super::conserved::settled;
use super::lies::{lie, refusal, rule};
use super::pods;

/// Errors that come one after another while one pod comes and goes.
const AT_A_TIME: usize = 4;
/// How often an error may have its turn.
const MOST_TURNS: usize = 3;

/// `with all of the errors listed for it`, or with `3`, which the seed chooses.
#[then(
    expr = "pods come to {string} and go although {word} is refused with {word} of the errors listed for it"
)]
async fn come_and_go(
    scene: &mut Scene,
    step: &Step,
    node: String,
    action: String,
    number: String,
) -> Done {
    let mut errors = errors_of(&action);
    if errors.is_empty() {
        return Err(anyhow!("nothing is listed for {action}").into());
    }
    scene.dice("listed errors").shuffle(&mut errors);
    if number != "all" {
        errors.truncate(number.parse().with_context(|| format!("{number:?} is no number"))?);
    }
    let since = scene.suite.last_call();
    let turns = MOST_TURNS * errors.len().div_ceil(AT_A_TIME);
    let mut due = errors.clone();
    for turn in 1..=turns {
        let now: Vec<_> = due.drain(..due.len().min(AT_A_TIME)).collect();
        for (status, code) in &now {
            let once = rule(&action, refusal(code, *status));
            lie(scene, Rule { times: Times::Count(1), ..once });
        }
        comes_and_goes(scene, step, &node, &format!("e{turn}")).await?;
        due.extend(left(scene, since, &action, now).await);
        scene.suite.honest();
        settled(scene, step, &node, 20.0).await?;
        if due.is_empty() {
            break;
        }
    }
    let calls = scene.suite.calls(None, since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    for (_, code) in errors {
        let (action, code, calls) = (action.clone(), code.to_owned(), calls.clone());
        scene.claim(step, Claim::CloudRefused { calls, action, code, least: 1 })?;
    }
    Ok(())
}

/// A pod is served, however often the runtime must ask, works, and is deleted.
async fn comes_and_goes(scene: &mut Scene, step: &Step, node: &str, alias: &str) -> Done {
    pods::prepare(scene, alias, node).await?;
    pods::served(scene, node, alias).await?;
    pods::is_wired(scene, step, alias).await?;
    let call = scene.call("DEL", alias, None)?;
    let call = scene.make(&format!("DEL {alias}"), node, call).await?;
    scene.claim(step, Claim::CallSucceeds { call })?;
    let pod = scene.pod_mut(alias)?;
    pod.close().await?;
    pod.addresses.clear();
    Ok(())
}

/// Waits a while until all of these errors were answered, and tells which were not: an action
/// need not be asked again when what it was for was had in another way.
async fn left(scene: &Scene, since: u64, action: &str, errors: Vec<Listed>) -> Vec<Listed> {
    let suite = scene.suite.clone();
    let unanswered = || {
        let calls = suite.calls(None, since);
        let said = |code: &str| {
            calls.iter().any(|call| call.action == action && call.error.as_deref() == Some(code))
        };
        errors.iter().filter(|(_, code)| !said(code)).copied().collect::<Vec<_>>()
    };
    let look = async || Ok(unanswered().is_empty().then_some(()));
    // What is left has another turn, and is for the claims to say in the end.
    let _ = suite.until(3.0, "all refusals", look).await;
    unanswered()
}
