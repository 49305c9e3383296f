//! What is known of vSwitches: zone, blocks and free addresses, believed for a
//! while, and those that ran out a short while ago.

use std::collections::HashMap;
use std::time::Instant;

use cloud::action::describe_v_switches::{DescribeVSwitches, VSwitch};
use ipnet::IpNet;
use tokio::sync::Mutex;

use crate::context::Context;

/// Answers by id, with the time they came; when one ran out, and when the cloud did not
/// answer for one.
#[derive(Default)]
pub(crate) struct VSwitches {
    known: Mutex<HashMap<String, (Instant, VSwitch)>>,
    empty: Times,
    unheard: Times,
}

/// When something was last seen of a vSwitch.
type Times = std::sync::Mutex<HashMap<String, Instant>>;

/// The vSwitch `id`; none where the cloud knows no such one. What was known before
/// serves while the cloud does not answer.
pub(crate) async fn find(context: &Context, id: &str) -> Result<Option<VSwitch>, cloud::Error> {
    let cache = &context.v_switches;
    let before = cache.known.lock().await.get(id).cloned();
    if let Some((at, found)) = &before
        && (at.elapsed() < context.config.v_switch_ttl || cache.blocked(context, id))
    {
        return Ok(Some(found.clone()));
    }
    let asked = context.cloud.send(&DescribeVSwitches { v_switch: id.to_owned() }).await;
    match (asked, before) {
        (Ok(Some(found)), _) => {
            cache.known.lock().await.insert(id.to_owned(), (Instant::now(), found.clone()));
            Ok(Some(found))
        }
        (Ok(None), _) => Ok(None),
        (Err(error), Some(_)) if defect::on("refused-vswitch-stops-growth") => Err(error),
        (Err(error), Some((_, found))) => {
            tracing::warn!(v_switch = id, %error, "what was known before serves");
            note(&cache.unheard, id);
            Ok(Some(found))
        }
        (Err(error), None) => Err(error),
    }
}

/// The blocks of a vSwitch.
pub(crate) fn blocks(v_switch: &VSwitch) -> Vec<IpNet> {
    let v6 = v_switch.ipv6_cidr.map(IpNet::V6);
    std::iter::once(IpNet::V4(v_switch.cidr)).chain(v6).collect()
}

impl VSwitches {
    /// Notes that a vSwitch gives no address now.
    pub(crate) fn ran_out(&self, id: &str) {
        note(&self.empty, id);
    }

    /// Whether a vSwitch ran out a short while ago.
    pub(crate) fn has_run_out(&self, context: &Context, id: &str) -> bool {
        lately(&self.empty, context, id)
    }

    /// Whether a vSwitch is passed by: it ran out a short while ago, or the cloud did not
    /// answer for it.
    pub(crate) fn blocked(&self, context: &Context, id: &str) -> bool {
        self.has_run_out(context, id) || lately(&self.unheard, context, id)
    }
}

fn note(times: &Times, id: &str) {
    times.lock().expect("no holder panics").insert(id.to_owned(), Instant::now());
}

fn lately(times: &Times, context: &Context, id: &str) -> bool {
    let times = times.lock().expect("no holder panics");
    times.get(id).is_some_and(|at| at.elapsed() < context.config.v_switch_block)
}
