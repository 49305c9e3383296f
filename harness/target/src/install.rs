//! How a target gets into a lab, as data that the lab carries out.

use std::path::PathBuf;

use serde_json::Value;

use crate::signals::Signals;

/// Somebody of the target who talks to the Kubernetes API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Name, also of the kubeconfig.
    pub name: &'static str,
    /// Groups besides.
    pub groups: Vec<&'static str>,
}

/// A program that runs as long as the target is installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// Name of its process and log.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
    /// Arguments; `{node}` stands for the node's name.
    pub args: Vec<String>,
    /// Variables.
    pub env: Vec<(String, String)>,
}

/// A file on every node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeFile {
    /// Where it goes.
    pub path: String,
    /// Where it comes from.
    pub source: Source,
    /// Its mode.
    pub mode: u32,
}

/// Content of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Copied from a file of the machine.
    File(PathBuf),
    /// This text.
    Text(String),
}

/// A file of a node in which its agent keeps what it must know after a restart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateFile {
    /// Where it is.
    pub path: String,
    /// Places of its bytes that tell the version of its format; none where there is
    /// no such byte.
    pub version: Vec<usize>,
}

/// Where the network configuration comes from.
#[derive(Clone, PartialEq, Debug)]
pub enum Conf {
    /// The target writes it when it is ready.
    Published,
    /// It is part of the installation.
    Given(Value),
}

/// Everything that makes a target run.
#[derive(Clone, PartialEq, Debug)]
pub struct Install {
    /// Whether it needs the Kubernetes API and the cloud.
    pub control_plane: bool,
    /// Who talks to the API.
    pub users: Vec<User>,
    /// Objects to apply, in order.
    pub manifests: Vec<Value>,
    /// Files of the control namespace: path and text.
    pub control_files: Vec<(PathBuf, String)>,
    /// Programs beside the API server.
    pub control: Vec<Program>,
    /// Programs on each node.
    pub node: Vec<Program>,
    /// Files on each node.
    pub node_files: Vec<NodeFile>,
    /// Files that its agents keep on each node.
    pub state: Vec<StateFile>,
    /// Where its network configuration comes from.
    pub conf: Conf,
    /// What an agent writes of its node, for nodes on which none runs: a merge patch of
    /// an object. `{node}` stands for the node's name.
    pub agent_played: Option<Value>,
    /// The target's commands for people, if it has any.
    pub commands: Option<Commands>,
    /// What it tells of faults.
    pub signals: Signals,
}

/// Commands for people; `{file}` in an argument stands for a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commands {
    /// Path of the program.
    pub program: PathBuf,
    /// Prints the limits of the instance types in a table, as a JSON list of
    /// objects with `instanceType` and `shared`.
    pub limits_by_table: Vec<String>,
    /// Prints the limits of all types that the cloud knows, likewise.
    pub limits_by_cloud: Vec<String>,
    /// Checks a plan of address blocks; ends with 0 when there is no conflict.
    pub plan_check: Vec<String>,
}

/// Folder of plugins on every node.
pub const PLUGINS: &str = "/opt/cni/bin";
/// Folder of network configurations on every node.
pub const CONFIGURATIONS: &str = "/etc/cni/net.d";

impl Install {
    /// An installation of a plugin alone, with its configuration.
    pub(crate) fn plugin_only(files: Vec<NodeFile>, conf: Value) -> Self {
        Self {
            control_plane: false,
            users: Vec::new(),
            manifests: Vec::new(),
            control_files: Vec::new(),
            control: Vec::new(),
            node: Vec::new(),
            node_files: files,
            state: Vec::new(),
            conf: Conf::Given(conf),
            agent_played: None,
            commands: None,
            signals: Signals::default(),
        }
    }
}
