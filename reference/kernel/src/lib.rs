//! The reference's only door to the kernel: links, addresses, routes, rules,
//! neighbours, sysctls and namespaces, applied from `model` specs and read back.
//!
//! Everything here blocks. A call works in the network namespace of the thread
//! that makes it; [`netns::within`] runs a closure in another one.
#![forbid(unsafe_code)]

mod apply;
mod conn;
mod devconf;
mod encode;
mod error;
pub mod links;
#[cfg(feature = "marks")]
pub mod marks;
pub mod netns;
pub mod pair;
mod read;
pub mod sysctl;

pub use apply::{apply, remove};
pub use conn::Conn;
pub use error::KernelError;
pub use read::read;
