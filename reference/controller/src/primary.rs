//! The node's own interface, looked at but never touched (MOD-2).

use cloud::action::describe_network_interfaces::DescribeNetworkInterfaces;
use cloud::{Error, Interface, Role};

use crate::round::Round;

/// The primary interface of the node's instance.
pub(crate) async fn find(round: &Round<'_>) -> Result<Option<Interface>, Error> {
    let request = DescribeNetworkInterfaces {
        instance: Some(round.instance.clone()),
        role: Some(Role::Primary),
        ..DescribeNetworkInterfaces::default()
    };
    Ok(round.context.cloud.send_all(request).await?.into_iter().next())
}
