//! Values below `/proc/sys/net`, which belong to the network namespace of the
//! thread that opens them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use model::kernel::Sysctl;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

use crate::KernelError;

/// Values of one namespace: to be used in the one where it was used first.
///
/// Folders stay open. Namespaces share the names below `/proc/sys/net`, and with some
/// hundred of them the kernel takes 20 µs to find one name of a path.
#[derive(Debug, Default)]
pub struct Sysctls {
    folders: Vec<(String, OwnedFd)>,
}

/// Sets every value, in the namespace of this thread.
pub fn write_all(wanted: &[Sysctl]) -> Result<(), KernelError> {
    let mut sysctls = Sysctls::default();
    wanted.iter().try_for_each(|wanted| sysctls.write(wanted))
}

impl Sysctls {
    /// Sets one value.
    pub fn write(&mut self, wanted: &Sysctl) -> Result<(), KernelError> {
        self.open(&wanted.key, OFlag::O_WRONLY)
            .map_err(io::Error::from)
            .and_then(|mut file| file.write_all(wanted.value.as_bytes()))
            .map_err(|source| KernelError::Sysctl { key: wanted.key.clone(), source })
    }

    /// Reads one value; none where the kernel has no such key, as for a link that is gone.
    pub fn read(&mut self, key: &str) -> Result<Option<String>, KernelError> {
        let broken = |source| KernelError::Sysctl { key: key.to_owned(), source };
        match self.open(key, OFlag::O_RDONLY) {
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(broken)?;
                Ok(Some(text.trim_end().to_owned()))
            }
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(broken(errno.into())),
        }
    }

    fn open(&mut self, key: &str, how: OFlag) -> Result<File, Errno> {
        let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
        let place = self.folder(folder)?;
        openat(&self.folders[place].1, name, how | OFlag::O_CLOEXEC, Mode::empty()).map(File::from)
    }

    /// Where the folder stands in the list of those that are open.
    fn folder(&mut self, path: &str) -> Result<usize, Errno> {
        if let Some(place) = self.folders.iter().position(|(open, _)| open == path) {
            return Ok(place);
        }
        let how = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let folder = match path.rsplit_once('/') {
            Some((parent, name)) => {
                let parent = self.folder(parent)?;
                openat(&self.folders[parent].1, name, how, Mode::empty())?
            }
            None => open(&Path::new("/proc/sys").join(path), how, Mode::empty())?,
        };
        self.folders.push((path.to_owned(), folder));
        Ok(self.folders.len() - 1)
    }
}
