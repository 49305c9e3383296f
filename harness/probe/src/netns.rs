//! Work inside a named network namespace, on a thread of its own.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use nix::sched::{CloneFlags, setns};

use crate::ProbeError;

/// Where a namespace is named, for example `/run/netns/p1234567-n1`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NetnsPath(PathBuf);

impl NetnsPath {
    /// The namespace at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The name, as `ip -n` takes it.
    pub(crate) fn name(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Runs `act` inside and waits for it. Sockets that it opens stay inside.
pub fn within<T: Send>(netns: &NetnsPath, act: impl FnOnce() -> T + Send) -> Result<T, ProbeError> {
    let failed = |source| ProbeError::Enter { netns: netns.0.display().to_string(), source };
    let file = File::open(&netns.0).map_err(failed)?;
    let inside = || -> io::Result<T> {
        setns(&file, CloneFlags::CLONE_NEWNET)?;
        Ok(act())
    };
    thread::scope(|scope| match scope.spawn(inside).join() {
        Ok(done) => done.map_err(failed),
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
