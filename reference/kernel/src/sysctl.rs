//! Values below `/proc/sys/net`, which belong to the network namespace of the
//! thread that opens them.

use std::fs;
use std::io;
use std::path::PathBuf;

use model::kernel::Sysctl;

use crate::KernelError;

/// Sets one value unless it is so already.
pub fn write(wanted: &Sysctl) -> Result<(), KernelError> {
    fs::write(path(&wanted.key), &wanted.value)
        .map_err(|source| KernelError::Sysctl { key: wanted.key.clone(), source })
}

/// Reads one value; none where the kernel has no such key, as for a link that is gone.
pub fn read(key: &str) -> Result<Option<String>, KernelError> {
    match fs::read_to_string(path(key)) {
        Ok(text) => Ok(Some(text.trim_end().to_owned())),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KernelError::Sysctl { key: key.to_owned(), source }),
    }
}

fn path(key: &str) -> PathBuf {
    PathBuf::from("/proc/sys").join(key)
}
