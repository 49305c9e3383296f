//! The Kubernetes side of the reference: custom resources in the group
//! `network.alibabacloud.com`, names of annotations, labels and conditions, and
//! the configuration `kube-system/eni-config`.
//!
//! Field names are those of the published Go implementation; fields of ours say so.
#![forbid(unsafe_code)]

pub mod eni_config;
pub mod names;
pub mod node;
pub mod node_runtime;

pub use eni_config::EniConfig;
pub use node::{Node, NodeSpec, NodeStatus};
pub use node_runtime::{NodeRuntime, NodeRuntimeSpec, NodeRuntimeStatus};
