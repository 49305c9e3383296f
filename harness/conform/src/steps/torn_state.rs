//! State files that are not as the agent left them (FLT-11). Which files those are
//! the target names.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::damage::Damage;
use facts::{Claim, Fact};
use serde_json::Value;
use target::StateFile;

use crate::evidence::digest;
use crate::scene::{Done, Scene};

use super::pods;

/// What a seed may choose among; older copies and versions are asked for by name.
const ANY: [&str; 6] =
    ["gone", "empty", "cut off", "filled with zeros", "torn", "changed in one bit a sector"];
/// Unit of what a disk writes whole.
const SECTOR: usize = 512;

/// A copy for later, on the node itself.
#[given(expr = "the state files of {string} are copied")]
fn copied(scene: &mut Scene, node: String) -> Done {
    for (number, file) in files(scene).iter().enumerate() {
        if let Some(bytes) = read(scene, &node, &file.path)? {
            scene.node(&node)?.node.write(&copy_of(number), &bytes, 0o600)?;
        }
    }
    Ok(())
}

/// `the state files of "n1" are cut off`: each of them, its agents being away.
#[when(regex = r#"^the state files of "([^"]*)" are (.+)$"#)]
fn damaged(scene: &mut Scene, step: &Step, node: String, how: String) -> Done {
    damage(scene, step, &node, &how)
}

/// Each time by the run's seed; in between a pod comes.
#[when(
    expr = "the agent of {string} is killed, its state files are damaged and it starts, {int} times"
)]
async fn damaged_often(scene: &mut Scene, step: &Step, node: String, times: usize) -> Done {
    for turn in 0..times {
        let how = ANY[scene.dice(&format!("damage {turn}")).usize(..ANY.len())];
        let suite = scene.suite.clone();
        scene.node_mut(&node)?.stop_agents(true);
        damage(scene, step, &node, how)?;
        scene.node_mut(&node)?.start_agents(&suite)?;
        configured(scene, step, &node).await?;
        let alias = format!("w{turn}");
        pods::prepare(scene, &alias, &node).await?;
        pods::served(scene, &node, &alias).await?;
        pods::is_wired(scene, step, &alias).await?;
    }
    Ok(())
}

#[then(expr = "{string} has a network configuration again")]
async fn has_configuration(scene: &mut Scene, step: &Step, node: String) -> Done {
    configured(scene, step, &node).await
}

/// Waits for a configuration that a runtime could read, and not as it was damaged.
async fn configured(scene: &mut Scene, step: &Step, node: &str) -> Done {
    let suite = scene.suite.clone();
    let handle = scene.node(node)?;
    let spoilt = spoilt(scene);
    let sound = |text: &str| {
        let read = serde_json::from_str::<Value>(text);
        read.is_ok_and(|list| list["plugins"].is_array()) && !spoilt.contains(&digest(text))
    };
    // What cannot even be read is no configuration.
    let look = async || Ok(handle.conf().ok().flatten().filter(|(_, text)| sound(text)));
    // One that never comes is for the claim to say.
    let found = suite.until(20.0, "a network configuration", look).await.ok();
    let (path, text) = found.map_or((String::new(), None), |(path, text)| (path, Some(text)));
    let name = scene.store(&format!("configuration of {node}"), Fact::File { path, text });
    scene.claim(step, Claim::Told { facts: vec![name], words: vec!["plugins".to_owned()] })
}

/// Digests of what the files were made to hold.
fn spoilt(scene: &Scene) -> BTreeSet<String> {
    let facts = scene.evidence.facts.values();
    let changed = facts.filter_map(|fact| match fact {
        Fact::Damage(damage) if damage.before != damage.after => damage.after.clone(),
        _ => None,
    });
    changed.map(|(_, digest)| digest).collect()
}

fn damage(scene: &mut Scene, step: &Step, node: &str, how: &str) -> Done {
    if !scene.node(node)?.agent_ids().is_empty() {
        return Err(anyhow::anyhow!("the agent of {node} must be away meanwhile").into());
    }
    let mut damages = Vec::new();
    for (number, file) in files(scene).iter().enumerate() {
        let before = read(scene, node, &file.path)?;
        let copy = read(scene, node, &copy_of(number))?;
        let mut dice = scene.dice(&format!("{how} {number} {}", scene.evidence.order.len()));
        let spoilt = match &before {
            Some(bytes) => spoil(how, bytes, file, copy, &mut dice)?,
            None => None,
        };
        write(scene, node, &file.path, spoilt.as_deref())?;
        let seen = |bytes: &Vec<u8>| (bytes.len() as u64, digest(bytes));
        let fact = Damage {
            path: file.path.clone(),
            how: how.to_owned(),
            before: before.as_ref().map(seen),
            after: read(scene, node, &file.path)?.as_ref().map(seen),
        };
        damages.push(scene.store(&format!("damage to {}", file.path), Fact::Damage(fact)));
    }
    scene.claim(step, Claim::Damaged { damages })
}

/// A file's content as it is to be; none for no file.
fn spoil(
    how: &str,
    bytes: &[u8],
    file: &StateFile,
    copy: Option<Vec<u8>>,
    dice: &mut fastrand::Rng,
) -> anyhow::Result<Option<Vec<u8>>> {
    let mut spoilt = bytes.to_vec();
    // Beyond the last byte that tells something nobody would notice.
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut version = |change: fn(u8) -> u8| {
        for place in &file.version {
            if let Some(byte) = spoilt.get_mut(*place) {
                *byte = change(*byte);
            }
        }
    };
    match how {
        "gone" => return Ok(None),
        "those of another day" => return copy.context("there is no copy of it").map(Some),
        "of an older version" => version(|byte| byte.wrapping_sub(1)),
        "of a newer version" => version(|byte| byte.wrapping_add(1)),
        "empty" => spoilt.clear(),
        "cut off" => spoilt.truncate(dice.usize(..=used / 2)),
        "filled with zeros" => spoilt.fill(0),
        "torn" => spoilt
            .iter_mut()
            .skip(dice.usize(1..8).min(used / SECTOR) * SECTOR)
            .for_each(|byte| *byte = 0),
        "changed in one bit a sector" => {
            for sector in spoilt.chunks_mut(SECTOR) {
                sector[dice.usize(..sector.len())] ^= 1 << dice.u8(..8);
            }
        }
        other => bail!("a state file cannot be {other:?}"),
    }
    Ok(Some(spoilt))
}

fn files(scene: &Scene) -> Vec<StateFile> {
    scene.suite.target.install.state.clone()
}

fn copy_of(number: usize) -> String {
    format!("/run/plumbline-copy-{number}")
}

fn read(scene: &Scene, node: &str, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let read = || match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let done = scene.node(node)?.node.place().run(read).and_then(|done| done);
    done.with_context(|| format!("read {path} of node {node}"))
}

/// Writes in place, so that owner and mode stay.
fn write(scene: &Scene, node: &str, path: &str, bytes: Option<&[u8]>) -> anyhow::Result<()> {
    let write = || match bytes {
        Some(bytes) => std::fs::write(path, bytes),
        None => std::fs::remove_file(path),
    };
    let done = scene.node(node)?.node.place().run(write).and_then(|done| done);
    done.with_context(|| format!("damage {path} of node {node}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(how: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let file = StateFile { path: String::new(), version: vec![1, 99] };
        spoil(how, bytes, &file, Some(vec![7]), &mut fastrand::Rng::with_seed(1)).unwrap()
    }

    #[test]
    fn each_damage_is_what_it_is_called() {
        let bytes = vec![5; 2000];
        assert_eq!(made("gone", &bytes), None);
        assert_eq!(made("those of another day", &bytes), Some(vec![7]));
        assert_eq!(made("of a newer version", &[5, 5]), Some(vec![5, 6]));
        assert_eq!(made("of an older version", &[5, 5]), Some(vec![5, 4]));
        assert_eq!(made("empty", &bytes), Some(Vec::new()));
        assert!(made("cut off", &bytes).unwrap().len() < 2000);
        let torn = made("torn", &bytes).unwrap();
        let whole = torn.iter().take_while(|byte| **byte == 5).count();
        assert_eq!((torn.len(), whole % SECTOR), (2000, 0));
        let flipped = made("changed in one bit a sector", &bytes).unwrap();
        let bits: u32 = flipped.iter().map(|byte| (byte ^ 5).count_ones()).sum();
        assert_eq!(bits, 4);
        let file = StateFile { path: String::new(), version: Vec::new() };
        spoil("shiny", &bytes, &file, None, &mut fastrand::Rng::with_seed(1)).unwrap_err();
    }
}
