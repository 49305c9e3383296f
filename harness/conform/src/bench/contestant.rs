//! Somebody whose plugin is measured: where it runs, and what a runtime tells it.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use probe::NetnsPath;
use serde_json::Value;
use stage::fabric::netns::Netns;
use stage::{Place, RunId};
use target::runtime::{Call, Sandbox};

/// A plugin on a node of its own.
pub(super) struct Contestant {
    pub(super) who: &'static str,
    /// Its node.
    pub(super) place: Place,
    pub(super) program: PathBuf,
    /// Its network configuration.
    pub(super) list: Value,
    /// Variables besides those of the protocol.
    pub(super) env: Vec<(String, String)>,
    /// Namespace, name and UID of the pod whose sandboxes are measured.
    pub(super) pod: [String; 3],
}

/// A sandbox with its namespace.
pub(super) struct Room {
    pub(super) sandbox: Sandbox,
    _netns: Netns,
}

impl Room {
    pub(super) fn netns(&self) -> NetnsPath {
        NetnsPath::new(&self.sandbox.netns)
    }
}

impl Contestant {
    /// A sandbox without a network.
    pub(super) fn sandbox(&self, run: &RunId, number: u32) -> anyhow::Result<Room> {
        let name = format!("{}{number}", self.who);
        let netns = Netns::create(&run.namespace(&name))?;
        let sandbox = Sandbox {
            container: name,
            netns: netns.path().display().to_string(),
            ifname: "eth0".to_owned(),
            pod: self.pod.clone(),
        };
        Ok(Room { sandbox, _netns: netns })
    }

    /// A sandbox with a network, and its first address.
    pub(super) fn pod(&self, run: &RunId, number: u32) -> anyhow::Result<(Room, IpAddr)> {
        let room = self.sandbox(run, number)?;
        let said = self.answered("ADD", &room.sandbox)?.said;
        let answer: Value = serde_json::from_str(&said).context("read the answer to ADD")?;
        let net = answer["ips"][0]["address"].as_str().unwrap_or_default();
        let address = net.split('/').next().and_then(|address| address.parse().ok());
        let address = address.with_context(|| format!("find an address in {said}"))?;
        Ok((room, address))
    }

    /// Makes a call, which must succeed; answers the milliseconds from fork to exit.
    pub(super) fn call(&self, verb: &str, sandbox: &Sandbox) -> anyhow::Result<f64> {
        self.answered(verb, sandbox).map(|answer| answer.ms)
    }

    fn answered(&self, verb: &str, sandbox: &Sandbox) -> anyhow::Result<Answer> {
        let call = Call::new(verb, &self.list, None, sandbox)?;
        let mut command = Command::new(&self.program);
        // Without more to do between fork and exec than this, it is a vfork, and the
        // harness's own size plays no part.
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.envs(&call.env).envs(self.env.iter().cloned());
        let timed = self.place.run(|| timed(command, &call.stdin));
        timed
            .and_then(|done| done)
            .map_err(anyhow::Error::new)
            .and_then(|answer| if answer.success { Ok(answer) } else { bail!("{}", answer.said) })
            .with_context(|| format!("{verb} of {} for {}", self.who, sandbox.container))
    }
}

/// How a call ended.
struct Answer {
    success: bool,
    /// From fork to exit.
    ms: f64,
    /// On standard output.
    said: String,
}

fn timed(mut command: Command, stdin: &str) -> std::io::Result<Answer> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A plugin that ends without reading is judged by how it ends.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let mut said = String::new();
    if let Some(pipe) = &mut child.stdout {
        pipe.read_to_string(&mut said)?;
    }
    let success = child.wait()?.success();
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    Ok(Answer { success, ms, said })
}
