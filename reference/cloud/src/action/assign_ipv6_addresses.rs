//! ECS AssignIpv6Addresses: more IPv6 for an interface, chosen by the cloud.

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;
use serde::Deserialize;

use super::{Action, Product};
use crate::amount::{Amount, Ipv6Batch};
use crate::answer::{Misfit, parse};
use crate::parameters::Parameters;
use crate::token::ClientToken;

/// The request. Repeats by token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssignIpv6Addresses {
    /// Makes a repetition harmless.
    pub token: ClientToken,
    /// The interface.
    pub interface: String,
    /// How much.
    pub amount: Amount,
}

impl Action for AssignIpv6Addresses {
    /// What was assigned, of the kind that was asked for. The cloud may give
    /// less than was asked.
    type Answer = Ipv6Batch;
    const NAME: &'static str = "AssignIpv6Addresses";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        let own = Parameters::default()
            .with("ClientToken", &self.token)
            .with("NetworkInterfaceId", &self.interface);
        match self.amount {
            Amount::Addresses(n) => own.with("Ipv6AddressCount", &n),
            Amount::Prefixes(n) => own.with("Ipv6PrefixCount", &n),
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Ipv6Batch, Misfit> {
        match self.amount {
            Amount::Addresses(_) => parse(body)
                .map(|Addresses { ipv6_sets: set }| Ipv6Batch::Addresses(set.ipv6_address)),
            Amount::Prefixes(_) => parse(body)
                .map(|Prefixes { ipv6_prefix_sets: set }| Ipv6Batch::Prefixes(set.ipv6_prefix)),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Addresses {
    ipv6_sets: Ipv6Sets,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6Sets {
    ipv6_address: Vec<Ipv6Addr>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Prefixes {
    ipv6_prefix_sets: Ipv6PrefixSets,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6PrefixSets {
    ipv6_prefix: Vec<Ipv6Net>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::num::NonZeroU16;

    const TWO: NonZeroU16 = NonZeroU16::new(2).expect("2 is not 0");

    fn request(amount: Amount) -> AssignIpv6Addresses {
        let token = "t-1".to_owned().try_into().unwrap();
        AssignIpv6Addresses { token, interface: "eni-1".to_owned(), amount }
    }

    #[rstest]
    #[case(Amount::Addresses(TWO), "ClientToken=t-1&Ipv6AddressCount=2&NetworkInterfaceId=eni-1")]
    #[case(Amount::Prefixes(TWO), "ClientToken=t-1&Ipv6PrefixCount=2&NetworkInterfaceId=eni-1")]
    fn addresses_or_prefixes_are_asked_for(#[case] amount: Amount, #[case] sent: &str) {
        assert_eq!(request(amount).parameters().encoded(), sent);
    }

    const BOTH: &str = r#"{"RequestId": "r", "NetworkInterfaceId": "eni-1",
        "Ipv6Sets": {"Ipv6Address": ["2001:db8::6", "2001:db8::7"]},
        "Ipv6PrefixSets": {"Ipv6Prefix": ["2001:db8::10:0/112"]}}"#;

    #[test]
    fn what_was_asked_for_is_read() {
        let addresses = ["2001:db8::6", "2001:db8::7"].map(|text| text.parse().unwrap()).to_vec();
        let read = request(Amount::Addresses(TWO)).answer(BOTH.as_bytes()).unwrap();
        assert_eq!(read, Ipv6Batch::Addresses(addresses));
        let read = request(Amount::Prefixes(TWO)).answer(BOTH.as_bytes()).unwrap();
        assert_eq!(read, Ipv6Batch::Prefixes(vec!["2001:db8::10:0/112".parse().unwrap()]));
    }

    #[rstest]
    #[case::nothing(Amount::Addresses(TWO), "{}", ".")]
    #[case::the_other_kind(Amount::Prefixes(TWO), r#"{"Ipv6Sets": {"Ipv6Address": []}}"#, ".")]
    #[case::no_address(
        Amount::Addresses(TWO),
        r#"{"Ipv6Sets": {"Ipv6Address": ["10.0.0.1"]}}"#,
        "Ipv6Sets.Ipv6Address[0]"
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
