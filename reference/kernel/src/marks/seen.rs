//! Reads the table of marks back.

use std::collections::BTreeSet;
use std::net::IpAddr;

use model::kernel::Mark;
use nix::libc::ENOENT;
use serde_json::Value;

use super::{GENERAL, LINKS, STRANGERS, TABLE, nft, set_name, slot_of};
use crate::KernelError;

/// What the table holds; nothing, where there is no table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    links: BTreeSet<String>,
    /// Set, link and address.
    elements: BTreeSet<(String, String, IpAddr)>,
    /// Comments of the rules.
    rules: BTreeSet<String>,
    /// Packets that pods sent from addresses that are not theirs, since the table was made.
    forged: u64,
}

/// Looks at the table in this thread's namespace.
pub fn seen() -> Result<Seen, KernelError> {
    let args: Vec<_> = ["-j", "list", "table"].into_iter().chain(TABLE.split(' ')).collect();
    let listing = nft(&args, "").and_then(|text| Ok(serde_json::from_str(&text)?));
    match listing {
        Ok(listing) => Ok(Seen::read(&listing)),
        Err(error) if error.raw_os_error() == Some(ENOENT) => Ok(Seen::default()),
        Err(source) => {
            Err(KernelError::Refused { act: "list nftables table inet terway".to_owned(), source })
        }
    }
}

impl Seen {
    /// Whether the table marks these packets and keeps others of that link out.
    pub fn holds(&self, mark: &Mark) -> bool {
        let set = set_name(mark.slot, mark.source.is_ipv4());
        let general = GENERAL.iter().all(|rule| self.rules.contains(*rule));
        general
            && self.rules.contains(&set)
            && self.links.contains(&mark.link)
            && self.elements.contains(&(set, mark.link.clone(), mark.source))
    }

    /// Whether there are elements that none of these marks explains.
    pub fn holds_more_than(&self, marks: &[Mark]) -> bool {
        let links: BTreeSet<_> = marks.iter().map(|mark| &mark.link).collect();
        let sources: BTreeSet<_> = marks.iter().map(|mark| (&mark.link, mark.source)).collect();
        self.links.iter().any(|link| !links.contains(link))
            || self.elements.iter().any(|(_, link, source)| !sources.contains(&(link, *source)))
    }

    /// The marks of the packets that come by some links.
    pub fn of<'a>(&'a self, links: &'a BTreeSet<String>) -> impl Iterator<Item = Mark> + 'a {
        let of = self.elements.iter().filter(|(_, link, _)| links.contains(link));
        of.filter_map(|(set, link, source)| {
            let slot = slot_of(set)?;
            Some(Mark { link: link.clone(), source: *source, slot })
        })
    }

    /// Packets that pods sent from addresses that are not theirs, since the table was made
    /// last.
    pub fn forged(&self) -> u64 {
        self.forged
    }

    fn read(listing: &Value) -> Self {
        let mut seen = Self::default();
        for entry in listing["nftables"].as_array().into_iter().flatten() {
            if let Some(comment) = entry["rule"]["comment"].as_str() {
                if comment == STRANGERS {
                    seen.forged = packets(&entry["rule"]["expr"]);
                }
                seen.rules.insert(comment.to_owned());
            }
            let name = entry["set"]["name"].as_str().unwrap_or_default();
            for element in entry["set"]["elem"].as_array().into_iter().flatten() {
                if name == LINKS {
                    seen.links.extend(element.as_str().map(str::to_owned));
                } else if let Some((link, source)) = pair(element) {
                    seen.elements.insert((name.to_owned(), link, source));
                }
            }
        }
        seen
    }
}

/// What the counter among a rule's expressions counted.
fn packets(expressions: &Value) -> u64 {
    let mut all = expressions.as_array().into_iter().flatten();
    all.find_map(|expression| expression["counter"]["packets"].as_u64()).unwrap_or_default()
}

fn pair(element: &Value) -> Option<(String, IpAddr)> {
    let [link, source] = element["concat"].as_array()?.as_slice() else { return None };
    Some((link.as_str()?.to_owned(), source.as_str()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forged_packets_are_those_that_the_rule_about_strangers_counted() {
        let rule = |comment: &str, packets: u64| {
            let counter = json!({"counter": {"packets": packets, "bytes": 64 * packets}});
            json!({"rule": {"comment": comment, "expr": [counter, {"drop": null}]}})
        };
        let listing = json!({"nftables": [rule("discovery", 5), rule("strangers", 7)]});
        assert_eq!(Seen::read(&listing).forged(), 7);
        assert_eq!(Seen::read(&json!({"nftables": []})).forged(), 0);
    }
}
