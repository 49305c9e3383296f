//! The CNI protocol, specification versions 0.3.0 to 1.1.0: a call's
//! environment and configuration, and what is answered.

mod call;
mod conf;
mod failure;
mod reply;
mod version;

pub use call::{Call, Environment, Target, Verb};
pub use conf::{Conf, ValidAttachment};
pub use failure::{Code, Failure};
pub use reply::{Interface, Reply};
pub use version::Version;

#[cfg(test)]
mod fuzz;
