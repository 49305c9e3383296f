//! Between the wire and `model`. The daemon may be of another version than the
//! plugin, so what it says is checked like any other input.

use std::net::IpAddr;
use std::str::FromStr;

use model::kernel::Layout;
use model::{Addresses, EniId, EniLink, Placement};
use thiserror::Error;

use crate::{AllocIpReply, BasicInfo, EniInfo, IpSet, NetConf, Wiring};

/// The daemon's answer lacks something or holds something odd.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the daemon's answer holds {found:?} as {field}")]
pub struct BadReply {
    field: &'static str,
    found: String,
}

impl BadReply {
    fn new(field: &'static str, found: impl Into<String>) -> Self {
        Self { field, found: found.into() }
    }
}

/// Writes what a sandbox was given.
pub fn net_conf(ifname: &str, addresses: Addresses, placement: &Placement) -> NetConf {
    let eni = &placement.eni;
    let gateways = set(eni.gateways.iter().copied());
    NetConf {
        basic_info: Some(BasicInfo {
            pod_ip: Some(set(addresses.iter())),
            gateway_ip: Some(gateways.clone()),
            ..BasicInfo::default()
        }),
        eni_info: Some(EniInfo {
            mac: eni.mac.to_string(),
            gateway_ip: Some(gateways),
            id: eni.id.0.clone(),
            ..EniInfo::default()
        }),
        if_name: ifname.to_owned(),
        default_route: true,
        wiring: Some(Wiring {
            layout: match placement.layout {
                Layout::Document => crate::Layout::Document,
                Layout::Upstream => crate::Layout::Upstream,
            }
            .into(),
            link_index: eni.index,
            slot: eni.slot.into(),
            tables: placement.tables.clone(),
        }),
        ..NetConf::default()
    }
}

/// Reads what a sandbox was given.
pub fn granted(reply: &AllocIpReply) -> Result<(Addresses, Placement), BadReply> {
    let [conf] = reply.net_confs.as_slice() else {
        return Err(BadReply::new(
            "NetConfs, of which there must be one",
            reply.net_confs.len().to_string(),
        ));
    };
    let basic = conf.basic_info.clone().unwrap_or_default();
    let info = conf.eni_info.clone().unwrap_or_default();
    let wiring = conf.wiring.as_ref().ok_or_else(|| BadReply::new("Wiring", "nothing"))?;
    let (v4, v6) = pair("PodIP", basic.pod_ip)?;
    let addresses = Addresses {
        v4: v4.map(|text| address("PodIP.IPv4", &text)).transpose()?,
        v6: v6.map(|text| address("PodIP.IPv6", &text)).transpose()?,
    };
    let (gateway4, gateway6) = pair("GatewayIP", info.gateway_ip)?;
    let gateways: Result<Vec<IpAddr>, _> =
        gateway4.into_iter().chain(gateway6).map(|text| address("GatewayIP", &text)).collect();
    let eni = EniLink {
        id: EniId(info.id),
        mac: address("MAC", &info.mac)?,
        index: wiring.link_index,
        gateways: gateways?,
        slot: u16::try_from(wiring.slot)
            .map_err(|_| BadReply::new("Slot", wiring.slot.to_string()))?,
    };
    let layout = match wiring.layout() {
        crate::Layout::Document => Layout::Document,
        crate::Layout::Upstream => Layout::Upstream,
    };
    Ok((addresses, Placement { eni, tables: wiring.tables.clone(), layout }))
}

fn set(addresses: impl Iterator<Item = IpAddr>) -> IpSet {
    let mut set = IpSet::default();
    for address in addresses {
        let field = if address.is_ipv4() { &mut set.i_pv4 } else { &mut set.i_pv6 };
        *field = address.to_string();
    }
    set
}

fn pair(
    field: &'static str,
    set: Option<IpSet>,
) -> Result<(Option<String>, Option<String>), BadReply> {
    let set = set.unwrap_or_default();
    let present = |text: String| (!text.is_empty()).then_some(text);
    match (present(set.i_pv4), present(set.i_pv6)) {
        (None, None) => Err(BadReply::new(field, "no address")),
        found => Ok(found),
    }
}

fn address<T: FromStr>(field: &'static str, text: &str) -> Result<T, BadReply> {
    text.parse().map_err(|_| BadReply::new(field, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> (Addresses, Placement) {
        let eni = EniLink {
            id: "eni-1".into(),
            mac: "00:16:3e:00:00:01".parse().unwrap(),
            index: 7,
            gateways: vec!["10.0.1.253".parse().unwrap(), "fd00:1::fffd".parse().unwrap()],
            slot: 2,
        };
        let addresses = Addresses {
            v4: Some("10.0.1.5".parse().unwrap()),
            v6: Some("fd00:1::5".parse().unwrap()),
        };
        (addresses, Placement { eni, tables: vec![1005, 1007], layout: Layout::Upstream })
    }

    fn reply() -> AllocIpReply {
        let (addresses, placement) = given();
        AllocIpReply {
            success: true,
            net_confs: vec![net_conf("eth0", addresses, &placement)],
            ..AllocIpReply::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(granted(&reply()), Ok(given()));
    }

    #[test]
    fn odd_answers_name_their_field() {
        let mut odd = reply();
        odd.net_confs[0].eni_info.as_mut().unwrap().mac = "x".to_owned();
        let text = granted(&odd).unwrap_err().to_string();
        assert_eq!(text, "the daemon's answer holds \"x\" as MAC");

        let mut empty = reply();
        empty.net_confs[0].basic_info.as_mut().unwrap().pod_ip = None;
        assert!(granted(&empty).unwrap_err().to_string().contains("PodIP"));

        let mut older = reply();
        older.net_confs[0].wiring = None;
        assert!(granted(&older).unwrap_err().to_string().contains("Wiring"));

        let none = AllocIpReply::default();
        assert!(granted(&none).unwrap_err().to_string().contains("NetConfs"));
    }
}
