//! What can go wrong at the kernel's door; each error names the act and its object.

use std::io;
use std::time::Duration;

use netlink_packet_core::DecodeError;
use thiserror::Error;

/// An act that the kernel refused, or an answer that cannot be read.
#[derive(Debug, Error)]
pub enum KernelError {
    /// No netlink socket.
    #[error("open a netlink socket")]
    Socket(#[source] io::Error),
    /// The socket failed in the middle of an exchange.
    #[error("talk to the kernel over netlink")]
    Talk(#[source] io::Error),
    /// The kernel answered with something that is no netlink message.
    #[error("decode the kernel's answer: {what}")]
    Decode {
        /// What the decoder said.
        what: String,
    },
    /// The kernel refused one request.
    #[error("{act}")]
    Refused {
        /// For example `add route 10.0.1.5/32 on cali1 in table 1003`.
        act: String,
        /// Its errno.
        #[source]
        source: io::Error,
    },
    /// A link that a spec names is not there.
    #[error("find link {name}")]
    NoLink {
        /// Name of the link.
        name: String,
    },
    /// A link did not begin to send.
    #[error("wait for link {name} to send: it did not within {waited:?}")]
    Idle {
        /// Name of the link.
        name: String,
        /// How long was waited.
        waited: Duration,
    },
    /// A network namespace cannot be entered.
    #[error("enter network namespace {path}")]
    Enter {
        /// Path of the namespace.
        path: String,
        /// Its errno.
        #[source]
        source: io::Error,
    },
    /// A value below `/proc/sys` cannot be read or written.
    #[error("set sysctl {key}")]
    Sysctl {
        /// Path below `/proc/sys`.
        key: String,
        /// Its errno.
        #[source]
        source: io::Error,
    },
}

impl KernelError {
    /// The errno behind the error, where there is one.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Socket(source)
            | Self::Talk(source)
            | Self::Refused { source, .. }
            | Self::Enter { source, .. }
            | Self::Sysctl { source, .. } => source.raw_os_error(),
            Self::Decode { .. } | Self::NoLink { .. } | Self::Idle { .. } => None,
        }
    }
}

impl From<DecodeError> for KernelError {
    fn from(error: DecodeError) -> Self {
        Self::Decode { what: error.to_string() }
    }
}
