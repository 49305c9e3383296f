//! Lists that come page by page.

use cloud::action::describe_instance_types::DescribeInstanceTypes;
use cloud::action::describe_network_interfaces::DescribeNetworkInterfaces;
use cloud::{Error, Kind};

use crate::cloud::{Cloud, Reply, refuse};

fn page(ids: &[&str], next: &str) -> Reply {
    let interface = |id: &&str| {
        format!(
            r#"{{"NetworkInterfaceId": "{id}", "Status": "InUse", "Type": "Secondary",
                "MacAddress": "m", "VSwitchId": "v", "PrivateIpSets": {{"PrivateIpSet": []}}}}"#
        )
    };
    let sets = ids.iter().map(interface).collect::<Vec<_>>().join(",");
    let body = format!(
        r#"{{"NetworkInterfaceSets": {{"NetworkInterfaceSet": [{sets}]}}, "NextToken": "{next}"}}"#
    );
    Reply::Answer(200, body)
}

fn of_vpc() -> DescribeNetworkInterfaces {
    DescribeNetworkInterfaces {
        vpc: Some("vpc-1".to_owned()),
        ..DescribeNetworkInterfaces::default()
    }
}

#[tokio::test]
async fn pages_are_followed_to_the_end_with_the_same_filter() {
    let cloud = Cloud::new(|n, _| match n {
        0 => page(&["eni-1", "eni-2"], "p+2"),
        1 => refuse(400, "Throttling.User"),
        2 => page(&[], "p3"),
        _ => page(&["eni-3"], ""),
    })
    .await;
    let found = cloud.client().send_all(of_vpc()).await.unwrap();
    let ids: Vec<_> = found.iter().map(|interface| interface.id.as_str()).collect();
    assert_eq!(ids, ["eni-1", "eni-2", "eni-3"]);
    let seen = cloud.seen();
    let tokens: Vec<_> = seen.iter().map(|seen| seen.parameter("NextToken")).collect();
    assert_eq!(tokens, [None, Some("p%2B2"), Some("p%2B2"), Some("p3")]);
    assert!(seen.iter().all(|seen| seen.parameter("VpcId") == Some("vpc-1")));
    assert!(seen.iter().all(|seen| seen.parameter("MaxResults") == Some("500")));
}

#[tokio::test]
async fn pages_that_go_in_a_circle_are_an_error() {
    let cloud = Cloud::new(|n, _| page(&["eni-1"], if n % 2 == 0 { "p2" } else { "p3" })).await;
    let error = cloud.client().send_all(of_vpc()).await.unwrap_err();
    assert!(matches!(&error, Error::BadAnswer { path, .. } if path == "NextToken"), "{error:?}");
    assert_eq!(cloud.seen().len(), 3);
}

#[tokio::test]
async fn a_list_of_which_a_page_is_missing_is_no_list() {
    let cloud = Cloud::new(|n, _| match n {
        0 => page(&["eni-1"], "p2"),
        _ => refuse(403, "Forbidden.RAM"),
    })
    .await;
    let error = cloud.client().send_all(of_vpc()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
}

#[tokio::test]
async fn instance_types_come_in_pages_too() {
    let cloud = Cloud::new(|n, _| {
        let next = if n == 0 { "p2" } else { "" };
        let types = format!(r#"{{"InstanceType": [{{"InstanceTypeId": "ecs.t{n}"}}]}}"#);
        Reply::Answer(200, format!(r#"{{"InstanceTypes": {types}, "NextToken": "{next}"}}"#))
    })
    .await;
    let found = cloud.client().send_all(DescribeInstanceTypes::default()).await.unwrap();
    let ids: Vec<_> = found.into_iter().map(|found| found.id).collect();
    assert_eq!(ids, ["ecs.t0", "ecs.t1"]);
}
