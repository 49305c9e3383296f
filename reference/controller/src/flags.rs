//! Command line and environment of the controller.

use std::path::PathBuf;

use clap::Parser;

/// Control plane: keeps each node's interfaces and addresses between the pool's bounds.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "terway-controlplane",
    version,
    after_help = "Examples:\n  terway-controlplane --config ctrl-config.yaml --credentials key.json\n  \
                  ECS_ENDPOINT=10.0.0.1:8080 VPC_ENDPOINT=10.0.0.1:8080 ALICLOUD_CLIENT_SCHEME=HTTP \\\n    \
                  terway-controlplane --kubeconfig admin.conf"
)]
pub(crate) struct Flags {
    /// The controller's configuration, YAML or JSON.
    #[arg(long, default_value = "/etc/config/ctrl-config.yaml")]
    pub(crate) config: PathBuf,
    /// The one key pair, JSON: access_key_id, access_key_secret, security_token.
    #[arg(long, default_value = "/etc/credential/key.json")]
    pub(crate) credentials: PathBuf,
    /// How to reach the API server; in a pod it is found without.
    #[arg(long, env = "KUBECONFIG")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Where ECS is: host, host:port or URL; the region's address inside the VPC unless given.
    #[arg(long, env = "ECS_ENDPOINT")]
    pub(crate) ecs_endpoint: Option<String>,
    /// Where VPC is: host, host:port or URL; the region's address inside the VPC unless given.
    #[arg(long, env = "VPC_ENDPOINT")]
    pub(crate) vpc_endpoint: Option<String>,
    /// HTTP for an endpoint without TLS; HTTPS otherwise.
    #[arg(long, env = "ALICLOUD_CLIENT_SCHEME", default_value = "HTTPS")]
    pub(crate) client_scheme: String,
    /// What to log: error, warn, info, debug, trace, or a filter such as controller=debug.
    #[arg(long, env = "TERWAY_LOG", default_value = "info")]
    pub(crate) log_level: String,
}
