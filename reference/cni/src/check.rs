//! CHECK: what the runtime was told, what the daemon granted and what the
//! kernel holds must be the same.

use std::collections::BTreeSet;

use ipnet::IpNet;
use model::cni::{Code, Conf, Failure, Target};
use rpc::CheckRequest;
use serde_json::Value;

use crate::daemon::{self, Patience};

/// Compares, and names the first difference in the message and all in the details.
pub(crate) fn check(target: &Target, conf: &Conf) -> Result<(), Failure> {
    let told = conf.prev_result.as_ref().map(told_addresses).transpose()?;
    if told.is_none() && defect::on("check-passes-what-nobody-added") {
        return Ok(());
    }
    let told = told.ok_or_else(|| {
        Failure::new(Code::InvalidConfig, "key \"prevResult\" holds nothing; CHECK needs it")
    })?;
    let request = CheckRequest {
        container_id: target.attachment.container.clone(),
        if_name: target.attachment.ifname.clone(),
        netns: target.netns.clone(),
        told: told.iter().map(ToString::to_string).collect(),
    };
    let reply = daemon::ask(&conf.socket, Patience::Restart, &request)
        .map_err(|trouble| trouble.failure(format!("check sandbox {}", target.attachment)))?;
    match reply.differences.as_slice() {
        [] => Ok(()),
        [first, ..] => {
            Err(Failure::new(Code::Mismatch, format!("sandbox {}: {first}", target.attachment))
                .because(reply.differences.join("; ")))
        }
    }
}

fn told_addresses(prev_result: &Value) -> Result<BTreeSet<IpNet>, Failure> {
    let wrong = |found: &Value| {
        Failure::new(
            Code::InvalidConfig,
            format!("key \"prevResult.ips\" holds {found}; it must be a list of addresses"),
        )
    };
    let ips = prev_result.get("ips").unwrap_or(&Value::Null);
    let list = ips.as_array().ok_or_else(|| wrong(ips))?;
    list.iter()
        .map(|ip| {
            let text = ip.get("address").and_then(Value::as_str);
            text.and_then(|text| text.parse().ok()).ok_or_else(|| wrong(ip))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn told_addresses_are_read_from_the_previous_result() {
        let told = told_addresses(&json!({"ips": [{"address": "10.0.1.5/32"}]})).unwrap();
        assert_eq!(told, BTreeSet::from(["10.0.1.5/32".parse().unwrap()]));
        for odd in [json!({}), json!({"ips": {}}), json!({"ips": [{"address": 5}]})] {
            assert_eq!(told_addresses(&odd).unwrap_err().code, Code::InvalidConfig);
        }
    }
}
