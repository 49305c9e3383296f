//! The protocol between the plugin and the node's daemon: gRPC over a unix
//! socket, with the field numbers of the published Go implementation.
#![forbid(unsafe_code)]

mod convert;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, clippy::allow_attributes_without_reason, missing_docs, unused_qualifications, reason = "generated from proto/terway.proto")]
mod terway;

pub use convert::{BadReply, granted, net_conf};
pub use terway::*;

/// Where the daemon listens.
pub const SOCKET: &str = "/var/run/eni/eni.socket";
