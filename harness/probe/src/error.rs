//! A look that failed: a fault of the harness or the machine, never a verdict.

use std::io;
use std::path::Path;

use thiserror::Error;

/// What was tried, and where.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// A namespace cannot be entered.
    #[error("enter network namespace {netns}")]
    Enter {
        /// Its path.
        netns: String,
        /// The cause.
        source: io::Error,
    },
    /// A tool did not start.
    #[error("run {tool}")]
    Start {
        /// The tool.
        tool: String,
        /// The cause.
        source: io::Error,
    },
    /// A tool refused.
    #[error("{tool}: {problem}")]
    Tool {
        /// The tool with its arguments.
        tool: String,
        /// What it said.
        problem: String,
    },
    /// A tool's output cannot be read.
    #[error("read the output of {tool}")]
    Output {
        /// The tool with its arguments.
        tool: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// A file or folder cannot be read.
    #[error("read {path}")]
    Look {
        /// Its path.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// Frames cannot be sent or seen.
    #[error("send or see frames by {link}")]
    Wire {
        /// The link.
        link: String,
        /// The cause.
        source: io::Error,
    },
    /// A server for probes cannot listen.
    #[error("listen for probes in {netns}")]
    Listen {
        /// The namespace.
        netns: String,
        /// The cause.
        source: io::Error,
    },
}

impl ProbeError {
    pub(crate) fn look(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Look { path, source }
    }
}
