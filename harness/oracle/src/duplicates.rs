//! Addresses that are still looked for duplicates of (FLT-16).

use facts::kernel::KernelState;
use serde_json::Value;

use crate::look::{Look, Verdict, violation};
use crate::netstate::entries;

/// No address of a namespace is tentative, although one of somebody else had been.
pub(crate) fn none_tentative(look: &Look<'_>, state: &str, control: &str) -> Verdict {
    if tentative(look.kernel(control)?).is_empty() {
        return Err("no address of somebody else was tentative".to_owned());
    }
    let state = look.kernel(state)?;
    let found = tentative(state).into_iter().map(|address| {
        let object = format!("address {address} in {}", state.place);
        violation(object, "ready for use", "tentative")
    });
    Ok(found.collect())
}

/// Tentative addresses, and those that were found twice.
fn tentative(state: &KernelState) -> Vec<&str> {
    let infos = entries(&state.links).iter().flat_map(|link| entries(&link["addr_info"]));
    let unready = |info: &&Value| info["tentative"] == true || info["dadfailed"] == true;
    infos.filter(unready).filter_map(|info| info["local"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use facts::{Claim, Evidence, Fact, Judgement};
    use serde_json::json;

    use super::*;
    use crate::judge;

    #[test]
    fn a_tentative_address_is_named_and_a_control_without_one_tells_nothing() {
        let mut evidence = Evidence::default();
        for (name, tentative) in [("ready", false), ("tentative", true)] {
            let info = json!({"local": "fd00::5", "tentative": tentative});
            let state = KernelState {
                place: "pod a".to_owned(),
                links: json!([{"ifname": "eth0", "addr_info": [info]}]),
                routes4: json!([]),
                routes6: json!([]),
                rules4: json!([]),
                rules6: json!([]),
                neighbours: json!([]),
            };
            evidence.put(name, Fact::Kernel(Box::new(state)));
        }
        let judged = |state: &str, control: &str| {
            let [state, control] = [state, control].map(str::to_owned);
            judge(&Claim::NoneTentative { state, control }, &evidence)
        };
        assert_eq!(judged("ready", "tentative"), Judgement::Holds);
        assert!(matches!(judged("ready", "ready"), Judgement::CantTell { .. }));
        assert!(matches!(judged("tentative", "tentative"), Judgement::Violated { .. }));
    }
}
