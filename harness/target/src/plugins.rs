//! Somebody else's product: ptp with host-local of containernetworking-plugins,
//! as Debian ships it. A suite that only its own reference passes would test
//! opinions.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::install::{NodeFile, PLUGINS, Source};
use crate::{Claims, Install, Target, TargetError, needed};

const FOLDER: &str = "/usr/lib/cni";

pub(crate) fn target() -> Result<Target, TargetError> {
    let mut files = Vec::new();
    for plugin in ["ptp", "host-local"] {
        let path = Path::new(FOLDER).join(plugin);
        let source = Source::File(needed(plugin, path, "run ci/setup")?);
        files.push(NodeFile { path: format!("{PLUGINS}/{plugin}"), source, mode: 0o755 });
    }
    let conf = json!({
        "cniVersion": "1.0.0",
        "name": "ptp-net",
        "plugins": [{
            "type": "ptp",
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": "10.88.0.0/24"}], [{"subnet": "fd00:88::/112"}]],
                "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
            },
        }],
    });
    // It lists no 1.1.0, and so neither GC nor STATUS.
    let versions = ["cni-0.3.0", "cni-0.3.1", "cni-0.4.0", "cni-1.0.0"];
    Ok(Target {
        name: "plugins".to_owned(),
        about: "ptp with host-local of containernetworking-plugins",
        version: package_version(),
        claims: Claims {
            profiles: vec!["cni"],
            capabilities: BTreeSet::from(versions),
            ..Claims::default()
        },
        install: Install::plugin_only(files, conf),
    })
}

fn package_version() -> String {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f", "${Version}", "containernetworking-plugins"]);
    let output = query.output().ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_else(|| "unknown".to_owned())
}
