//! Secrets that nothing tells: not logs, metrics, events, reports and state files, not the
//! plugin's answers, not command lines (FLT-20).

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use cucumber::gherkin::Step;
use cucumber::{given, then};
use facts::signal::Untold;
use facts::{Claim, Fact};
use serde_json::Value;

use crate::scene::{Done, Scene};

use super::told;

/// Group of the target's own resources.
const GROUP: &str = "network.alibabacloud.com";
/// How far logs had come when the scenario began.
const PASSED: &str = "logged so far";
/// Letters that stand together in a file of bytes are a word from this length on.
const WORD: usize = 8;

/// Logs of programs that outlive scenarios; what others made them say is not ours.
#[given("what the control plane logged so far is passed over")]
fn pass_over(scene: &mut Scene) -> Done {
    let mut lengths = BTreeMap::new();
    for program in control_programs(scene) {
        let length = std::fs::metadata(log(scene, &program)).map_or(0, |log| log.len());
        lengths.insert(program, length);
    }
    let value = serde_json::to_value(lengths)?;
    scene.store(PASSED, Fact::Value { value });
    Ok(())
}

#[then(
    expr = "no log, metric, event, report, file, command line or answer of {string} and the control plane tells a secret"
)]
async fn untold(scene: &mut Scene, step: &Step, node: String) -> Done {
    let answers = scene.evidence.order.iter();
    let answers = answers.filter(|name| matches!(scene.evidence.get(name), Some(Fact::Cni(_))));
    let mut texts: Vec<_> = answers.cloned().collect();
    texts.extend(logs(scene, &node)?);
    texts.extend(command_lines(scene, &node)?);
    texts.extend(state_files(scene, &node)?);
    texts.extend(reports(scene, &node).await?);
    let telling = told::gather(scene, &node).await?;
    texts.push(scene.store(&format!("told of {node} at last"), Fact::Telling(telling)));
    let (secrets, holders) = secrets(scene)?;
    let known = scene.node(&node)?.node.name().to_owned();
    scene.claim(step, Claim::Untold(Untold { texts, secrets, holders, known }))
}

/// Secrets of the lab, and the files in which the target was given them.
fn secrets(scene: &mut Scene) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let suite = scene.suite.clone();
    let install = &suite.target.install;
    let (mut secrets, mut holders) = (vec![stage::KEY_SECRET.to_owned()], Vec::new());
    for (path, text) in &install.control_files {
        holders.push(keep(scene, &path.display().to_string(), text.clone()));
    }
    for user in &install.users {
        let text = suite.lab.api().kubeconfig(user.name);
        let config: Value = serde_json::from_str(&text).context("read a kubeconfig")?;
        let token = config.pointer("/users/0/user/token").and_then(Value::as_str);
        secrets.push(token.context("find the token of a kubeconfig")?.to_owned());
        holders.push(keep(scene, &format!("kubeconfig of {}", user.name), text));
    }
    Ok((secrets, holders))
}

/// Logs of the node's programs, and of the control plane since the scenario began.
fn logs(scene: &mut Scene, node: &str) -> anyhow::Result<Vec<String>> {
    let passed = match scene.evidence.get(PASSED) {
        Some(Fact::Value { value }) => value.clone(),
        _ => Value::Null,
    };
    let full = scene.node(node)?.node.name().to_owned();
    let of_node = scene.suite.target.install.node.iter();
    let mut programs: Vec<_> = of_node.map(|it| format!("{}-{full}", it.name)).collect();
    programs.extend(control_programs(scene));
    let mut kept = Vec::new();
    for program in programs {
        let path = log(scene, &program);
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let from = passed[&program].as_u64().and_then(|from| usize::try_from(from).ok());
        let new = bytes.get(from.unwrap_or(0)..).unwrap_or_default();
        let text = String::from_utf8_lossy(new).into_owned();
        kept.push(keep(scene, &format!("log of {program}"), text));
    }
    Ok(kept)
}

/// Everybody on a machine may read them.
fn command_lines(scene: &mut Scene, node: &str) -> anyhow::Result<Vec<String>> {
    let processes = scene.node(node)?.processes().into_iter();
    let processes: Vec<_> = processes.chain(scene.suite.control.processes()).collect();
    let mut kept = Vec::new();
    for (program, id) in processes {
        let path = format!("/proc/{id}/cmdline");
        let bytes = std::fs::read(&path).with_context(|| format!("read {path}"))?;
        let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
        kept.push(keep(scene, &format!("command line of {program}"), text));
    }
    Ok(kept)
}

/// Words in the files in which agents keep their state.
fn state_files(scene: &mut Scene, node: &str) -> anyhow::Result<Vec<String>> {
    let files = scene.suite.target.install.state.clone();
    let mut kept = Vec::new();
    for file in files {
        let read = || std::fs::read(&file.path);
        let bytes = scene.node(node)?.node.place().run(read)?;
        let bytes = bytes.with_context(|| format!("read {} of {node}", file.path))?;
        kept.push(keep(scene, &format!("words in {}", file.path), printable(&bytes)));
    }
    Ok(kept)
}

async fn reports(scene: &mut Scene, node: &str) -> anyhow::Result<Vec<String>> {
    let full = scene.node(node)?.node.name().to_owned();
    let mut kept = Vec::new();
    for (group, kind) in [("", "Node"), (GROUP, "Node"), (GROUP, "NodeRuntime")] {
        let object = scene.suite.object(group, kind, &full).await?;
        kept.push(scene.store(&format!("{kind} {node} {group}"), Fact::Object { object }));
    }
    Ok(kept)
}

fn keep(scene: &mut Scene, name: &str, text: String) -> String {
    scene.store(name, Fact::File { path: name.to_owned(), text: Some(text) })
}

fn control_programs(scene: &Scene) -> Vec<String> {
    let programs = scene.suite.target.install.control.iter();
    programs.map(|program| program.name.to_owned()).collect()
}

fn log(scene: &Scene, program: &str) -> PathBuf {
    scene.suite.lab.run().folder().join("logs").join(format!("{program}.log"))
}

/// Words of a file, one a line.
fn printable(bytes: &[u8]) -> String {
    let parts = bytes.split(|byte| !(b' '..=b'~').contains(byte));
    let words = parts.filter(|part| part.len() >= WORD).map(String::from_utf8_lossy);
    words.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_file_stand_on_lines_of_their_own() {
        assert_eq!(
            printable(b"\0\x01first word\0short\0\xffanother one"),
            "first word\nanother one"
        );
    }
}
