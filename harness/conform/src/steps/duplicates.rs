//! Sandboxes whose kernel looks for duplicates of new IPv6 addresses (FLT-16).

use cucumber::gherkin::Step;
use cucumber::{given, then};
use facts::Claim;

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::state::ip;

/// Defaults for links to come: look for duplicates, and ask so often that it takes
/// half a minute.
const PATIENT: [(&str, &str); 2] = [("accept_dad", "1"), ("dad_transmits", "30")];
/// An address of somebody else, on a link that goes again.
const TRIAL: [&str; 4] = [
    "link add trial0 type veth peer name trial1",
    "link set trial0 up",
    "link set trial1 up",
    "addr add fd00:db8::1/64 dev trial0",
];

/// An address of somebody else shows it: it is tentative.
#[given(expr = "the sandbox {string} looks for duplicates of new addresses")]
async fn patient(scene: &mut Scene, pod: String) -> Done {
    let path = scene.pod(&pod)?.netns();
    for (knob, value) in PATIENT {
        let (path, key) = (path.clone(), format!("/proc/sys/net/ipv6/conf/default/{knob}"));
        blocking(move || probe::within(&path, || std::fs::write(key, value))).await???;
    }
    for line in TRIAL {
        ip(path.clone(), line).await?;
    }
    scene.look_pod(&earlier(&pod), &pod).await?;
    Ok(ip(path, "link del trial0").await?)
}

#[then(expr = "no address of {string} is tentative, unlike one of somebody else before")]
fn none_tentative(scene: &mut Scene, step: &Step, pod: String) -> Done {
    let state = format!("state of {pod}");
    scene.claim(step, Claim::NoneTentative { state, control: earlier(&pod) })
}

fn earlier(pod: &str) -> String {
    format!("{pod} with an address of somebody else")
}
