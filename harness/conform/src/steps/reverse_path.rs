//! Packets that come in by one interface while the way back goes out by another, on
//! nodes that filter such packets (FLT-13).

use cucumber::gherkin::Step;
use cucumber::{given, then};
use facts::{Claim, Fact};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::state::ip;

const BEFORE: &str = "drops before";
const AFTER: &str = "drops after";
/// Hardware address of the node's end of the harness's own link.
const NEAR: &str = "02:00:00:00:fe:01";
const CONTROL: &str = "drops after a packet that had to be dropped";

/// As an administrator or a distribution does, on all interfaces.
#[given(expr = "{string} filters reverse paths in mode {int}")]
async fn filters(scene: &mut Scene, node: String, mode: u8) -> Done {
    let netns = scene.node(&node)?.netns();
    blocking(move || probe::set_reverse_path(&netns, mode)).await??;
    if scene.evidence.get(BEFORE).is_none() {
        count(scene, BEFORE, &node).await?;
    }
    Ok(())
}

#[then(
    expr = "{string} dropped no packet for its reverse path, unlike the one that {string} sends it under a false address"
)]
async fn none_dropped(scene: &mut Scene, step: &Step, node: String, sandbox: String) -> Done {
    count(scene, AFTER, &node).await?;
    let link = Link { node: scene.node(&node)?.netns(), peer: scene.pod(&sandbox)?.netns() };
    link.send_falsely().await?;
    count(scene, CONTROL, &node).await?;
    let [before, after, control] = [BEFORE, AFTER, CONTROL].map(str::to_owned);
    scene.claim(step, Claim::NoneDropped { before, after, control })
}

async fn count(scene: &mut Scene, name: &str, node: &str) -> Done {
    let netns = scene.node(node)?.netns();
    let drops = blocking(move || probe::reverse_path_drops(&netns)).await??;
    scene.store(name, Fact::Value { value: drops.into() });
    Ok(())
}

/// A link of the harness's own between a node and a sandbox, for one packet.
struct Link {
    node: probe::NetnsPath,
    peer: probe::NetnsPath,
}

impl Link {
    /// Sends one packet whose source lies behind another interface of the node, which
    /// filters strictly on this link.
    async fn send_falsely(&self) -> anyhow::Result<()> {
        let peer = self.peer.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        for line in [
            format!("link add rpf0 address {NEAR} type veth peer name rpf0 netns {peer}"),
            "addr add 192.0.2.1/30 dev rpf0".to_owned(),
            "link set rpf0 up".to_owned(),
        ] {
            ip(self.node.clone(), &line).await?;
        }
        for line in [
            "addr add 192.0.2.2/30 dev rpf0",
            "addr add 203.0.113.9/32 dev rpf0",
            "link set rpf0 up",
            "route add default via 192.0.2.1",
            // Nobody answers a question that comes from a false address.
            &format!("neigh add 192.0.2.1 lladdr {NEAR} dev rpf0"),
        ] {
            ip(self.peer.clone(), line).await?;
        }
        let (node, inside) = (self.node.clone(), self.peer.clone());
        blocking(move || probe::set_reverse_path_of(&node, "rpf0", 1)).await??;
        let sent = move || {
            let mut ping = std::process::Command::new("ping");
            ping.args(["-n", "-c", "1", "-W", "0.2", "-I", "203.0.113.9", "192.0.2.1"]);
            probe::within(&inside, || probe::run(ping, ""))
        };
        blocking(sent).await???;
        ip(self.node.clone(), "link del rpf0").await
    }
}
