//! ECS AssignPrivateIpAddresses: more IPv4 for an interface, chosen by the cloud.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::Deserialize;

use super::{Action, Product};
use crate::amount::{Amount, Ipv4Batch};
use crate::answer::{Misfit, parse};
use crate::parameters::Parameters;
use crate::token::ClientToken;

/// The request. Repeats by token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssignPrivateIpAddresses {
    /// Makes a repetition harmless.
    pub token: ClientToken,
    /// The interface.
    pub interface: String,
    /// How much.
    pub amount: Amount,
}

impl Action for AssignPrivateIpAddresses {
    /// What was assigned, of the kind that was asked for. The cloud may give
    /// less than was asked.
    type Answer = Ipv4Batch;
    const NAME: &'static str = "AssignPrivateIpAddresses";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        let own = Parameters::default()
            .with("ClientToken", &self.token)
            .with("NetworkInterfaceId", &self.interface);
        match self.amount {
            Amount::Addresses(n) => own.with("SecondaryPrivateIpAddressCount", &n),
            Amount::Prefixes(n) => own.with("Ipv4PrefixCount", &n),
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Ipv4Batch, Misfit> {
        match self.amount {
            Amount::Addresses(_) => {
                parse(body).map(|Addresses { assigned_private_ip_addresses_set: set }| {
                    Ipv4Batch::Addresses(set.private_ip_set.private_ip_address)
                })
            }
            Amount::Prefixes(_) => {
                parse(body).map(|Prefixes { assigned_private_ip_addresses_set: set }| {
                    Ipv4Batch::Prefixes(set.ipv4_prefix_set.ipv4_prefixes)
                })
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Addresses {
    assigned_private_ip_addresses_set: AddressesSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AddressesSet {
    private_ip_set: PrivateIpSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrivateIpSet {
    private_ip_address: Vec<Ipv4Addr>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Prefixes {
    assigned_private_ip_addresses_set: PrefixesSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrefixesSet {
    ipv4_prefix_set: Ipv4PrefixSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv4PrefixSet {
    ipv4_prefixes: Vec<Ipv4Net>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::num::NonZeroU16;

    const TWO: NonZeroU16 = NonZeroU16::new(2).expect("2 is not 0");

    fn request(amount: Amount) -> AssignPrivateIpAddresses {
        let token = "t-1".to_owned().try_into().unwrap();
        AssignPrivateIpAddresses { token, interface: "eni-1".to_owned(), amount }
    }

    #[rstest]
    #[case(
        Amount::Addresses(TWO),
        "ClientToken=t-1&NetworkInterfaceId=eni-1&SecondaryPrivateIpAddressCount=2"
    )]
    #[case(Amount::Prefixes(TWO), "ClientToken=t-1&Ipv4PrefixCount=2&NetworkInterfaceId=eni-1")]
    fn addresses_or_prefixes_are_asked_for(#[case] amount: Amount, #[case] sent: &str) {
        assert_eq!(request(amount).parameters().encoded(), sent);
    }

    const BOTH: &str = r#"{"RequestId": "r", "AssignedPrivateIpAddressesSet": {"NetworkInterfaceId": "eni-1",
        "PrivateIpSet": {"PrivateIpAddress": ["10.0.0.6", "10.0.0.7"]},
        "Ipv4PrefixSet": {"Ipv4Prefixes": ["10.0.0.16/28"]}}}"#;

    #[test]
    fn what_was_asked_for_is_read() {
        let addresses = ["10.0.0.6", "10.0.0.7"].map(|text| text.parse().unwrap()).to_vec();
        let read = request(Amount::Addresses(TWO)).answer(BOTH.as_bytes()).unwrap();
        assert_eq!(read, Ipv4Batch::Addresses(addresses));
        let read = request(Amount::Prefixes(TWO)).answer(BOTH.as_bytes()).unwrap();
        assert_eq!(read, Ipv4Batch::Prefixes(vec!["10.0.0.16/28".parse().unwrap()]));
    }

    #[rstest]
    #[case::nothing(Amount::Addresses(TWO), "{}", ".")]
    #[case::the_other_kind(
        Amount::Prefixes(TWO),
        r#"{"AssignedPrivateIpAddressesSet": {"PrivateIpSet": {"PrivateIpAddress": []}}}"#,
        "AssignedPrivateIpAddressesSet"
    )]
    #[case::no_address(
        Amount::Addresses(TWO),
        r#"{"AssignedPrivateIpAddressesSet": {"PrivateIpSet": {"PrivateIpAddress": ["x"]}}}"#,
        "AssignedPrivateIpAddressesSet.PrivateIpSet.PrivateIpAddress[0]"
    )]
    fn an_answer_without_it_is_an_error(
        #[case] amount: Amount,
        #[case] body: &str,
        #[case] path: &str,
    ) {
        let error = request(amount).answer(body.as_bytes()).unwrap_err();
        assert_eq!(error.path().to_string(), path, "{error}");
    }
}
