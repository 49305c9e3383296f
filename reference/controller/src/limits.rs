//! Limits of instance types, asked of the cloud and believed for a while (CAP-6).

use std::collections::HashMap;
use std::time::Instant;

use cloud::action::describe_instance_types::{DescribeInstanceTypes, InstanceType};
use model::InstanceLimits;
use model::limits::{BadLimits, RawLimits};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::context::Context;

/// No limits for a node.
#[derive(Debug, Error)]
pub(crate) enum NoLimits {
    /// The cloud could not be asked.
    #[error("ask the cloud for instance type {instance_type}")]
    Ask {
        instance_type: String,
        #[source]
        source: cloud::Error,
    },
    /// The cloud knows no such type.
    #[error("instance type {instance_type}: the cloud knows none of this name")]
    Unknown { instance_type: String },
    /// A field of the answer cannot be read.
    #[error("instance type {instance_type}: the cloud's answer is odd: {field}")]
    Unreadable { instance_type: String, field: String },
    /// The answer is no use.
    #[error(transparent)]
    Odd(#[from] BadLimits),
}

/// Answers by type, with the time they came.
#[derive(Default)]
pub(crate) struct LimitsCache(Mutex<HashMap<String, (Instant, Option<InstanceType>)>>);

/// The limits of `instance_type`.
pub(crate) async fn of(context: &Context, instance_type: &str) -> Result<InstanceLimits, NoLimits> {
    // Held while asking, so that many nodes of one type ask once.
    let mut known = context.limits.0.lock().await;
    let fresh = known.get(instance_type).filter(|(at, _)| {
        at.elapsed() < context.config.limits_ttl || defect::on("limits-are-asked-once")
    });
    let answer = if let Some((_, answer)) = fresh {
        answer.clone()
    } else {
        let request = DescribeInstanceTypes { types: vec![instance_type.to_owned()], next: None };
        let answer = context
            .cloud
            .send_all(request)
            .await
            .map_err(|source| NoLimits::Ask { instance_type: instance_type.to_owned(), source })?;
        let answer = answer.into_iter().find(|found| found.id == instance_type);
        known.insert(instance_type.to_owned(), (Instant::now(), answer.clone()));
        answer
    };
    let instance_type = instance_type.to_owned();
    let Some(answer) = answer else { return Err(NoLimits::Unknown { instance_type }) };
    if let Some(field) = answer.odd {
        return Err(NoLimits::Unreadable { instance_type, field });
    }
    Ok(InstanceLimits::parse(&instance_type, &raw(&answer))?)
}

fn raw(answer: &InstanceType) -> RawLimits {
    RawLimits {
        eni_quantity: answer.interfaces,
        eni_private_ip_address_quantity: answer.ipv4_per_interface,
        eni_ipv6_address_quantity: answer.ipv6_per_interface,
        eni_total_quantity: answer.interfaces_with_members,
        eni_trunk_supported: answer.trunk,
    }
}
