//! Connections of a node's processes.

use crate::ProbeError;
use crate::command::succeed;
use crate::netns::NetnsPath;

/// Established TCP connections of a namespace, each as `tcp LOCAL REMOTE PROCESS`.
pub fn connections(netns: &NetnsPath) -> Result<Vec<String>, ProbeError> {
    let net = format!("--net={}", netns.path().display());
    let text =
        succeed("nsenter", &[&net, "ss", "-H", "-t", "-n", "-p", "state", "established"], "")?;
    Ok(text.lines().filter_map(line).collect())
}

/// `ss` prints queues, local, remote and process.
fn line(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let [_, _, local, remote, rest @ ..] = words.as_slice() else { return None };
    Some(format!("tcp {local} {remote} {}", rest.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_without_their_queues() {
        let text = r#"0 0 10.0.0.1:40000 10.0.255.10:6443 users:(("terwayd",pid=7,fd=9))"#;
        assert_eq!(
            line(text).unwrap(),
            r#"tcp 10.0.0.1:40000 10.0.255.10:6443 users:(("terwayd",pid=7,fd=9))"#
        );
        assert_eq!(line("0 0"), None);
    }
}
