//! A server that a node cannot reach: what goes there, and comes from there, is lost
//! without a word.

use std::net::SocketAddrV4;

use serde_json::Value;

use crate::ProbeError;
use crate::flow::{nft, packets};
use crate::netns::NetnsPath;

/// The probe's own table.
const TABLE: &str = "plumbline-away";

/// Drops every packet between the namespace's own processes and `server`: a watch that is
/// under way must not go on to hear.
pub fn block(netns: &NetnsPath, server: SocketAddrV4) -> Result<(), ProbeError> {
    let (address, port) = (server.ip(), server.port());
    let rules = format!(
        "table inet {TABLE} {{
            counter lost {{ }}
            chain out {{
                type filter hook output priority 0; policy accept;
                ip daddr {address} tcp dport {port} counter name lost drop
            }}
            chain in {{
                type filter hook input priority 0; policy accept;
                ip saddr {address} tcp sport {port} counter name lost drop
            }}
        }}"
    );
    nft(netns, &["-f", "-"], &rules).map(drop)
}

/// Lets them pass again; answers how many were lost.
pub fn unblock(netns: &NetnsPath) -> Result<u64, ProbeError> {
    let args = ["-j", "list", "table", "inet", TABLE];
    let text = nft(netns, &args, "")?;
    let tool = format!("nft {}", args.join(" "));
    let listing: Value =
        serde_json::from_str(&text).map_err(|source| ProbeError::Output { tool, source })?;
    nft(netns, &["delete", "table", "inet", TABLE], "")?;
    Ok(packets(&listing, "lost"))
}
