//! The plugin ended at a step of ADD or DEL, with the agent there and away.

use cucumber::gherkin::Step;
use cucumber::when;
use facts::cni::CniCall;
use facts::crash::Crash;
use facts::{Claim, Fact};
use target::runtime::Call;

use crate::scene::{Done, Scene, Stop};

use super::{AT, FILE, LOG, chosen, counted, delete, trace};
use crate::steps::conserved::settled;
use crate::steps::pods;

/// How often a system call is aimed at that may not be made this time.
const TRIES: usize = 8;

/// How a plugin is ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// By itself, at a fail point.
    Point,
    /// By a tracer, at a system call.
    SystemCall,
}

/// `the plugin is killed at 4 steps of ADD on "n1"`, or `at every step`.
#[when(expr = "the plugin is killed at {word} step(s) of {word} on {string}")]
async fn killed(
    scene: &mut Scene,
    step: &Step,
    number: String,
    verb: String,
    node: String,
) -> Done {
    sweep(scene, step, (How::Point, number.parse().ok()), &verb, &node).await
}

/// `the plugin is killed at 4 system calls of ADD on "n1"`, or `at every system call`.
#[when(expr = "the plugin is killed at {word} system call(s) of {word} on {string}")]
async fn traced(
    scene: &mut Scene,
    step: &Step,
    number: String,
    verb: String,
    node: String,
) -> Done {
    sweep(scene, step, (How::SystemCall, number.parse().ok()), &verb, &node).await
}

/// `the power of "n1" fails while the runtime adds "c"`: plugin and agents end by SIGKILL when
/// ADD has begun to change something. The node is left as it is; its reboot is another step.
#[when(expr = "the power of {string} fails while the runtime adds {string}")]
async fn power_fails(scene: &mut Scene, node: String, alias: String) -> Done {
    let steps = record(scene, How::SystemCall, "ADD", ("w0", &node)).await?;
    scene.store("steps", Fact::Steps { steps: steps.clone() });
    let late = &steps[steps.len() / 2..];
    for at in chosen(scene, "power", late, Some(TRIES)) {
        if end(scene, How::SystemCall, "ADD", (&alias, &at)).await? {
            break;
        }
    }
    scene.node_mut(&node)?.stop_agents(true);
    Ok(())
}

async fn sweep(
    scene: &mut Scene,
    step: &Step,
    (how, number): (How, Option<usize>),
    verb: &str,
    node: &str,
) -> Done {
    let mut steps = record(scene, how, verb, ("w0", node)).await?;
    if how == How::SystemCall {
        // What is not done each time cannot be aimed at: writes may be one or two.
        for alias in ["v1", "v2"] {
            let seen = record(scene, how, verb, (alias, node)).await?;
            steps.retain(|step| seen.contains(step));
        }
    }
    scene.store("steps", Fact::Steps { steps: steps.clone() });
    let purpose = format!("plugin {verb}");
    let all = number.map(|_| steps.len());
    let mut left = number.unwrap_or(steps.len());
    for (turn, at) in chosen(scene, &purpose, &steps, all).iter().enumerate() {
        if left == 0 {
            break;
        }
        let alias = format!("w{}", turn + 1);
        pods::prepare(scene, &alias, node).await?;
        if verb == "DEL" {
            pods::add(scene, &alias, None).await?;
        }
        left -= usize::from(end(scene, how, verb, (&alias, at)).await?);
        again(scene, step, verb, &alias).await?;
        settled(scene, step, node, 20.0).await?;
    }
    Ok(())
}

/// Watches one call of the verb that goes well; answers the steps that it passed.
async fn record(
    scene: &mut Scene,
    how: How,
    verb: &str,
    (alias, node): (&str, &str),
) -> Result<Vec<String>, Stop> {
    pods::prepare(scene, alias, node).await?;
    if verb == "DEL" {
        pods::add(scene, alias, None).await?;
    }
    let call = scene.call(verb, alias, None)?;
    let (env, starter) = match how {
        How::Point => (vec![(LOG.to_owned(), FILE.to_owned())], Vec::new()),
        How::SystemCall => (Vec::new(), trace::watching(FILE)),
    };
    let made = make(scene, node, call, env, &starter).await?;
    let name = scene.store(&format!("{verb} {alias}"), Fact::Cni(made));
    if verb == "DEL" {
        scene.pod_mut(alias)?.remember(None);
    } else {
        pods::remember(scene, alias, &name)?;
    }
    let told = scene.node(node)?.node.read(FILE)?.unwrap_or_default();
    Ok(match how {
        How::Point => counted(told.lines()),
        How::SystemCall => trace::counted(&told),
    })
}

/// Makes the call so that it ends at a step; answers whether it came there. How many writes
/// a call makes is chance: a system call that was not made this time is none of the ends.
async fn end(
    scene: &mut Scene,
    how: How,
    verb: &str,
    (alias, at): (&str, &str),
) -> Result<bool, Stop> {
    let node = scene.pod(alias)?.node.clone();
    let call = scene.call(verb, alias, None)?;
    let (env, starter) = match how {
        How::Point => (vec![(AT.to_owned(), at.to_owned())], Vec::new()),
        How::SystemCall => (Vec::new(), trace::killing(at)),
    };
    let made = make(scene, &node, call, env, &starter).await?;
    // A call that is stopped at its deadline has no exit code either.
    let killed = made.exit.is_none() && made.millis < 10_000;
    let ended = format!("exit code {:?} after {} ms: {}", made.exit, made.millis, made.stderr);
    let crash = Crash { process: "plugin".to_owned(), at: at.to_owned(), killed, ended };
    let missed = how == How::SystemCall && made.exit == Some(0);
    let name = if missed { format!("no {at} this time") } else { format!("kill at {at}") };
    scene.store(&name, Fact::Crash(crash));
    Ok(!missed)
}

/// A call with these variables besides the usual ones, started by another command.
async fn make(
    scene: &mut Scene,
    node: &str,
    call: Call,
    env: Vec<(String, String)>,
    starter: &[String],
) -> anyhow::Result<CniCall> {
    scene.node_mut(node)?.env = env;
    let made = scene.node(node)?.make_under(&scene.suite, call, starter).await;
    scene.node_mut(node)?.env.clear();
    made
}

/// What a runtime does then: the same call again, or for an ADD first a DEL.
async fn again(scene: &mut Scene, step: &Step, verb: &str, alias: &str) -> Done {
    if verb == "DEL" {
        let call = delete(scene, alias).await?;
        return scene.claim(step, Claim::CallSucceeds { call });
    }
    if scene.dice(alias).bool() {
        let call = delete(scene, alias).await?;
        scene.claim(step, Claim::CallSucceeds { call })?;
    }
    pods::add(scene, alias, None).await?;
    pods::is_wired(scene, step, alias).await
}
