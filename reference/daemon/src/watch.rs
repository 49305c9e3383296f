//! What the daemon follows in the Kubernetes API.

pub(crate) mod api;
pub(crate) mod config;
pub(crate) mod kernel;
pub(crate) mod node;
