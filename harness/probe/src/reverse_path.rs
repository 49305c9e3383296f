//! Reverse path filtering of a namespace: how it is set, and how many packets it took.

use std::fs;
use std::io;
use std::path::Path;

use crate::ProbeError;
use crate::netns::{NetnsPath, within};

/// Settings by interface, `all` and `default` among them.
const SETTINGS: &str = "/proc/sys/net/ipv4/conf";
/// Counters of the thread's own namespace.
const COUNTERS: &str = "/proc/thread-self/net/netstat";

/// Sets the mode of every interface that there is, and of those to come.
pub fn set_reverse_path(netns: &NetnsPath, mode: u8) -> Result<(), ProbeError> {
    let set = || -> io::Result<()> {
        for entry in fs::read_dir(SETTINGS)?.flatten() {
            fs::write(entry.path().join("rp_filter"), mode.to_string())?;
        }
        Ok(())
    };
    within(netns, set)?.map_err(ProbeError::look(Path::new(SETTINGS)))
}

/// Sets the mode of one interface.
pub fn set_reverse_path_of(netns: &NetnsPath, link: &str, mode: u8) -> Result<(), ProbeError> {
    let path = Path::new(SETTINGS).join(link).join("rp_filter");
    within(netns, || fs::write(&path, mode.to_string()))?.map_err(ProbeError::look(&path))
}

/// Packets that were dropped because they came in where the way back does not go out.
pub fn reverse_path_drops(netns: &NetnsPath) -> Result<u64, ProbeError> {
    let path = Path::new(COUNTERS);
    let text = within(netns, || fs::read_to_string(path))?.map_err(ProbeError::look(path))?;
    Ok(counter(&text, "IPReversePathFilter").unwrap_or_default())
}

/// A counter, by the line of names above the line of values.
fn counter(text: &str, name: &str) -> Option<u64> {
    let lines: Vec<_> = text.lines().collect();
    lines.chunks(2).find_map(|pair| {
        let [names, values] = pair else { return None };
        let place = names.split_whitespace().position(|word| word == name)?;
        values.split_whitespace().nth(place)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_by_its_name() {
        let text = "TcpExt: A B\nTcpExt: 1 2\nIpExt: C IPReversePathFilter\nIpExt: 3 4\n";
        assert_eq!(counter(text, "IPReversePathFilter"), Some(4));
        assert_eq!(counter(text, "B"), Some(2));
        assert_eq!(counter(text, "D"), None);
    }
}
