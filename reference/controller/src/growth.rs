//! Makes a node's pool larger and smaller, as the rules of `plan::grow` say.

use std::num::NonZeroU16;
use std::time::Duration;

use api::node::{EniSpec, NodeStatus};
use cloud::action::assign_ipv6_addresses::AssignIpv6Addresses;
use cloud::action::assign_private_ip_addresses::AssignPrivateIpAddresses;
use cloud::{Amount, Batch, ClientToken, Error, Kind};
use kube::runtime::events::EventType;
use model::inventory::{Inventory, ManagedEni};
use model::pool::{IpStack, PoolBounds};
use model::{EniId, InstanceLimits};
use plan::capacity;
use plan::grow::{self, Ask};

use crate::books;
use crate::create;
use crate::events::tell;
use crate::round::{Round, RoundError};

/// Asks the cloud for what is short.
pub(crate) async fn grow(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &EniSpec,
    limits: &InstanceLimits,
    foreign: u32,
) -> Result<(), RoundError> {
    let lacking = |status: &NodeStatus| {
        grow::grow(&inventory(round, status, spec, limits, foreign), bounds(round))
    };
    let mut asks = lacking(status);
    if asks.is_empty() {
        if round.runtime.waiting == 0 {
            status.shortage.clear();
        }
        note_warm_up(round, status, spec, limits);
        return Ok(());
    }
    let mut short = Short::default();
    // The interfaces of a vSwitch that turned out to have run out come last the next time.
    for _ in 0..=spec.v_switch_options.len() {
        short = ask_all(round, status, spec, &asks).await?;
        let left = lacking(status);
        if !short.elsewhere || left.is_empty() || left == asks {
            break;
        }
        asks = left;
    }
    report(round, status, short.why).await;
    Ok(())
}

/// What the cloud did not give.
#[derive(Default)]
struct Short {
    /// Why, for people; empty when it gave everything.
    why: String,
    /// An interface's vSwitch ran out: another interface may get what this one did not.
    elsewhere: bool,
}

async fn ask_all(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &EniSpec,
    asks: &[Ask],
) -> Result<Short, RoundError> {
    let mut short = Short::default();
    for ask in asks {
        let (done, asked) = match ask {
            Ask::Assign { eni, v4, v6 } => (
                assign(round, status, &eni.0, *v4, *v6).await,
                status.network_interfaces.get(&eni.0),
            ),
            Ask::Create { seats } => (create::create(round, status, spec, *seats).await, None),
        };
        let Err(error) = done else { continue };
        match error.kind() {
            Kind::VSwitchExhausted | Kind::AddressQuota | Kind::EniQuota => {
                short.why = format!("the cloud gives no more addresses: {error}");
                round.context.memory.forget_sync(&round.name);
            }
            _ => {
                return Err(RoundError::cloud(format!("grow the pool of {}", round.name))(error));
            }
        }
        if let (Kind::VSwitchExhausted, Some(nic)) = (error.kind(), asked) {
            round.context.v_switches.ran_out(&nic.v_switch_id);
            short.elsewhere = !defect::on("full-vswitch-stops-growth");
        }
    }
    Ok(short)
}

/// Proposes addresses for release when there are too many, at most once a sync
/// period. Answers when to look again.
pub(crate) fn shrink(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &EniSpec,
    limits: &InstanceLimits,
    foreign: u32,
) -> Duration {
    let period = round
        .node
        .spec
        .pool
        .as_ref()
        .and_then(|pool| humantime::parse_duration(&pool.pool_sync_period).ok())
        .unwrap_or(Duration::from_mins(2));
    let excess = grow::shrink(&inventory(round, status, spec, limits, foreign), bounds(round));
    if !excess.is_empty() && round.context.memory.shrink_due(&round.name, period) {
        tracing::info!(node = round.name, addresses = excess.len(), "proposed for release");
        books::propose(status, &excess);
    }
    if status.shortage.is_empty() {
        period
    } else {
        round.context.config.v_switch_block.min(period)
    }
}

fn bounds(round: &Round<'_>) -> PoolBounds {
    let pool = round.node.spec.pool.clone().unwrap_or_default();
    PoolBounds { min: pool.min_pool_size, max: pool.max_pool_size, warm_up: pool.warm_up_size }
}

fn inventory(
    round: &Round<'_>,
    status: &NodeStatus,
    spec: &EniSpec,
    limits: &InstanceLimits,
    foreign: u32,
) -> Inventory {
    let context = round.context;
    let dry = |id: &EniId| {
        let nic = status.network_interfaces.get(&id.0);
        nic.is_some_and(|nic| context.v_switches.has_run_out(context, &nic.v_switch_id))
            && !defect::on("full-vswitch-stops-growth")
    };
    let enis = books::managed(status).into_iter();
    Inventory {
        enis: enis.map(|eni| ManagedEni { dry: dry(&eni.id), ..eni }).collect(),
        busy: books::busy(&round.runtime),
        waiting: round.runtime.waiting,
        stack: if spec.enable_ipv6 { IpStack::Dual } else { IpStack::Ipv4 },
        most_enis: capacity::pod_enis(limits).saturating_sub(foreign),
        per_eni: limits.ipv4_per_eni,
        warmed_up: status.warm_up_completed,
    }
}

fn note_warm_up(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &EniSpec,
    limits: &InstanceLimits,
) {
    let seats = grow::seats(&inventory(round, status, spec, limits, 0));
    if !status.warm_up_completed && seats >= bounds(round).warm_up {
        status.warm_up_completed = true;
    }
}

async fn assign(
    round: &Round<'_>,
    status: &mut NodeStatus,
    eni: &str,
    v4: u32,
    v6: u32,
) -> Result<(), Error> {
    let cloud = &round.context.cloud;
    defect::point("controller.assign.due");
    if let Some(amount) = amount(v4) {
        let (token, interface) = (ClientToken::fresh(), eni.to_owned());
        let request = AssignPrivateIpAddresses { token, interface, amount };
        if let Batch::Addresses(new) = cloud.send(&request).await? {
            round.context.metrics.count("address_assigned", new.len());
            books::welcome(status, eni, &new.into_iter().map(Into::into).collect::<Vec<_>>());
        }
    }
    defect::point("controller.assign.half");
    if let Some(amount) = amount(v6) {
        let (token, interface) = (ClientToken::fresh(), eni.to_owned());
        let request = AssignIpv6Addresses { token, interface, amount };
        if let Batch::Addresses(new) = cloud.send(&request).await? {
            books::welcome(status, eni, &new.into_iter().map(Into::into).collect::<Vec<_>>());
        }
    }
    defect::point("controller.assign.done");
    Ok(())
}

/// A number of addresses to ask for; none for zero.
pub(crate) fn amount(count: u32) -> Option<Amount> {
    let count = u16::try_from(count).ok().and_then(NonZeroU16::new)?;
    Some(Amount::Addresses(count))
}

/// Tells a new shortage once.
async fn report(round: &Round<'_>, status: &mut NodeStatus, shortage: String) {
    let new = !shortage.is_empty() && status.shortage.is_empty();
    if new && !defect::on("shortage-is-untold") {
        let (kind, note) = (EventType::Warning, shortage.clone());
        tell(round.context, &round.name, kind, "InsufficientIP", note).await;
    }
    status.shortage = shortage;
}
