//! A new interface: the best vSwitch first, the next one when it has run out;
//! entered into the books before it is plugged in, so that none is forgotten.

use api::node::{EniSpec, NodeStatus};
use cloud::action::create_network_interface::CreateNetworkInterface;
use cloud::{ClientToken, Error, Interface, Kind, Role};
use model::inventory::{VSwitch, VSwitchPolicy};

use crate::books;
use crate::compare;
use crate::growth::amount;
use crate::primary;
use crate::round::Round;
use crate::vswitches;

/// Creates an interface with `seats` addresses of each family and plugs it in.
///
/// The error is the last vSwitch's; an interface that was made is in the books,
/// whatever came after.
pub(crate) async fn create(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &EniSpec,
    seats: u32,
) -> Result<(), Error> {
    let places = places(round, spec).await?;
    let mut last = None;
    for v_switch in places {
        if defect::on("nodes-vswitch-is-never-used")
            && primary::find(round).await?.is_some_and(|primary| primary.v_switch == v_switch)
        {
            continue;
        }
        let request = request(round, spec, &v_switch, seats).await?;
        defect::point("controller.create.due");
        match round.context.cloud.send(&request).await {
            Ok(made) => {
                defect::point("controller.create.done");
                round.context.metrics.count("eni_created", 1);
                tracing::info!(node = round.name, eni = made.id, v_switch, "interface created");
                return plug(round, status, &made).await;
            }
            Err(error) if of_v_switch(&error) => {
                round.context.v_switches.ran_out(&v_switch);
                tracing::warn!(node = round.name, v_switch, %error, "vSwitch passed by");
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    // Every vSwitch was tried, or there is none: the shortage says which.
    last.map_or(Ok(()), Err)
}

/// Whether another vSwitch may serve: this one is full, gone or in no state to.
fn of_v_switch(error: &Error) -> bool {
    if defect::on("refused-vswitch-stops-growth") {
        return false;
    }
    error.kind() == Kind::VSwitchExhausted
        || error.code().starts_with("InvalidVSwitch")
        || error.code() == "IncorrectVSwitchStatus"
}

/// vSwitches to try, the best first; those that ran out a short while ago last.
async fn places(round: &Round<'_>, spec: &EniSpec) -> Result<Vec<String>, Error> {
    let (mut candidates, mut failed) = (Vec::new(), None);
    for id in &spec.v_switch_options {
        let found = match vswitches::find(round.context, id).await {
            Ok(found) => found,
            Err(error) if defect::on("refused-vswitch-stops-growth") => return Err(error),
            Err(error) => {
                tracing::warn!(node = round.name, v_switch = id, %error, "vSwitch passed by");
                failed = Some(error);
                continue;
            }
        };
        if let Some(found) = found {
            let blocked = round.context.v_switches.blocked(round.context, id);
            let free = found.available.and_then(|free| u64::try_from(free).ok()).unwrap_or(1);
            let free = if blocked { 0 } else { free };
            candidates.push(VSwitch { id: id.clone(), zone: found.zone, free });
        }
    }
    let zone = round.node.spec.node_metadata.as_ref().map_or("", |m| m.zone_id.as_str());
    let policy: VSwitchPolicy = spec.v_switch_select_policy.parse().unwrap_or_default();
    let places = plan::vswitch::order(&candidates, zone, policy, fastrand::u64(..));
    if !places.is_empty() {
        return Ok(places);
    }
    if let Some(error) = failed {
        return Err(error);
    }
    // No vSwitch for the zone: the primary interface's own serves (linked page 17).
    Ok(primary::find(round).await?.into_iter().map(|primary| primary.v_switch).collect())
}

async fn request(
    round: &Round<'_>,
    spec: &EniSpec,
    v_switch: &str,
    seats: u32,
) -> Result<CreateNetworkInterface, Error> {
    let mut security_groups = spec.security_group_ids.clone();
    if security_groups.is_empty() {
        let primary = primary::find(round).await?;
        security_groups = primary.and_then(|p| p.security_groups).unwrap_or_default();
    }
    // With a filter, what is made must pass it, or it would never be ours.
    let mut tags = spec.tag.clone();
    tags.extend(spec.tag_filter.clone());
    tags.extend(compare::tags(round));
    Ok(CreateNetworkInterface {
        token: ClientToken::fresh(),
        v_switch: v_switch.to_owned(),
        role: Role::Secondary,
        security_groups,
        ipv4: amount(seats.saturating_sub(1)),
        ipv6: if spec.enable_ipv6 { amount(seats) } else { None },
        delete_on_release: Some(true),
        source_dest_check: Some(false),
        traffic_mode: None,
        resource_group: (!spec.resource_group_id.is_empty())
            .then(|| spec.resource_group_id.clone()),
        description: Some("interface made by terway".to_owned()),
        tags,
    })
}

async fn plug(round: &Round<'_>, status: &mut NodeStatus, made: &Interface) -> Result<(), Error> {
    let found = vswitches::find(round.context, &made.v_switch).await?;
    let blocks = found.map_or_else(Default::default, |found| {
        [found.cidr.to_string(), found.ipv6_cidr.map(|net| net.to_string()).unwrap_or_default()]
    });
    books::enter(status, made, &round.runtime, blocks);
    compare::attach(round, status, &made.id).await.map_err(|error| match error {
        crate::round::RoundError::Cloud { source, .. } => source,
        crate::round::RoundError::Api { .. } => unreachable!("attach talks to the cloud only"),
    })
}
