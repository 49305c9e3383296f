//! ECS DescribeInstanceTypes: what an instance type can carry.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Action, Page, Paged, Product};
use crate::answer::{Misfit, filled, parse};
use crate::parameters::Parameters;

/// Types a page: the most that the cloud gives.
const PAGE: u16 = 100;

/// The request. Repeats by reading.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DescribeInstanceTypes {
    /// By name; 10 of them at most. None of them: all types.
    pub types: Vec<String>,
    /// The page that this token names, instead of the first.
    pub next: Option<String>,
}

/// An instance type. Quantities are as they came: the caller judges what is
/// absent or odd.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InstanceType {
    /// InstanceTypeId.
    pub id: String,
    /// EniQuantity: interfaces, the primary one among them.
    pub interfaces: Option<i64>,
    /// EniTotalQuantity: interfaces, members of trunks among them.
    pub interfaces_with_members: Option<i64>,
    /// EniPrivateIpAddressQuantity: IPv4 addresses an interface.
    pub ipv4_per_interface: Option<i64>,
    /// EniIpv6AddressQuantity: IPv6 addresses an interface.
    pub ipv6_per_interface: Option<i64>,
    /// EniTrunkSupported.
    pub trunk: Option<bool>,
    /// EriQuantity: interfaces with RDMA.
    pub rdma_interfaces: Option<i64>,
    /// InstanceBandwidthRx, in kbit/s.
    pub bandwidth_in: Option<i64>,
    /// InstanceBandwidthTx, in kbit/s.
    pub bandwidth_out: Option<i64>,
    /// NetworkCards: the index of each.
    pub network_cards: Option<Vec<i64>>,
    /// The field that could not be read, and why; all quantities are absent then.
    /// One odd type spoils no other of the same answer.
    pub odd: Option<String>,
}

impl Action for DescribeInstanceTypes {
    type Answer = Page<InstanceType>;
    const NAME: &'static str = "DescribeInstanceTypes";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("MaxResults", &PAGE)
            .with_list("InstanceTypes", &self.types)
            .with_some("NextToken", self.next.as_ref())
    }

    fn answer(&self, body: &[u8]) -> Result<Page<InstanceType>, Misfit> {
        let wire: Wire = parse(body)?;
        let items = wire.instance_types.instance_type.into_iter().map(InstanceType::read).collect();
        Ok(Page { items, next: wire.next_token })
    }
}

impl Paged for DescribeInstanceTypes {
    type Item = InstanceType;

    fn after(&self, token: String) -> Self {
        Self { next: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    instance_types: InstanceTypes,
    #[serde(default, deserialize_with = "filled")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceTypes {
    instance_type: Vec<Named>,
}

/// A type whose name was read, and everything that is said of it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    instance_type_id: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireType {
    eni_quantity: Option<i64>,
    eni_total_quantity: Option<i64>,
    eni_private_ip_address_quantity: Option<i64>,
    eni_ipv6_address_quantity: Option<i64>,
    eni_trunk_supported: Option<bool>,
    eri_quantity: Option<i64>,
    instance_bandwidth_rx: Option<i64>,
    instance_bandwidth_tx: Option<i64>,
    network_cards: Option<NetworkCards>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkCards {
    network_card_info: Option<Vec<NetworkCard>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkCard {
    network_card_index: i64,
}

impl InstanceType {
    fn read(named: Named) -> Self {
        let Named { instance_type_id: id, rest } = named;
        match serde_path_to_error::deserialize::<_, WireType>(Value::Object(rest)) {
            Ok(wire) => Self::of(id, wire),
            Err(misfit) => {
                let odd = Some(format!("{}: {}", misfit.path(), misfit.inner()));
                Self { id, odd, ..Self::default() }
            }
        }
    }

    fn of(id: String, wire: WireType) -> Self {
        let cards = wire.network_cards.and_then(|cards| cards.network_card_info);
        Self {
            id,
            interfaces: wire.eni_quantity,
            interfaces_with_members: wire.eni_total_quantity,
            ipv4_per_interface: wire.eni_private_ip_address_quantity,
            ipv6_per_interface: wire.eni_ipv6_address_quantity,
            trunk: wire.eni_trunk_supported,
            rdma_interfaces: wire.eri_quantity,
            bandwidth_in: wire.instance_bandwidth_rx,
            bandwidth_out: wire.instance_bandwidth_tx,
            network_cards: cards
                .map(|all| all.iter().map(|card| card.network_card_index).collect()),
            odd: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn read(types: &str) -> Result<Page<InstanceType>, Misfit> {
        let body =
            format!(r#"{{"InstanceTypes": {{"InstanceType": [{types}]}}, "NextToken": ""}}"#);
        DescribeInstanceTypes::default().answer(body.as_bytes())
    }

    #[test]
    fn types_are_asked_for_by_name() {
        let types = ["ecs.g7.large", "ecs.g7.8xlarge"].map(str::to_owned).to_vec();
        assert_eq!(
            DescribeInstanceTypes { types, next: None }
                .after("p2".to_owned())
                .parameters()
                .encoded(),
            "InstanceTypes.1=ecs.g7.large&InstanceTypes.2=ecs.g7.8xlarge&MaxResults=100&NextToken=p2"
        );
    }

    #[test]
    fn quantities_are_as_they_came() {
        let page = read(
            r#"{"InstanceTypeId": "ecs.g7.8xlarge", "EniQuantity": 8, "EniTotalQuantity": 56,
                "EniPrivateIpAddressQuantity": 30, "EniIpv6AddressQuantity": -1, "EniTrunkSupported": true,
                "EriQuantity": 0, "InstanceBandwidthRx": 16384000, "InstanceBandwidthTx": 16384000,
                "NetworkCards": {"NetworkCardInfo": [{"NetworkCardIndex": 0}, {"NetworkCardIndex": 1}]}},
               {"InstanceTypeId": "ecs.new", "EniQuantity": null, "NetworkCards": {}}"#,
        )
        .unwrap();
        let known = InstanceType {
            id: "ecs.g7.8xlarge".to_owned(),
            interfaces: Some(8),
            interfaces_with_members: Some(56),
            ipv4_per_interface: Some(30),
            ipv6_per_interface: Some(-1),
            trunk: Some(true),
            rdma_interfaces: Some(0),
            bandwidth_in: Some(16_384_000),
            bandwidth_out: Some(16_384_000),
            network_cards: Some(vec![0, 1]),
            odd: None,
        };
        let new = InstanceType { id: "ecs.new".to_owned(), ..InstanceType::default() };
        assert_eq!(page, Page { items: vec![known, new], next: None });
    }

    #[test]
    fn a_type_without_a_name_is_an_error() {
        let path = read("{}").unwrap_err().path().to_string();
        assert_eq!(path, "InstanceTypes.InstanceType[0]");
    }

    #[rstest]
    #[case::text("\"8\"")]
    #[case::half("8.5")]
    #[case::huge("9223372036854775808")]
    #[case::list("[8]")]
    fn a_wrong_quantity_is_told_and_spoils_no_other_type(#[case] quantity: &str) {
        let page = read(&format!(
            r#"{{"InstanceTypeId": "odd", "EniQuantity": {quantity}}},
               {{"InstanceTypeId": "sound", "EniQuantity": 8}}"#
        ));
        let items = page.unwrap().items;
        assert!(items[0].odd.as_ref().unwrap().starts_with("EniQuantity: "), "{items:?}");
        assert_eq!((items[0].interfaces, items[1].interfaces), (None, Some(8)));
        assert_eq!(items[1].odd, None);
    }
}
