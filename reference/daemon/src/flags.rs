//! Command line and environment of the daemon.

use std::path::PathBuf;

use clap::Parser;

/// Node agent: gives addresses to pods, wires their node side, keeps it that way.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "terwayd",
    version,
    after_help = "Examples:\n  NODE_NAME=n1 terwayd --kubeconfig /etc/kubernetes/terway.conf\n  \
                  terwayd --node-name n1 --log-level debug"
)]
pub(crate) struct Flags {
    /// Name of the Kubernetes Node this daemon runs on.
    #[arg(long, env = "NODE_NAME")]
    pub(crate) node_name: String,
    /// How to reach the API server; in a pod it is found without.
    #[arg(long, env = "KUBECONFIG")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Where the plugin finds the daemon.
    #[arg(long, default_value = rpc::SOCKET)]
    pub(crate) socket: PathBuf,
    /// Where metrics, health and the effective configuration are served over HTTP.
    #[arg(long, default_value = "/var/run/eni/eni_debug.socket")]
    pub(crate) debug_socket: PathBuf,
    /// Folder of the journal and of the plugin's release notes.
    #[arg(long, default_value = "/var/lib/cni/terway")]
    pub(crate) state_dir: PathBuf,
    /// Folder where the runtime looks for network configurations.
    #[arg(long, default_value = "/etc/cni/net.d")]
    pub(crate) cni_dir: PathBuf,
    /// What to log: error, warn, info, debug, trace, or a filter such as daemon=debug.
    #[arg(long, env = "TERWAY_LOG", default_value = "info")]
    pub(crate) log_level: String,
}
