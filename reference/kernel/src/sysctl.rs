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
/// Folders stay open. Namespaces share the names in `/proc/sys/net`, and with some hundred
/// of them the kernel takes 20 µs and more to find the one of this namespace.
#[derive(Debug, Default)]
pub struct Sysctls {
    folders: Vec<(String, OwnedFd)>,
}

/// Sets every value, in the namespace of this thread.
pub fn write_all<'a>(wanted: impl IntoIterator<Item = &'a Sysctl>) -> Result<(), KernelError> {
    let mut sysctls = Sysctls::default();
    wanted.into_iter().try_for_each(|wanted| sysctls.write(wanted))
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
        let (folder, rest) = split(key);
        let place = self.folder(folder)?;
        openat(&self.folders[place].1, rest, how | OFlag::O_CLOEXEC, Mode::empty()).map(File::from)
    }

    /// Where the folder stands in the list of those that are open.
    fn folder(&mut self, path: &str) -> Result<usize, Errno> {
        if let Some(place) = self.folders.iter().position(|(open, _)| open == path) {
            return Ok(place);
        }
        let how = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let folder = open(&Path::new("/proc/sys").join(path), how, Mode::empty())?;
        self.folders.push((path.to_owned(), folder));
        Ok(self.folders.len() - 1)
    }
}

/// The folder of a key that others share, such as `net/ipv4/conf`, and what is below it:
/// there the kernel finds names at once.
fn split(key: &str) -> (&str, &str) {
    let slash = key.match_indices('/').take(3).last();
    slash.map_or(("", key), |(at, _)| (&key[..at], &key[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::of_a_link("net/ipv4/conf/eth0/rp_filter", "net/ipv4/conf", "eth0/rp_filter")]
    #[case::of_all("net/ipv4/ip_forward", "net/ipv4", "ip_forward")]
    #[case::at_the_top("name", "", "name")]
    fn links_share_a_folder(#[case] key: &str, #[case] folder: &str, #[case] rest: &str) {
        assert_eq!(split(key), (folder, rest));
    }
}
