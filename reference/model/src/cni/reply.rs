//! The result of ADD (CNI specification 1.1.0, section 5), in each version's form.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::Mac;

use super::Version;

/// A link that ADD made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// Name of the link.
    pub name: String,
    /// Its hardware address.
    pub mac: Mac,
    /// Its MTU in bytes.
    pub mtu: u32,
    /// Path of the namespace it lives in; none for the node's.
    pub sandbox: Option<String>,
}

/// What ADD tells the runtime.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The node's end of the pair.
    pub host: Interface,
    /// The pod's end; the addresses belong to it.
    pub pod: Interface,
    /// Each address with the gateway of its default route.
    pub addresses: Vec<(IpNet, IpAddr)>,
}

impl Reply {
    /// The JSON object to print.
    pub fn to_json(&self, version: Version) -> Value {
        let interfaces = [&self.host, &self.pod].map(|link| interface(link, version));
        let ips: Vec<_> = self.addresses.iter().map(|entry| address(entry, version)).collect();
        let routes: Vec<_> = self.addresses.iter().map(default_route).collect();
        let newest = version != Version::V1_1_0 && defect::on("add-answers-in-the-newest-version");
        json!({
            "cniVersion": if newest { Version::V1_1_0 } else { version }.text(),
            "interfaces": interfaces,
            "ips": ips,
            "routes": routes,
            "dns": {},
        })
    }
}

fn interface(link: &Interface, version: Version) -> Value {
    let mut object = json!({ "name": link.name, "mac": link.mac.to_string() });
    if version >= Version::V1_1_0 {
        let off = u32::from(defect::on("add-tells-another-mtu"));
        object["mtu"] = (link.mtu + off).into();
    }
    if let Some(sandbox) = &link.sandbox {
        object["sandbox"] = sandbox.as_str().into();
    }
    object
}

fn address((net, gateway): &(IpNet, IpAddr), version: Version) -> Value {
    let mut object = json!({ "interface": 1, "address": net.to_string(), "gateway": gateway });
    if version < Version::V1_0_0 && !defect::on("add-tells-no-family") {
        object["version"] = if net.addr().is_ipv4() { "4" } else { "6" }.into();
    }
    object
}

fn default_route((net, gateway): &(IpNet, IpAddr)) -> Value {
    let dst = if net.addr().is_ipv4() { "0.0.0.0/0" } else { "::/0" };
    json!({ "dst": dst, "gw": gateway })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> Reply {
        let link = |name: &str, last, sandbox| Interface {
            name: name.to_owned(),
            mac: Mac([2, 0, 0, 0, 0, last]),
            mtu: 1500,
            sandbox,
        };
        Reply {
            host: link("cali1", 1, None),
            pod: link("eth0", 2, Some("/run/netns/p".to_owned())),
            addresses: vec![
                ("10.0.1.5/32".parse().unwrap(), "169.254.1.1".parse().unwrap()),
                ("fd00::5/128".parse().unwrap(), "fe80::1".parse().unwrap()),
            ],
        }
    }

    #[test]
    fn version_0_3_1_tells_the_family_of_an_address() {
        assert_eq!(
            reply().to_json(Version::V0_3_1),
            json!({
                "cniVersion": "0.3.1",
                "interfaces": [
                    {"name": "cali1", "mac": "02:00:00:00:00:01"},
                    {"name": "eth0", "mac": "02:00:00:00:00:02", "sandbox": "/run/netns/p"},
                ],
                "ips": [
                    {"version": "4", "interface": 1, "address": "10.0.1.5/32", "gateway": "169.254.1.1"},
                    {"version": "6", "interface": 1, "address": "fd00::5/128", "gateway": "fe80::1"},
                ],
                "routes": [
                    {"dst": "0.0.0.0/0", "gw": "169.254.1.1"},
                    {"dst": "::/0", "gw": "fe80::1"},
                ],
                "dns": {},
            })
        );
    }

    #[test]
    fn version_1_1_0_tells_the_mtu_and_no_family() {
        let value = reply().to_json(Version::V1_1_0);
        assert_eq!(value["interfaces"][0]["mtu"], 1500);
        assert_eq!(value["ips"][0].get("version"), None);
        let older = reply().to_json(Version::V1_0_0);
        assert_eq!(older["interfaces"][0].get("mtu"), None);
        assert_eq!(older["ips"][0].get("version"), None);
    }
}
