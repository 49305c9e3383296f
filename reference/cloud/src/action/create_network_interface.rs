//! ECS CreateNetworkInterface: make an interface, with its first addresses. The
//! answer is the interface, ready to be attached.

use std::collections::BTreeMap;

use super::{Action, Product};
use crate::amount::Amount;
use crate::answer::{Misfit, parse};
use crate::interface::{Interface, Role, TrafficMode, wire};
use crate::parameters::Parameters;
use crate::token::ClientToken;

/// The request. Repeats by token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreateNetworkInterface {
    /// Makes a repetition harmless.
    pub token: ClientToken,
    /// Where its addresses come from.
    pub v_switch: String,
    /// `Secondary` or `Trunk`.
    pub role: Role,
    /// 1 to 10 of them.
    pub security_groups: Vec<String>,
    /// IPv4 besides the primary address.
    pub ipv4: Option<Amount>,
    /// IPv6.
    pub ipv6: Option<Amount>,
    /// Whether the interface goes with its instance.
    pub delete_on_release: Option<bool>,
    /// Whether the cloud drops what does not bear the interface's own addresses.
    pub source_dest_check: Option<bool>,
    /// TCP or RDMA.
    pub traffic_mode: Option<TrafficMode>,
    /// Resource group.
    pub resource_group: Option<String>,
    /// 2 to 256 characters.
    pub description: Option<String>,
    /// 20 of them at most.
    pub tags: BTreeMap<String, String>,
}

impl Action for CreateNetworkInterface {
    type Answer = Interface;
    const NAME: &'static str = "CreateNetworkInterface";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        let own = Parameters::default()
            .with("ClientToken", &self.token)
            .with("VSwitchId", &self.v_switch)
            .with("InstanceType", &self.role)
            .with_list("SecurityGroupIds", &self.security_groups)
            .with_some("DeleteOnRelease", self.delete_on_release.as_ref())
            .with_some("SourceDestCheck", self.source_dest_check.as_ref())
            .with_some("NetworkInterfaceTrafficMode", self.traffic_mode.as_ref())
            .with_some("ResourceGroupId", self.resource_group.as_ref())
            .with_some("Description", self.description.as_ref())
            .with_tags(&self.tags);
        let own = match self.ipv4 {
            Some(Amount::Addresses(n)) => own.with("SecondaryPrivateIpAddressCount", &n),
            Some(Amount::Prefixes(n)) => own.with("Ipv4PrefixCount", &n),
            None => own,
        };
        match self.ipv6 {
            Some(Amount::Addresses(n)) => own.with("Ipv6AddressCount", &n),
            Some(Amount::Prefixes(n)) => own.with("Ipv6PrefixCount", &n),
            None => own,
        }
    }

    /// An answer without Type is taken to be what was asked for.
    fn answer(&self, body: &[u8]) -> Result<Interface, Misfit> {
        Ok(parse::<wire::Interface>(body)?.with_role(self.role.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::num::NonZeroU16;

    fn request() -> CreateNetworkInterface {
        CreateNetworkInterface {
            token: "t-1".to_owned().try_into().unwrap(),
            v_switch: "vsw-1".to_owned(),
            role: Role::Secondary,
            security_groups: vec!["sg-1".to_owned(), "sg-2".to_owned()],
            ipv4: None,
            ipv6: None,
            delete_on_release: None,
            source_dest_check: None,
            traffic_mode: None,
            resource_group: None,
            description: None,
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn the_least_request_sends_nothing_that_was_not_asked() {
        assert_eq!(
            request().parameters().encoded(),
            "ClientToken=t-1&InstanceType=Secondary&SecurityGroupIds.1=sg-1&SecurityGroupIds.2=sg-2\
             &VSwitchId=vsw-1"
        );
    }

    #[test]
    fn everything_that_was_asked_is_sent() {
        let full = CreateNetworkInterface {
            role: Role::Trunk,
            delete_on_release: Some(true),
            source_dest_check: Some(false),
            traffic_mode: Some(TrafficMode::HighPerformance),
            resource_group: Some("rg-1".to_owned()),
            description: Some("for node a".to_owned()),
            tags: BTreeMap::from([("creator".to_owned(), "terway".to_owned())]),
            ..request()
        };
        assert_eq!(
            full.parameters().encoded(),
            "ClientToken=t-1&DeleteOnRelease=true&Description=for%20node%20a&InstanceType=Trunk\
             &NetworkInterfaceTrafficMode=HighPerformance&ResourceGroupId=rg-1\
             &SecurityGroupIds.1=sg-1&SecurityGroupIds.2=sg-2&SourceDestCheck=false\
             &Tag.1.Key=creator&Tag.1.Value=terway&VSwitchId=vsw-1"
        );
    }

    const FOUR: Option<NonZeroU16> = NonZeroU16::new(4);

    #[rstest]
    #[case(FOUR.map(Amount::Addresses), None, "SecondaryPrivateIpAddressCount=4")]
    #[case(FOUR.map(Amount::Prefixes), None, "Ipv4PrefixCount=4")]
    #[case(None, FOUR.map(Amount::Addresses), "Ipv6AddressCount=4")]
    #[case(None, FOUR.map(Amount::Prefixes), "Ipv6PrefixCount=4")]
    fn an_amount_is_addresses_or_prefixes(
        #[case] ipv4: Option<Amount>,
        #[case] ipv6: Option<Amount>,
        #[case] sent: &str,
    ) {
        let sends = CreateNetworkInterface { ipv4, ipv6, ..request() }.parameters().encoded();
        assert_eq!(
            sends.split('&').filter(|pair| pair.contains("Count=")).collect::<Vec<_>>(),
            [sent]
        );
    }

    #[test]
    fn an_answer_without_a_type_is_what_was_asked_for() {
        let body = r#"{"RequestId": "r", "NetworkInterfaceId": "eni-1", "Status": "Available",
            "MacAddress": "00:16:3e:00:00:01", "VSwitchId": "vsw-1",
            "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.0.0.5", "Primary": true}]}}"#;
        let trunk = CreateNetworkInterface { role: Role::Trunk, ..request() };
        assert_eq!(trunk.answer(body.as_bytes()).unwrap().role, Role::Trunk);
        assert_eq!(request().answer(body.as_bytes()).unwrap().role, Role::Secondary);
    }

    #[test]
    fn an_answer_without_an_id_is_an_error() {
        let error = request().answer(br#"{"RequestId": "r"}"#).unwrap_err();
        assert!(error.to_string().contains("missing field `NetworkInterfaceId`"), "{error}");
    }
}
