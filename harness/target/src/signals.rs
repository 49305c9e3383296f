//! By what a target tells people of faults. Names are the target's own; what scenarios ask
//! for is the fault.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use facts::signal::Signal;

/// Where metrics are served over HTTP, in Prometheus' form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MetricsAt {
    /// On a unix socket.
    Socket(PathBuf),
    /// On an address of the program's own network namespace.
    Address(SocketAddr),
}

/// Everything that tells of faults.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signals {
    /// Where the agent of a node serves metrics, and under which path.
    pub node: Option<(MetricsAt, String)>,
    /// The same of the control plane.
    pub control: Option<(MetricsAt, String)>,
    /// The metric or event that names a fault, by the fault's name in the features:
    /// `altered rule`, `no address left`.
    pub named: BTreeMap<String, Signal>,
}
