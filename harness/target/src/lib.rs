//! What is judged: how a target is installed into a lab, what it claims, and
//! how its plugin is called, as a container runtime would. Targets are known by
//! their programs and files alone; nothing here links their code.
#![forbid(unsafe_code)]

mod claim;
mod install;
mod null;
mod plugins;
mod reference;
pub mod runtime;
mod signals;

pub use claim::{CAPABILITIES, Capability, Claims};
pub use install::{
    CONFIGURATIONS, Commands, Conf, Install, NodeFile, PLUGINS, Program, Source, StateFile, User,
};
pub use signals::{MetricsAt, Signals};

use std::path::PathBuf;

use thiserror::Error;

/// Something to judge.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name by which it is chosen.
    pub name: String,
    /// One line about it.
    pub about: &'static str,
    /// Its version.
    pub version: String,
    /// What it claims.
    pub claims: Claims,
    /// How it is installed.
    pub install: Install,
}

/// A target that cannot be used here.
#[derive(Debug, Error)]
pub enum TargetError {
    /// No such target.
    #[error("there is no target {name:?}; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// A program of the target is missing.
    #[error("{what} is not at {path}: {remedy}", path = path.display())]
    Missing {
        /// The program.
        what: String,
        /// Where it should be.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
}

/// What the lab tells a target about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surroundings {
    /// Folder of the programs that the workspace builds.
    pub programs: PathBuf,
    /// The plugin of the reference, built on its own.
    pub plugin: PathBuf,
    /// Folder of the reference's programs with switchable defects (`ci/mutants`).
    pub mutants: PathBuf,
    /// URL of the cloud's API.
    pub cloud: String,
    /// Region, VPC and security group.
    pub place: [String; 3],
    /// The cloud's key pair.
    pub key: [String; 2],
    /// vSwitches of pods by zone.
    pub v_switches: Vec<(String, Vec<String>)>,
    /// Blocks of Services, comma separated.
    pub services: String,
    /// Folder of the users' kubeconfigs on nodes, each `USER.conf`.
    pub node_kubeconfigs: PathBuf,
    /// Folder of the users' kubeconfigs beside the API server, each `USER.conf`.
    pub control_kubeconfigs: PathBuf,
    /// Folder for files of the control namespace.
    pub control_folder: PathBuf,
}

/// Names of all targets, with a line about each.
pub const NAMES: [(&str, &str); 8] = [
    ("reference", "the reference CNI of this repository"),
    ("reference-upstream", "the same, with the published code's reading of disputed rows"),
    ("reference-mutants", "the reference built with switchable defects and fail points"),
    ("plugins", "ptp with host-local of containernetworking-plugins"),
    ("always-succeeds", "null adapter: a minimal valid result without an address"),
    ("always-fails", "null adapter: an error object for everything"),
    ("silent", "null adapter: exit code 0 and no output"),
    ("liar", "null adapter: a plausible result with nothing behind it"),
];

/// The target of this name; everything that it needs must be on the machine.
pub fn find(name: &str, around: &Surroundings) -> Result<Target, TargetError> {
    match name {
        "reference" => reference::target(name, "document", around),
        "reference-upstream" => reference::target(name, "upstream", around),
        "reference-mutants" => reference::mutants(name, around),
        "plugins" => plugins::target(),
        name if null::MODES.contains(&name) => null::target(name, around),
        name => Err(TargetError::Unknown {
            name: name.to_owned(),
            known: NAMES.map(|(name, _)| name).join(", "),
        }),
    }
}

fn needed(what: &str, path: PathBuf, remedy: &'static str) -> Result<PathBuf, TargetError> {
    if path.is_file() {
        return Ok(path);
    }
    Err(TargetError::Missing { what: what.to_owned(), path, remedy })
}
