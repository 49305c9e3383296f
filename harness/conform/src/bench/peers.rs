//! Whom the reference is compared with: the floor, and ptp and bridge of
//! containernetworking-plugins, each in a network namespace of its own.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};
use stage::fabric::netns::Netns;
use stage::{Place, Process, ProcessSpec};

use super::contestant::Contestant;
use crate::suite::{Suite, surroundings};

/// Where Debian puts them.
const PLUGINS: &str = "/usr/lib/cni";

/// The namespaces and processes of the peers.
pub(super) struct Peers {
    pub(super) contestants: Vec<Contestant>,
    /// They lose their names with this.
    _nodes: Vec<Netns>,
    _agent: Process,
}

/// Folder of the plugins that are built small and static.
pub(super) fn built(suite: &Suite) -> anyhow::Result<PathBuf> {
    let plugin = surroundings(suite.lab.run())?.plugin;
    plugin.parent().map(Path::to_owned).context("find the folder of the plugin")
}

pub(super) fn start(suite: &Suite) -> anyhow::Result<Peers> {
    let run = suite.lab.run();
    let socket = run.folder().join("floor.sock").display().to_string();
    let floor = built(suite)?.join("floor");
    let mut nodes = Vec::new();
    let mut place = |who: &str| -> anyhow::Result<Place> {
        let netns = Netns::create(&run.namespace(&format!("on-{who}")))?;
        let place = Place::at(&netns).with_context(|| format!("hold the node of {who}"))?;
        nodes.push(netns);
        Ok(place)
    };
    let spec = ProcessSpec {
        name: "floor".to_owned(),
        program: floor.clone(),
        args: vec!["serve".to_owned(), socket.clone()],
        env: Vec::new(),
    };
    let on_floor = place("floor")?;
    let agent = Process::start(run, &spec, &on_floor)?;
    let of = |who, place, program, list, env: [(&str, String); 1]| Contestant {
        who,
        place,
        program,
        list,
        env: env.map(|(key, value)| (key.to_owned(), value)).into(),
        pod: ["default", "none", "none"].map(str::to_owned),
    };
    let list = json!({"cniVersion": "1.1.0", "name": "floor", "plugins": [{"type": "floor"}]});
    let mut contestants = vec![of("floor", on_floor, floor, list, [("FLOOR_SOCKET", socket)])];
    for (who, subnet) in [("ptp", "10.88.0.0/23"), ("bridge", "10.90.0.0/23")] {
        let state = run.folder().join("host-local").display().to_string();
        let (program, list) = (Path::new(PLUGINS).join(who), list_of(who, subnet, &state));
        contestants.push(of(who, place(who)?, program, list, [("CNI_PATH", PLUGINS.to_owned())]));
    }
    Ok(Peers { contestants, _nodes: nodes, _agent: agent })
}

fn list_of(who: &str, subnet: &str, state: &str) -> Value {
    let mut plugin = json!({
        "type": who,
        "ipam": {
            "type": "host-local",
            "dataDir": state,
            "ranges": [[{"subnet": subnet}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    });
    if who == "bridge" {
        plugin["bridge"] = "cni0".into();
        plugin["isGateway"] = true.into();
    }
    json!({"cniVersion": "1.0.0", "name": format!("{who}-net"), "plugins": [plugin]})
}
