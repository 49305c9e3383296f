//! A cloud that fails, forgets to answer, or answers with an older state or in no order (FLT-4 to
//! FLT-6, FLT-19). What is changed is changed for all, so these scenarios are
//! `@serial`; the scene's end makes the cloud honest again.

use std::collections::BTreeMap;
use std::time::Duration;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::cloud::{CloudCall, NO_ANSWER};
use facts::{Claim, Fact};
use stage::cloud_sim::fault::{FaultError, Rule, Times};

use crate::scene::{Done, Scene};

/// The cloud acts, and the caller learns of an error.
#[given(expr = "the cloud acts and answers {word} with an error, {int} times")]
#[when(expr = "the cloud acts and answers {word} with an error, {int} times")]
fn loses(scene: &mut Scene, action: String, times: u32) {
    let error = refusal("InternalError", 500);
    let times = Times::Count(times);
    lie(scene, Rule { times, after_commit: true, ..rule(&action, error) });
}

/// The cloud acts, and the caller learns nothing: the answer is a day late.
#[given(expr = "the cloud acts and does not answer {word}, once")]
#[when(expr = "the cloud acts and does not answer {word}, once")]
fn keeps_silent(scene: &mut Scene, action: String) {
    let late = Rule { latency_ms: 86_400_000, after_commit: true, ..rule(&action, None) };
    lie(scene, Rule { times: Times::Count(1), ..late });
}

/// `the cloud refuses CreateNetworkInterface with NoPermission as 403`, until it stops.
#[given(regex = r"^the cloud refuses (\w+) with (\S+) as (\d+)$")]
#[when(regex = r"^the cloud refuses (\w+) with (\S+) as (\d+)$")]
fn refuses(scene: &mut Scene, action: String, code: String, status: u16) {
    lie(scene, rule(&action, refusal(&code, status)));
}

/// The same of one vSwitch only.
#[given(regex = r#"^the cloud refuses (\w+) in "([^"]*)" with (\S+) as (\d+)$"#)]
#[when(regex = r#"^the cloud refuses (\w+) in "([^"]*)" with (\S+) as (\d+)$"#)]
fn refuses_in(scene: &mut Scene, action: String, vswitch: String, code: String, status: u16) {
    let matches = BTreeMap::from([("VSwitchId".to_owned(), vswitch)]);
    lie(scene, Rule { matches, ..rule(&action, refusal(&code, status)) });
}

/// Descriptions lag by a time that the run's seed chooses.
#[given(expr = "the cloud describes interfaces as they were {int} to {int} ms ago")]
#[when(expr = "the cloud describes interfaces as they were {int} to {int} ms ago")]
fn lags(scene: &mut Scene, least: u64, most: u64) {
    let lag = scene.dice("lag").u64(least..=most);
    let value = lag.into();
    scene.store("lag in ms", Fact::Value { value });
    scene.lied = true;
    scene.suite.lab.cloud().sim().lag_descriptions(Duration::from_millis(lag));
}

#[given("the cloud describes interfaces two a page and in no order")]
#[when("the cloud describes interfaces two a page and in no order")]
fn mixes(scene: &mut Scene) {
    scene.lied = true;
    scene.suite.lab.cloud().sim().mix_descriptions(true);
}

#[when("the cloud is honest again")]
fn honest(scene: &mut Scene) {
    scene.suite.honest();
}

/// So the fault was one; what comes by itself is waited for.
#[then(expr = "the cloud comes to answer {word} with {word}")]
async fn answers(scene: &mut Scene, step: &Step, action: String, code: String) -> Done {
    comes_to(scene, step, action, code).await
}

#[then(expr = "the cloud comes to leave {word} without an answer")]
async fn leaves(scene: &mut Scene, step: &Step, action: String) -> Done {
    comes_to(scene, step, action, NO_ANSWER.to_owned()).await
}

async fn comes_to(scene: &mut Scene, step: &Step, action: String, code: String) -> Done {
    let (suite, since) = (scene.suite.clone(), scene.since);
    let look = async || {
        let calls = suite.calls(None, since);
        let refused = |call: &CloudCall| {
            call.action == action && call.error.as_deref() == Some(code.as_str())
        };
        Ok(calls.iter().any(refused).then_some(()))
    };
    // One that never came is for the claim to say.
    let _ = suite.until(10.0, "a refusal", look).await;
    let calls = suite.calls(None, since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    scene.claim(step, Claim::CloudRefused { calls, action, code, least: 1 })
}

/// Adds a rule to those that the cloud answers by.
pub(super) fn lie(scene: &mut Scene, rule: Rule) {
    scene.lied = true;
    scene.since = scene.suite.last_call();
    scene.suite.lab.cloud().sim().add_fault(rule);
}

/// A rule for an action: it fails before it takes effect, until the cloud is honest again.
pub(super) fn rule(action: &str, error: impl Into<Option<FaultError>>) -> Rule {
    Rule {
        action: action.to_owned(),
        matches: BTreeMap::new(),
        times: Times::Always,
        latency_ms: 0,
        error: error.into(),
        after_commit: false,
    }
}

pub(super) fn refusal(code: &str, status: u16) -> FaultError {
    FaultError { status, code: code.to_owned(), message: "said by a fault".to_owned() }
}
