//! Objects of the target in the kernel, and how somebody might alter them. Which
//! there are is taken from the kernel's state; commands of the system do the rest.

mod choose;
pub(crate) mod foreign;

use std::process::Command;

use anyhow::bail;
use probe::NetnsPath;
use serde_json::Value;

pub(crate) use choose::{Kind, Where, choose};

/// One object and one way to alter it.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// The object and how it is altered, in words.
    pub(crate) words: String,
    netns: NetnsPath,
    look: Look,
    /// Command lines that alter it.
    alter: Vec<String>,
    /// Command lines that make up for it, where making the pod anew does not.
    undo: Vec<String>,
}

/// How an object is read.
#[derive(Clone, Debug)]
enum Look {
    /// Lines of a command's output, sorted; nothing where it fails.
    Lines(String),
    /// Flags, hardware address and MTU of a link.
    Link(String),
    /// An nftables table, order aside.
    Table(String),
}

impl Object {
    /// How it reads now.
    pub(crate) fn look(&self) -> anyhow::Result<String> {
        let (Look::Lines(line) | Look::Link(line) | Look::Table(line)) = &self.look;
        let text = run(&self.netns, line)?.unwrap_or_default();
        Ok(match self.look {
            Look::Lines(_) => sorted(text.lines()),
            Look::Link(_) => link(&text),
            Look::Table(_) => sorted(text.split(['\n', ','])),
        })
    }

    /// Alters it.
    pub(crate) fn alter(&self) -> anyhow::Result<()> {
        self.alter.iter().try_for_each(|line| must(&self.netns, line))
    }

    /// Makes up for it.
    pub(crate) fn undo(&self) -> anyhow::Result<()> {
        self.undo.iter().try_for_each(|line| must(&self.netns, line))
    }
}

/// Runs a shell's command line in a network namespace; none when it failed.
fn run(netns: &NetnsPath, line: &str) -> anyhow::Result<Option<String>> {
    let output = probe::run(shell(netns, line), "")?;
    Ok((output.exit == Some(0)).then_some(output.stdout))
}

/// Runs a shell's command line, which must succeed.
fn must(netns: &NetnsPath, line: &str) -> anyhow::Result<()> {
    let output = probe::run(shell(netns, line), "")?;
    if output.exit != Some(0) {
        bail!("{line}: {}", output.stderr.trim());
    }
    Ok(())
}

fn shell(netns: &NetnsPath, line: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={}", netns.path().display())).args(["sh", "-c", line]);
    command
}

fn sorted<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut parts: Vec<_> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts.join("\n")
}

fn link(text: &str) -> String {
    let links: Value = serde_json::from_str(text).unwrap_or_default();
    let link = &links[0];
    let up = link["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "UP"));
    let state = if up { "up" } else { "down" };
    format!("{} {state} address {} mtu {}", link["ifname"], link["address"], link["mtu"])
}
