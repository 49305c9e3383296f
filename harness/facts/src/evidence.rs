//! Everything that was seen in one scenario, by the names that its steps gave.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chase::Chases;
use crate::cloud::{CloudCall, CloudInventory};
use crate::cni::CniCall;
use crate::crash::Crash;
use crate::damage::Damage;
use crate::drift::Drift;
use crate::exchange::Exchange;
use crate::kernel::{KernelState, SeenFlow};
use crate::signal::Telling;
use crate::tally::{Marathon, Tally};
use crate::track::Track;
use crate::wire::Frames;

/// One thing that was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "fact", deny_unknown_fields)]
pub enum Fact {
    /// A call of the plugin.
    Cni(CniCall),
    /// Traffic that was tried.
    Exchange(Exchange),
    /// A namespace's state.
    Kernel(Box<KernelState>),
    /// Clients that kept trying the pod that they mean.
    Chases(Chases),
    /// Who answered at one address all the while.
    Track(Track),
    /// An object that was altered.
    Drift(Drift),
    /// A state file that was damaged.
    Damage(Damage),
    /// Packets of a flow on a node.
    Flow(SeenFlow),
    /// Frames that were sent or seen.
    Frames(Frames),
    /// What the cloud holds.
    Inventory(CloudInventory),
    /// How much there is of everything that could pile up.
    Tally(Tally),
    /// What a long row of sandboxes came to.
    Marathon(Marathon),
    /// What was asked of the cloud.
    Calls {
        /// In the order in which they began.
        calls: Vec<CloudCall>,
    },
    /// An object of the Kubernetes API; null when it is not there.
    Object {
        /// The object.
        object: Value,
    },
    /// Kubernetes events about something.
    Events {
        /// Each as `reason: message`.
        events: Vec<String>,
    },
    /// A file of a node; none when it is not there.
    File {
        /// Path inside the node.
        path: String,
        /// Its text.
        text: Option<String>,
    },
    /// A command of the target for people.
    Command {
        /// Program and arguments.
        argv: Vec<String>,
        /// Exit code.
        exit: Option<i32>,
        /// Standard output.
        stdout: String,
        /// Standard error.
        stderr: String,
    },
    /// Connections of a node's processes, each as `protocol local remote process`.
    Sockets {
        /// One line each.
        lines: Vec<String>,
    },
    /// What the kernel told of changes in a namespace, as `ip -ts monitor all` prints it.
    Netlink {
        /// Whose namespace, for example `node n1`.
        place: String,
        /// One line each, in order.
        lines: Vec<String>,
        /// Lines in the middle that were left out, as there were too many.
        left_out: usize,
    },
    /// How a node translates the address of a Service.
    Translation {
        /// Whose namespace, for example `node n1`.
        place: String,
        /// Who is to answer for the Service, for example `pod b`.
        answers: String,
        /// `nft -j list table FAMILY kube-proxy`; null when there is no such table.
        listing: Value,
    },
    /// What was told of a node: metrics and events.
    Telling(Telling),
    /// A process that was ended in the middle of its work.
    Crash(Crash),
    /// Steps that a process passed while nothing went wrong, each as `POINT:N`.
    Steps {
        /// In order.
        steps: Vec<String>,
    },
    /// A value that a later claim compares with.
    Value {
        /// Any JSON.
        value: Value,
    },
}

/// Facts by name, in the order in which they were seen.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Names in order.
    pub order: Vec<String>,
    /// Facts by name.
    pub facts: BTreeMap<String, Fact>,
}

impl Evidence {
    /// Stores a fact; a later one of the same name replaces it.
    pub fn put(&mut self, name: impl Into<String>, fact: Fact) {
        let name = name.into();
        if self.facts.insert(name.clone(), fact).is_none() {
            self.order.push(name);
        }
    }

    /// The fact of this name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.facts.get(name)
    }
}
