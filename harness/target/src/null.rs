//! Null adapters: they claim everything and do nothing. A suite that passes one
//! of them proves nothing; each scenario must fail on at least one.

use std::collections::BTreeMap;

use serde_json::json;

use crate::install::{NodeFile, PLUGINS, Source};
use crate::{Claims, Install, Surroundings, Target, TargetError, needed};

/// The ways of doing nothing.
pub(crate) const MODES: [&str; 4] = ["always-succeeds", "always-fails", "silent", "liar"];

pub(crate) fn target(mode: &str, around: &Surroundings) -> Result<Target, TargetError> {
    let program = around.programs.join("null-cni");
    let program = needed("null-cni", program, "run ci/build")?;
    let path = format!("{PLUGINS}/{mode}");
    let files = vec![NodeFile { path, source: Source::File(program), mode: 0o755 }];
    let conf = json!({"cniVersion": "1.1.0", "name": "null", "plugins": [{"type": mode}]});
    // An object that every API server has, so that it can be written.
    let played = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"annotations": {"null": mode}},
    });
    Ok(Target {
        name: mode.to_owned(),
        about: "a null adapter",
        version: env!("CARGO_PKG_VERSION").to_owned(),
        claims: Claims {
            profiles: vec!["cni", "shared-eni", "survival"],
            capabilities: Claims::everything(),
            readings: BTreeMap::from([("RUL-1", "document"), ("RUL-2", "document")]),
        },
        install: Install { agent_played: Some(played), ..Install::plugin_only(files, conf) },
    })
}
