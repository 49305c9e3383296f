//! Processes that end by SIGKILL at a step of their work. First each is watched
//! while nothing goes wrong; then it is ended at the steps that it was seen to pass.

use std::collections::BTreeMap;

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::crash::Crash;
use facts::{Claim, Fact};

use crate::scene::{Done, Scene, Stop};

use super::conserved::settled;
use super::pods;

mod control;
mod plugin;
mod trace;

/// Variable that names the step at which a process ends itself.
const AT: &str = "TERWAY_FAILPOINT";
/// Variable that names the file in which passed steps are told.
const LOG: &str = "TERWAY_FAILPOINT_LOG";
/// That file, on nodes.
const FILE: &str = "/run/plumbline-steps";

/// Which process is ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Process {
    Agent,
    Controller,
}

impl Process {
    fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Controller => "controller",
        }
    }

    /// What the names of its steps begin with. The agent takes sandboxes down itself.
    fn passes(self, point: &str) -> bool {
        match self {
            Self::Agent => point.starts_with("daemon.") || point == "kernel.pair.undressed",
            Self::Controller => point.starts_with("controller."),
        }
    }
}

/// `the agent of "n1" is killed at 4 steps of its work`, or `at every step`.
#[when(expr = "the agent of {string} is killed at {word} step(s) of its work")]
async fn agent_killed(scene: &mut Scene, step: &Step, node: String, number: String) -> Done {
    sweep(scene, step, Process::Agent, &node, number.parse().ok()).await
}

/// `the controller is killed at 4 steps of its work for "n1"`, or `at every step`.
#[when(expr = "the controller is killed at {word} step(s) of its work for {string}")]
async fn controller_killed(scene: &mut Scene, step: &Step, number: String, node: String) -> Done {
    sweep(scene, step, Process::Controller, &node, number.parse().ok()).await
}

/// The step at which every claim about the kills is made together.
#[then("it was killed where it was to be")]
fn killed(scene: &mut Scene, step: &Step) -> Done {
    let all = scene.evidence.order.iter();
    let crashes: Vec<_> = all.filter(|name| name.starts_with("kill at ")).cloned().collect();
    let least = crashes.len().max(1);
    scene.claim(step, Claim::KilledAt { steps: "steps".to_owned(), crashes, least })
}

/// Records the work once, then ends the process at steps of it, and looks each
/// time that everything comes right by itself.
async fn sweep(
    scene: &mut Scene,
    step: &Step,
    process: Process,
    node: &str,
    number: Option<usize>,
) -> Done {
    control::start(scene, process, node, &[(LOG, control::file(scene, process))]).await?;
    work(scene, node, "w0").await?;
    settled(scene, step, node, 20.0).await?;
    let passed = control::passed(scene, process, node)?;
    let steps = counted(passed.lines().filter(|line| process.passes(line)));
    scene.store("steps", Fact::Steps { steps: steps.clone() });
    for (turn, at) in chosen(scene, process.word(), &steps, number).into_iter().enumerate() {
        control::start(scene, process, node, &[(AT, at.clone())]).await?;
        let alias = format!("w{}", turn + 1);
        let (crash, asked) = until_killed(scene, process, node, (&alias, &at)).await?;
        let killed = crash.killed;
        scene.store(&format!("kill at {at}"), Fact::Crash(crash));
        if !killed {
            return self::killed(scene, step);
        }
        control::start(scene, process, node, &[]).await?;
        again(scene, step, node, &asked).await?;
    }
    control::start(scene, process, node, &[]).await
}

/// Works until the process ends at its step, a few times over at most: how often a
/// loop turns is chance. Answers the pods that were asked for.
async fn until_killed(
    scene: &mut Scene,
    process: Process,
    node: &str,
    (alias, at): (&str, &str),
) -> Result<(Crash, Vec<String>), Stop> {
    let mut asked = Vec::new();
    loop {
        let pod = format!("{alias}.{}", asked.len());
        asked.push(pod.clone());
        // What ends in the middle is not answered; what is asked again is.
        work(scene, node, &pod).await?;
        let crash = control::end(scene, process, node, at).await?;
        if crash.killed || asked.len() == 4 {
            return Ok((crash, asked));
        }
    }
}

/// A pod comes and goes, and another comes: addresses are asked for and given back.
async fn work(scene: &mut Scene, node: &str, alias: &str) -> Done {
    let gone = format!("{alias}-gone");
    pods::prepare(scene, &gone, node).await?;
    pods::add(scene, &gone, None).await?;
    delete(scene, &gone).await?;
    pods::prepare(scene, alias, node).await?;
    pods::add(scene, alias, None).await
}

/// What a runtime does with calls that were not answered: it makes them again.
async fn again(scene: &mut Scene, step: &Step, node: &str, asked: &[String]) -> Done {
    for alias in asked {
        let gone = delete(scene, &format!("{alias}-gone")).await?;
        scene.claim(step, Claim::CallSucceeds { call: gone })?;
        pods::served(scene, node, alias).await?;
    }
    settled(scene, step, node, 20.0).await?;
    for alias in asked {
        let gone = delete(scene, alias).await?;
        scene.claim(step, Claim::CallSucceeds { call: gone })?;
    }
    Ok(())
}

/// DEL of a pod; it has no addresses any more when that succeeded.
async fn delete(scene: &mut Scene, alias: &str) -> Result<String, Stop> {
    let call = scene.call("DEL", alias, None)?;
    let node = scene.pod(alias)?.node.clone();
    let name = scene.make(&format!("DEL {alias}"), &node, call).await?;
    if scene.made(&name)?.succeeded() {
        scene.pod_mut(alias)?.remember(None);
    }
    Ok(name)
}

/// The steps at which to end it: every one, or so many by the run's seed.
fn chosen(scene: &Scene, purpose: &str, steps: &[String], number: Option<usize>) -> Vec<String> {
    let mut dice = scene.dice(purpose);
    let mut steps = steps.to_vec();
    if let Some(number) = number {
        dice.shuffle(&mut steps);
        steps.truncate(number);
    }
    steps
}

/// Points with the number of the time that each came, the first and one more of
/// each: `a`, `a`, `a` are `a:1` and `a:2`. How often a loop turns is chance.
fn counted<'a>(passed: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (mut times, mut steps) = (BTreeMap::new(), Vec::new());
    for point in passed {
        let time = times.entry(point).or_insert(0);
        *time += 1;
        if *time <= 2 {
            steps.push(format!("{point}:{time}"));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_times_of_a_point_count() {
        let steps = counted(["a", "b", "a", "a"].into_iter());
        assert_eq!(steps, ["a:1", "b:1", "a:2"]);
    }
}
