//! The protocol between the plugin and the node's daemon, with the field numbers of the
//! published Go implementation.
//!
//! On one unix socket it is spoken in two ways: as gRPC, as that implementation does, and
//! in frames of ttrpc, with which a plugin, a process for one call, takes a fifth to a quarter
//! less from its start to its end.
#![forbid(unsafe_code)]

mod call;
mod convert;
pub mod frame;
mod question;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, clippy::allow_attributes_without_reason, missing_docs, unused_qualifications, reason = "generated from proto/terway.proto")]
mod terway;

pub use call::{Call, CallError, ask};
pub use convert::{BadReply, granted, net_conf};
pub use question::Question;
pub use terway::*;

/// Where the daemon listens.
pub const SOCKET: &str = "/var/run/eni/eni.socket";
