//! A container runtime's part of the CNI protocol: the configuration of one
//! plugin out of a list, the variables of a call, and the call itself.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use facts::cni::CniCall;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::install::PLUGINS;

/// A call that could not be made; says nothing of the plugin's answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// The list holds no plugin.
    #[error("network configuration {conf} holds no plugin")]
    NoPlugin {
        /// The configuration.
        conf: String,
    },
    /// The plugin did not start.
    #[error("start plugin {plugin}")]
    Start {
        /// Its file name.
        plugin: String,
        /// The cause.
        source: std::io::Error,
    },
}

/// A call before it is made; scenarios spoil it on purpose.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// Variables.
    pub env: BTreeMap<String, String>,
    /// Standard input.
    pub stdin: String,
    /// Where it comes from.
    pub input: Input,
    /// The plugin's file name.
    pub plugin: String,
}

/// Where a plugin's standard input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Input {
    /// A pipe with the text of the call.
    #[default]
    Pipe,
    /// A folder, so that each read is an I/O error.
    Unreadable,
}

/// A sandbox as a runtime knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sandbox {
    /// Its id.
    pub container: String,
    /// Path of its network namespace on the node.
    pub netns: String,
    /// Its interface.
    pub ifname: String,
    /// Pod's namespace, name and UID.
    pub pod: [String; 3],
}

impl Call {
    /// A call of `verb` for `sandbox` with the first plugin of `list`, in the
    /// list's version unless another is given.
    pub fn new(
        verb: &str,
        list: &Value,
        version: Option<&str>,
        sandbox: &Sandbox,
    ) -> Result<Self, CallError> {
        let (mut conf, plugin) = first_plugin(list)?;
        let version = version.map_or_else(|| list["cniVersion"].clone(), Value::from);
        conf.insert("cniVersion".to_owned(), version);
        conf.insert("name".to_owned(), list["name"].clone());
        let [namespace, name, uid] = &sandbox.pod;
        let args = format!(
            "IgnoreUnknown=1;K8S_POD_NAMESPACE={namespace};K8S_POD_NAME={name};\
             K8S_POD_INFRA_CONTAINER_ID={};K8S_POD_UID={uid}",
            sandbox.container
        );
        let env = [
            ("CNI_COMMAND", verb),
            ("CNI_CONTAINERID", &sandbox.container),
            ("CNI_NETNS", &sandbox.netns),
            ("CNI_IFNAME", &sandbox.ifname),
            ("CNI_ARGS", &args),
            ("CNI_PATH", PLUGINS),
        ];
        Ok(Self {
            env: env.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            stdin: Value::Object(conf).to_string(),
            input: Input::default(),
            plugin,
        })
    }

    /// Sets a key of the configuration, for example `prevResult`.
    pub fn set(&mut self, key: &str, value: Value) {
        let mut conf: Map<String, Value> = serde_json::from_str(&self.stdin).unwrap_or_default();
        conf.insert(key.to_owned(), value);
        self.stdin = Value::Object(conf).to_string();
    }

    /// Removes a key of the configuration.
    pub fn unset(&mut self, key: &str) {
        let mut conf: Map<String, Value> = serde_json::from_str(&self.stdin).unwrap_or_default();
        conf.remove(key);
        self.stdin = Value::Object(conf).to_string();
    }

    /// Makes the call by `command`, which must be set up to run on the node with
    /// an environment of its own, and names the plugin's path. A plugin that does not end in time is stopped
    /// and has no exit code.
    pub fn make(
        self,
        node: &str,
        mut command: Command,
        patience: Duration,
    ) -> Result<CniCall, CallError> {
        command.envs(&self.env);
        let failed = |source| CallError::Start { plugin: self.plugin.clone(), source };
        command.stdin(match self.input {
            Input::Pipe => Stdio::piped(),
            Input::Unreadable => File::open("/").map_err(failed)?.into(),
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A plugin that ends without reading is judged by its answer.
            let _ = stdin.write_all(self.stdin.as_bytes());
        }
        let (exit, stdout, stderr) = finish(child, patience);
        Ok(CniCall {
            plugin: self.plugin,
            node: node.to_owned(),
            env: self.env,
            stdin: self.stdin,
            exit,
            stdout,
            stderr,
            millis: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// Reads to the end, or stops the plugin when the time is up.
fn finish(mut child: Child, patience: Duration) -> (Option<i32>, String, String) {
    let (done, ended) = mpsc::channel();
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut texts = [Vec::new(), Vec::new()];
            if let Some(out) = &mut out {
                let _ = out.read_to_end(&mut texts[0]);
            }
            if let Some(err) = &mut err {
                let _ = err.read_to_end(&mut texts[1]);
            }
            let _ = done.send(());
            texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        });
        let in_time = ended.recv_timeout(patience).is_ok();
        if !in_time {
            let _ = child.kill();
        }
        let exit = child.wait().ok().and_then(|status| status.code()).filter(|_| in_time);
        let [stdout, stderr] = reading.join().unwrap_or_default();
        (exit, stdout, stderr)
    })
}

fn first_plugin(list: &Value) -> Result<(Map<String, Value>, String), CallError> {
    let plugin = list["plugins"].get(0).and_then(Value::as_object);
    let name = plugin.and_then(|plugin| plugin.get("type")).and_then(Value::as_str);
    match (plugin, name) {
        (Some(plugin), Some(name)) => Ok((plugin.clone(), name.to_owned())),
        _ => Err(CallError::NoPlugin { conf: list.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sandbox() -> Sandbox {
        Sandbox {
            container: "c1".to_owned(),
            netns: "/run/netns/x".to_owned(),
            ifname: "eth0".to_owned(),
            pod: ["default", "a", "u1"].map(str::to_owned),
        }
    }

    fn list() -> Value {
        json!({"cniVersion": "1.0.0", "name": "net", "plugins": [{"type": "p", "mtu": 1400}]})
    }

    #[test]
    fn a_plugin_gets_version_and_name_of_its_list() {
        let call = Call::new("ADD", &list(), None, &sandbox()).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&call.stdin).unwrap(),
            json!({"cniVersion": "1.0.0", "name": "net", "type": "p", "mtu": 1400})
        );
        assert_eq!(call.env["CNI_NETNS"], "/run/netns/x");
        assert!(call.env["CNI_ARGS"].contains("K8S_POD_UID=u1"));
        let older = Call::new("ADD", &list(), Some("0.3.1"), &sandbox()).unwrap();
        assert!(older.stdin.contains("0.3.1"));
    }

    #[test]
    fn a_list_without_plugins_is_no_call() {
        assert!(Call::new("ADD", &json!({"plugins": []}), None, &sandbox()).is_err());
    }

    #[test]
    fn a_call_keeps_output_errors_and_exit_code() {
        let call = Call::new("ADD", &list(), None, &sandbox()).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "cat; echo $CNI_COMMAND >&2; exit 3"]);
        let made = call.clone().make("n1", command, Duration::from_secs(5)).unwrap();
        assert_eq!((made.exit, made.stdout, made.stderr.trim()), (Some(3), call.stdin, "ADD"));
    }

    #[test]
    fn a_plugin_that_does_not_end_is_stopped_and_has_no_exit_code() {
        let call = Call::new("ADD", &list(), None, &sandbox()).unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let made = call.make("n1", command, Duration::from_millis(50)).unwrap();
        assert_eq!(made.exit, None);
        assert!(made.millis < 5000);
    }
}
