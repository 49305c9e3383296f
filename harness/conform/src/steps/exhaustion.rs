//! A cloud that gives less than was hoped for: full vSwitches, call budgets,
//! calls that fail (VSW-1, VSW-2, API-1, LEAK-1). What is changed is changed for all,
//! so these scenarios are `@serial`; the scene's end sets it back.

use std::collections::BTreeMap;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::{Claim, Fact};
use stage::cloud_sim::Family;
use stage::cloud_sim::settings::Budget;

use crate::scene::{Done, Scene};

#[given(expr = "the vSwitch {string} has {int} free addresses")]
#[when(expr = "the vSwitch {string} comes to have {int} free addresses")]
fn leave_free(scene: &mut Scene, vswitch: String, left: u64) -> Done {
    let sim = scene.suite.lab.cloud().sim();
    sim.leave_free(&vswitch.as_str().into(), Family::V4, Some(u128::from(left)))?;
    scene.narrowed.insert(vswitch);
    Ok(())
}

#[given(expr = "the cloud allows {int} calls of {word} at once and {int} a minute")]
#[when(expr = "the cloud allows {int} calls of {word} at once and {int} a minute")]
fn budget(scene: &mut Scene, burst: u32, action: String, per_minute: u32) {
    let budget = Budget { per_minute, burst };
    scene.suite.lab.cloud().sim().set_budget(&action, budget);
    scene.budgets.insert(action);
    scene.since = scene.suite.last_call();
}

/// The cloud refused, and so the scenario was one; calls stayed bounded all the same.
#[then(expr = "the cloud refused {word} with {word}, and was asked {int} times at most")]
fn refused(scene: &mut Scene, step: &Step, action: String, code: String, most: usize) -> Done {
    let calls = scene.suite.calls(None, scene.since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    let budgets = BTreeMap::from([(action.clone(), most)]);
    scene.claim(step, Claim::CloudRefused { calls: calls.clone(), action, code, least: 1 })?;
    scene.claim(step, Claim::WithinBudget { calls, budgets })
}

#[then(expr = "{word} was asked {int} times at most")]
fn within(scene: &mut Scene, step: &Step, action: String, most: usize) -> Done {
    let calls = scene.suite.calls(None, scene.since);
    let calls = scene.store("calls of the cloud", Fact::Calls { calls });
    let budgets = BTreeMap::from([(action, most)]);
    scene.claim(step, Claim::WithinBudget { calls, budgets })
}
