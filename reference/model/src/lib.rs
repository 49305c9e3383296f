//! The nouns of the reference CNI, without I/O: addresses, interfaces, limits,
//! pods, pools, wanted kernel objects, and the CNI protocol's input and output.
//!
//! Everything else of the reference depends on this crate; it depends on none.
#![forbid(unsafe_code)]

pub mod cni;
pub mod eni;
pub mod grant;
pub mod inventory;
pub mod kernel;
pub mod limits;
pub mod mac;
pub mod pod;
pub mod pool;

pub use eni::{EniId, EniLink};
pub use grant::{Addresses, Grant, Placement};
pub use limits::InstanceLimits;
pub use mac::Mac;
pub use pod::{Attachment, PodRef};
