//! How much of something there is: objects of a namespace, a process's descriptors
//! and memory, files below folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::ProbeError;
use crate::flow::list;
use crate::kernel::state;
use crate::netns::NetnsPath;

/// Objects in a namespace by kind: what `ip` shows, and what stands in nft's tables.
pub fn objects(netns: &NetnsPath) -> Result<BTreeMap<&'static str, u64>, ProbeError> {
    let seen = state(netns, "")?;
    let count = |value: &Value| value.as_array().map_or(0, |list| list.len() as u64);
    let of_links = |key: &str| {
        let links = seen.links.as_array().map(Vec::as_slice).unwrap_or_default();
        links.iter().map(|link| count(&link[key])).sum()
    };
    let neighbours = seen.neighbours.as_array().map(Vec::as_slice).unwrap_or_default();
    let lasting = |entry: &&Value| entry["state"].to_string().contains("PERMANENT");
    Ok(BTreeMap::from([
        ("links", count(&seen.links)),
        ("addresses", of_links("addr_info")),
        ("IPv4 routes", count(&seen.routes4)),
        ("IPv6 routes", count(&seen.routes6)),
        ("IPv4 rules", count(&seen.rules4)),
        ("IPv6 rules", count(&seen.rules6)),
        ("permanent neighbours", neighbours.iter().filter(lasting).count() as u64),
        ("nft objects", filters(netns)?),
    ]))
}

/// Tables, chains, rules, sets and their elements.
fn filters(netns: &NetnsPath) -> Result<u64, ProbeError> {
    let listing = list(netns, &["ruleset"])?;
    let list = listing["nftables"].as_array().cloned().unwrap_or_default();
    let elements = |entry: &Value| {
        let values = entry.as_object().into_iter().flat_map(|object| object.values());
        values
            .filter_map(|value| value["elem"].as_array())
            .map(|list| list.len() as u64)
            .sum::<u64>()
    };
    Ok(list.iter().map(|entry| 1 + elements(entry)).sum())
}

/// Open descriptors and bytes of resident memory of a process.
pub fn process(id: u32) -> Result<(u64, u64), ProbeError> {
    let folder = PathBuf::from(format!("/proc/{id}"));
    let path = folder.join("fd");
    let descriptors = fs::read_dir(&path).map_err(ProbeError::look(&path))?.count() as u64;
    let path = folder.join("status");
    let text = fs::read_to_string(&path).map_err(ProbeError::look(&path))?;
    let resident = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|words| words.split_whitespace().next()?.parse::<u64>().ok());
    Ok((descriptors, kilobytes.unwrap_or_default() * 1024))
}

/// Files below a folder, links not followed, and their bytes; none where there is
/// no folder. What goes while it is looked at is not counted.
pub fn files(folder: &Path) -> (u64, u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.fold((0, 0), |(count, bytes), entry| {
        let Ok(found) = entry.metadata() else { return (count, bytes) };
        if found.is_dir() {
            let (inner, size) = files(&entry.path());
            return (count + inner, bytes + size);
        }
        (count + 1, bytes + found.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_descriptors_and_memory() {
        let id = std::process::id();
        let (before, memory) = process(id).unwrap();
        assert!(memory > 100_000);
        let held: Vec<_> = (0..50).map(|_| fs::File::open("/").unwrap()).collect();
        assert!(process(id).unwrap().0 >= before + 40);
        drop(held);
        assert!(process(u32::MAX).is_err());
    }

    #[test]
    fn files_are_counted_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), "12345").unwrap();
        fs::write(folder.path().join("d"), "1").unwrap();
        assert_eq!(files(folder.path()), (2, 6));
        assert_eq!(files(&folder.path().join("nowhere")), (0, 0));
    }
}
