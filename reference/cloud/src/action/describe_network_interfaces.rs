//! ECS DescribeNetworkInterfaces: the interfaces that pass every filter, 500 a page.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Action, Page, Paged, Product};
use crate::answer::{Misfit, filled, parse};
use crate::interface::{Interface, Role, Status};
use crate::parameters::Parameters;

/// Interfaces a page: the most that the cloud gives.
const PAGE: u16 = 500;

/// The request. An empty filter lets everything pass. Repeats by reading.
///
/// Pages are read one after another: an interface that is made or deleted
/// meanwhile may be missing or stand twice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DescribeNetworkInterfaces {
    /// By id; 100 of them at most. What does not exist is left out.
    pub ids: Vec<String>,
    /// Plugged into this instance.
    pub instance: Option<String>,
    /// In this VPC.
    pub vpc: Option<String>,
    /// Of this type.
    pub role: Option<Role>,
    /// In this state.
    pub status: Option<Status>,
    /// With all of these tags. The cloud finds 1000 interfaces by tag at most.
    pub tags: BTreeMap<String, String>,
    /// The page that this token names, instead of the first.
    pub next: Option<String>,
}

impl Action for DescribeNetworkInterfaces {
    type Answer = Page<Interface>;
    const NAME: &'static str = "DescribeNetworkInterfaces";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("MaxResults", &PAGE)
            .with_list("NetworkInterfaceId", &self.ids)
            .with_some("InstanceId", self.instance.as_ref())
            .with_some("VpcId", self.vpc.as_ref())
            .with_some("Type", self.role.as_ref())
            .with_some("Status", self.status.as_ref())
            .with_tags(&self.tags)
            .with_some("NextToken", self.next.as_ref())
    }

    fn answer(&self, body: &[u8]) -> Result<Page<Interface>, Misfit> {
        let wire: Wire = parse(body)?;
        Ok(Page { items: wire.network_interface_sets.network_interface_set, next: wire.next_token })
    }
}

impl Paged for DescribeNetworkInterfaces {
    type Item = Interface;

    fn after(&self, token: String) -> Self {
        Self { next: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    network_interface_sets: Sets,
    #[serde(default, deserialize_with = "filled")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sets {
    network_interface_set: Vec<Interface>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_filter_is_sent() {
        let request = DescribeNetworkInterfaces {
            ids: vec!["eni-1".to_owned(), "eni-2".to_owned()],
            instance: Some("i-1".to_owned()),
            vpc: Some("vpc-1".to_owned()),
            role: Some(Role::Member),
            status: Some(Status::InUse),
            tags: BTreeMap::from([("creator".to_owned(), "terway".to_owned())]),
            next: None,
        };
        assert_eq!(
            request.after("p/2==".to_owned()).parameters().encoded(),
            "InstanceId=i-1&MaxResults=500&NetworkInterfaceId.1=eni-1&NetworkInterfaceId.2=eni-2\
             &NextToken=p%2F2%3D%3D&Status=InUse&Tag.1.Key=creator&Tag.1.Value=terway&Type=Member\
             &VpcId=vpc-1"
        );
        assert_eq!(DescribeNetworkInterfaces::default().parameters().encoded(), "MaxResults=500");
    }

    #[rstest]
    #[case::absent("", None)]
    #[case::empty(r#", "NextToken": """#, None)]
    #[case::there(r#", "NextToken": "p2""#, Some("p2"))]
    fn an_empty_token_ends_the_pages(#[case] token: &str, #[case] next: Option<&str>) {
        let body = format!(r#"{{"NetworkInterfaceSets": {{"NetworkInterfaceSet": []}}{token}}}"#);
        let page = DescribeNetworkInterfaces::default().answer(body.as_bytes()).unwrap();
        assert_eq!(page, Page { items: Vec::new(), next: next.map(str::to_owned) });
    }

    #[rstest]
    #[case::no_sets("{}", ".")]
    #[case::no_list(r#"{"NetworkInterfaceSets": {}}"#, "NetworkInterfaceSets")]
    #[case::null(
        r#"{"NetworkInterfaceSets": {"NetworkInterfaceSet": null}}"#,
        "NetworkInterfaceSets.NetworkInterfaceSet"
    )]
    #[case::element(
        r#"{"NetworkInterfaceSets": {"NetworkInterfaceSet": [{}]}}"#,
        "NetworkInterfaceSets.NetworkInterfaceSet[0]"
    )]
    fn an_answer_without_a_list_is_no_empty_list(#[case] body: &str, #[case] path: &str) {
        let error = DescribeNetworkInterfaces::default().answer(body.as_bytes()).unwrap_err();
        assert_eq!(error.path().to_string(), path);
    }
}
