//! By what the reference tells of faults.

use std::net::SocketAddr;

use facts::signal::{Page, Signal};

use crate::signals::{MetricsAt, Signals};

/// Where the controller serves metrics in a lab.
pub(super) const CONTROL: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);

/// Kinds of kernel objects that the daemon counts when it puts them back.
const KINDS: [&str; 7] = ["link", "address", "route", "rule", "neighbour", "sysctl", "mark"];

pub(super) fn signals() -> Signals {
    let path = || "/metrics".to_owned();
    let repaired = |kind: &&str| {
        let labels = [("kind", *kind)];
        (format!("altered {kind}"), metric(Page::Node, "terway_repaired_total", &labels))
    };
    let others = [
        ("no address left", metric(Page::Node, "terway_exhausted_total", &[])),
        ("refused configuration", metric(Page::Node, "terway_config_refused_total", &[])),
        ("broken state", metric(Page::Node, "terway_journal_broken", &[])),
        ("API out of reach", metric(Page::Node, "terway_api_away", &[])),
        ("vanished sandbox", metric(Page::Node, "terway_collected_total", &[])),
        ("forged packets", metric(Page::Node, "terway_forged_packets_total", &[])),
        ("full vSwitch", event("InsufficientIP")),
        ("refusal of the cloud", event("CloudRefused")),
        ("throttling of the cloud", throttled()),
        ("leaked interface", leaked()),
    ];
    let others = others.map(|(fault, signal)| (fault.to_owned(), signal));
    Signals {
        node: Some((MetricsAt::Socket("/var/run/eni/eni_debug.socket".into()), path())),
        control: Some((MetricsAt::Address(CONTROL), path())),
        named: KINDS.iter().map(repaired).chain(others).collect(),
    }
}

fn throttled() -> Signal {
    metric(Page::Control, "aliyun_openapi_latency_count", &[("code", "Throttling")])
}

fn leaked() -> Signal {
    metric(Page::Control, "terway_controlplane_acts_total", &[("act", "leak_deleted")])
}

fn metric(page: Page, name: &str, labels: &[(&str, &str)]) -> Signal {
    let labels = labels.iter().map(|(key, is)| ((*key).to_owned(), (*is).to_owned())).collect();
    Signal::Metric { page, name: name.to_owned(), labels }
}

fn event(reason: &str) -> Signal {
    Signal::Event { reason: reason.to_owned() }
}
