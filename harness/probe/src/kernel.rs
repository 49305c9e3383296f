//! A namespace's state, as `ip -j` writes it.

use facts::kernel::KernelState;
use serde_json::Value;

use crate::ProbeError;
use crate::command::succeed;
use crate::netns::NetnsPath;

/// Links with addresses, all routes, rules and neighbours, in one look.
pub fn state(netns: &NetnsPath, place: &str) -> Result<KernelState, ProbeError> {
    let name = netns.name();
    let ask = |args: &[&str]| -> Result<Value, ProbeError> {
        let all: Vec<&str> =
            ["-n", name.as_str(), "-j"].into_iter().chain(args.iter().copied()).collect();
        let text = succeed("ip", &all, "")?;
        let text = if text.trim().is_empty() { "[]" } else { &text };
        let tool = format!("ip {}", all.join(" "));
        let value: Value =
            serde_json::from_str(text).map_err(|source| ProbeError::Output { tool, source })?;
        // An entry that the tool filtered out stands there empty.
        Ok(match value {
            Value::Array(list) => Value::Array(
                list.into_iter().filter(|entry| *entry != serde_json::json!({})).collect(),
            ),
            other => other,
        })
    };
    Ok(KernelState {
        place: place.to_owned(),
        links: ask(&["-d", "addr", "show"])?,
        routes4: ask(&["-4", "route", "show", "table", "all"])?,
        routes6: ask(&["-6", "route", "show", "table", "all"])?,
        rules4: ask(&["-4", "rule", "show"])?,
        rules6: ask(&["-6", "rule", "show"])?,
        neighbours: ask(&["neigh", "show"])?,
    })
}
