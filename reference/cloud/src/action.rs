//! One file an action: the request as parameters, the answer as a type. Nothing
//! here sends.

pub mod assign_ipv6_addresses;
pub mod assign_private_ip_addresses;
pub mod attach_network_interface;
pub mod create_network_interface;
pub mod delete_network_interface;
pub mod describe_instance_types;
pub mod describe_network_interface_attribute;
pub mod describe_network_interfaces;
pub mod describe_v_switches;
pub mod detach_network_interface;
pub mod unassign_ipv6_addresses;
pub mod unassign_private_ip_addresses;

use crate::answer::Misfit;
use crate::error::Kind;
use crate::parameters::Parameters;

/// The name of every action.
pub const NAMES: [&str; 12] = [
    assign_ipv6_addresses::AssignIpv6Addresses::NAME,
    assign_private_ip_addresses::AssignPrivateIpAddresses::NAME,
    attach_network_interface::AttachNetworkInterface::NAME,
    create_network_interface::CreateNetworkInterface::NAME,
    delete_network_interface::DeleteNetworkInterface::NAME,
    describe_instance_types::DescribeInstanceTypes::NAME,
    describe_network_interface_attribute::DescribeNetworkInterfaceAttribute::NAME,
    describe_network_interfaces::DescribeNetworkInterfaces::NAME,
    describe_v_switches::DescribeVSwitches::NAME,
    detach_network_interface::DetachNetworkInterface::NAME,
    unassign_ipv6_addresses::UnassignIpv6Addresses::NAME,
    unassign_private_ip_addresses::UnassignPrivateIpAddresses::NAME,
];

/// A product of the cloud: it has an endpoint and a version of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Product {
    /// Elastic Compute Service.
    Ecs,
    /// Virtual Private Cloud.
    Vpc,
}

impl Product {
    /// The version of the API that this crate speaks.
    pub fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Vpc => "2016-04-28",
        }
    }
}

/// A request of one action.
///
/// The client sends a request again when its outcome is unknown, so every action
/// must bear repetition:
/// - **by reading**: `Describe...` changes nothing;
/// - **by token**: Create and Assign make something new, so their ClientToken is
///   no option; the repeated request carries the same one;
/// - **by state**: Attach, Detach, Delete and Unassign name the wanted end and
///   the things themselves, so a second time finds the work done. The cloud
///   then refuses with a state or NotFound, which [`Action::settled`] takes as
///   success where it can mean nothing else. An id is never given twice; an
///   address is: whoever unassigns must not assign on the same interface until
///   the call has returned.
pub trait Action {
    /// What the cloud answers.
    type Answer;
    /// Name in the API.
    const NAME: &'static str;
    /// Whose API.
    const PRODUCT: Product;

    /// The request's own parameters; the region is added by whoever sends it.
    fn parameters(&self) -> Parameters;

    /// Reads an answer of success.
    fn answer(&self, body: &[u8]) -> Result<Self::Answer, Misfit>;

    /// The answer that a refusal amounts to, where it says that the work is done already.
    fn settled(&self, _refusal: Kind) -> Option<Self::Answer> {
        None
    }
}

/// An action that answers page by page.
pub trait Paged: Action<Answer = Page<Self::Item>> + Sized {
    /// What the pages hold.
    type Item;

    /// The same request for the page that `token` names.
    #[must_use]
    fn after(&self, token: String) -> Self;
}

/// One page of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

/// The answer of an action whose end is a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// The cloud has taken the request. Attach, Detach and Delete go on after
    /// the answer: Describe tells when they are done.
    Accepted,
    /// What was to go is gone already.
    AlreadySo,
}

impl Effect {
    /// Reads an answer that holds nothing but the request's id.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Misfit> {
        #[derive(serde::Deserialize)]
        struct Wire {
            #[serde(rename = "RequestId")]
            _request_id: String,
        }
        crate::answer::parse::<Wire>(body).map(|_| Self::Accepted)
    }
}

#[cfg(test)]
mod fuzz;
