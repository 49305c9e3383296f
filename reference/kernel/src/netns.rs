//! Work in another network namespace.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::sched::{CloneFlags, setns};

use crate::KernelError;

const HERE: &str = "/proc/thread-self/ns/net";

/// Opens the namespace of this thread.
pub fn here() -> Result<File, KernelError> {
    open(Path::new(HERE))
}

/// Opens the namespace at `path`.
pub fn open(path: &Path) -> Result<File, KernelError> {
    File::open(path)
        .map_err(|source| KernelError::Enter { path: path.display().to_string(), source })
}

/// Runs `act` inside the namespace `inner`, on this thread, and comes back.
///
/// `act` must not await and must not start threads that outlive it: they would
/// stay inside. Namespace of the thread is the caller's again in every case; if
/// the kernel refuses the way back, the process aborts, as nothing it did
/// afterwards would happen where it is meant to.
pub fn within<T>(inner: &File, act: impl FnOnce() -> T) -> Result<T, KernelError> {
    within_from(&here()?, inner, act)
}

/// As [`within`], where `home` is the namespace of this thread.
pub(crate) fn within_from<T>(
    home: &File,
    inner: &File,
    act: impl FnOnce() -> T,
) -> Result<T, KernelError> {
    let _back = Back(home);
    enter(inner)?;
    Ok(act())
}

/// The way back, in every case.
struct Back<'a>(&'a File);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        if enter(self.0).is_err() {
            std::process::abort();
        }
    }
}

fn enter(namespace: &File) -> Result<(), KernelError> {
    setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| KernelError::Enter {
        path: format!("{namespace:?}"),
        source: io::Error::from(errno),
    })
}
