//! VPC DescribeVSwitches: one vSwitch by id.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;

use super::{Action, Product};
use crate::answer::{Misfit, filled, parse};
use crate::parameters::Parameters;

/// The request. Repeats by reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DescribeVSwitches {
    /// The vSwitch.
    pub v_switch: String,
}

/// A vSwitch.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct VSwitch {
    /// VSwitchId.
    #[serde(rename = "VSwitchId")]
    pub id: String,
    /// ZoneId.
    #[serde(rename = "ZoneId")]
    pub zone: String,
    /// VpcId.
    #[serde(rename = "VpcId", default, deserialize_with = "filled")]
    pub vpc: Option<String>,
    /// CidrBlock.
    #[serde(rename = "CidrBlock")]
    pub cidr: Ipv4Net,
    /// Ipv6CidrBlock.
    #[serde(rename = "Ipv6CidrBlock", default, deserialize_with = "filled")]
    pub ipv6_cidr: Option<Ipv6Net>,
    /// AvailableIpAddressCount, as it came: addresses that nobody has.
    #[serde(rename = "AvailableIpAddressCount")]
    pub available: Option<i64>,
}

impl Action for DescribeVSwitches {
    /// `None` if there is no such vSwitch in the region.
    type Answer = Option<VSwitch>;
    const NAME: &'static str = "DescribeVSwitches";
    const PRODUCT: Product = Product::Vpc;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("VSwitchId", &self.v_switch)
    }

    fn answer(&self, body: &[u8]) -> Result<Option<VSwitch>, Misfit> {
        let wire: Wire = parse(body)?;
        Ok(wire.v_switches.v_switch.into_iter().find(|found| found.id == self.v_switch))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    v_switches: VSwitches,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VSwitches {
    v_switch: Vec<VSwitch>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn read(v_switches: &str) -> Result<Option<VSwitch>, Misfit> {
        let body = format!(r#"{{"TotalCount": 1, "VSwitches": {{"VSwitch": [{v_switches}]}}}}"#);
        DescribeVSwitches { v_switch: "vsw-1".to_owned() }.answer(body.as_bytes())
    }

    #[test]
    fn the_vswitch_that_was_asked_for_is_read() {
        let request = DescribeVSwitches { v_switch: "vsw-1".to_owned() };
        assert_eq!(request.parameters().encoded(), "VSwitchId=vsw-1");
        let other = r#"{"VSwitchId": "vsw-2", "ZoneId": "b", "CidrBlock": "10.0.1.0/24"}"#;
        let own = r#"{"VSwitchId": "vsw-1", "VpcId": "vpc-1", "ZoneId": "a", "CidrBlock": "10.0.0.0/24",
            "Ipv6CidrBlock": "2001:db8::/64", "AvailableIpAddressCount": 0}"#;
        assert_eq!(
            read(&format!("{other}, {own}")).unwrap(),
            Some(VSwitch {
                id: "vsw-1".to_owned(),
                zone: "a".to_owned(),
                vpc: Some("vpc-1".to_owned()),
                cidr: "10.0.0.0/24".parse().unwrap(),
                ipv6_cidr: Some("2001:db8::/64".parse().unwrap()),
                available: Some(0),
            })
        );
    }

    #[test]
    fn a_count_that_is_absent_is_not_zero() {
        let v_switch = r#"{"VSwitchId": "vsw-1", "ZoneId": "a", "CidrBlock": "10.0.0.0/24", "Ipv6CidrBlock": ""}"#;
        let read = read(v_switch).unwrap().unwrap();
        assert_eq!((read.available, read.ipv6_cidr, read.vpc), (None, None, None));
    }

    #[rstest]
    #[case::none("")]
    #[case::another(r#"{"VSwitchId": "vsw-2", "ZoneId": "b", "CidrBlock": "10.0.1.0/24"}"#)]
    fn no_such_vswitch_is_none(#[case] v_switches: &str) {
        assert_eq!(read(v_switches).unwrap(), None);
    }

    #[rstest]
    #[case(r#"{"VSwitchId": "vsw-1", "ZoneId": "a"}"#, "VSwitches.VSwitch[0]")]
    #[case(
        r#"{"VSwitchId": "vsw-1", "ZoneId": "a", "CidrBlock": "10.0.0.0/33"}"#,
        "VSwitches.VSwitch[0].CidrBlock"
    )]
    fn a_wrong_answer_is_named_by_its_path(#[case] v_switches: &str, #[case] path: &str) {
        assert_eq!(read(v_switches).unwrap_err().path().to_string(), path);
    }
}
