//! Looks at the world with the world's own tools: `ip -j` for the kernel's
//! state, `nft -j` for packets of a flow, `ss` for connections, pages over HTTP, and
//! real TCP, UDP and ICMP exchanges. It acts on nothing of the target and judges nothing.

mod blockade;
mod chase;
mod client;
mod command;
mod count;
mod error;
mod flow;
pub mod frame;
mod kernel;
mod monitor;
mod netns;
mod page;
mod reverse_path;
mod server;
mod services;
mod sockets;
mod track;
#[expect(unsafe_code, reason = "the address of a link cannot be made otherwise")]
mod wire;

pub use blockade::{block, unblock};
pub use chase::{Chaser, Meant};
pub use client::{Try, reach};
pub use command::{Output, run};
pub use count::{files, objects, process};
pub use error::ProbeError;
pub use flow::Watch;
pub use kernel::{beliefs, state};
pub use monitor::Monitor;
pub use netns::{NetnsPath, within};
pub use page::{ServedAt, page};
pub use reverse_path::{reverse_path_drops, set_reverse_path, set_reverse_path_of};
pub use server::{PORT, Server};
pub use services::services;
pub use sockets::connections;
pub use track::Tracker;
pub use wire::{Tap, send};
