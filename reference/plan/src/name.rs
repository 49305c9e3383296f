//! Names and hardware addresses of a sandbox's links.
//!
//! Both follow from the attachment alone, so that a retried ADD, CHECK, DEL
//! and repair all mean the same links, and two sandboxes of one pod never do.

use model::{Attachment, Mac, PodRef};

/// The most that the kernel takes as an alias, in bytes.
const LONGEST: usize = 255;

/// What the names of all nodes' ends begin with.
const HOST_LINK: &str = "cali";

/// Name of the node's end: `cali` and eleven hexadecimal digits, 15 bytes in all.
pub fn host_link(attachment: &Attachment) -> String {
    format!("{HOST_LINK}{:011x}", digest(attachment, 0) & 0xfff_ffff_ffff)
}

/// Whether a link is called as the node's end of some sandbox is.
pub fn is_host_link(name: &str) -> bool {
    let digits = name.strip_prefix(HOST_LINK);
    digits.is_some_and(|digits| digits.len() == 11 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Hardware address of the node's end; unicast and locally administered.
pub fn host_mac(attachment: &Attachment) -> Mac {
    mac(digest(attachment, 1))
}

/// Hardware address of the pod's end; unicast and locally administered.
pub fn pod_mac(attachment: &Attachment) -> Mac {
    mac(digest(attachment, 2))
}

/// Alias of the node's end, by which whoever lost its books knows the sandbox again.
/// What does not fit is left out, the path first.
pub fn alias(attachment: &Attachment, pod: &PodRef, netns: &str) -> String {
    let words = [attachment.to_string(), pod.to_string(), pod.uid.clone(), netns.to_owned()];
    let mut alias = String::new();
    for word in words {
        if alias.len() + 1 + word.len() > LONGEST {
            break;
        }
        if !alias.is_empty() {
            alias.push(' ');
        }
        alias.push_str(&word);
    }
    alias
}

/// Sandbox, pod and path of its namespace by the alias of `link`; none where the two
/// do not belong together.
pub fn told(link: &str, alias: &str) -> Option<(Attachment, PodRef, String)> {
    let mut words = alias.splitn(4, ' ');
    let (container, ifname) = words.next()?.split_once('/')?;
    let attachment = Attachment { container: container.to_owned(), ifname: ifname.to_owned() };
    let (namespace, name) = words.next().and_then(|pod| pod.split_once('/')).unwrap_or_default();
    let mut next = || words.next().unwrap_or_default().to_owned();
    let pod = PodRef { namespace: namespace.to_owned(), name: name.to_owned(), uid: next() };
    (host_link(&attachment) == link).then(|| (attachment, pod, next()))
}

fn mac(bits: u64) -> Mac {
    let [_, _, rest @ ..] = bits.to_be_bytes();
    let mut bytes = rest;
    bytes[0] = bytes[0] & 0xfc | 0x02;
    Mac(bytes)
}

/// FNV-1a over purpose, container and interface: short, stable and spread well
/// enough for the random ids of runtimes; a collision fails as "exists".
fn digest(attachment: &Attachment, purpose: u8) -> u64 {
    let bytes = [purpose]
        .into_iter()
        .chain(attachment.container.bytes())
        .chain([0])
        .chain(attachment.ifname.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(container: &str, ifname: &str) -> Attachment {
        Attachment { container: container.to_owned(), ifname: ifname.to_owned() }
    }

    #[test]
    fn names_fit_the_kernel_and_differ_by_sandbox_and_interface() {
        let name = host_link(&attachment("c1", "eth0"));
        assert_eq!(name.len(), 15);
        assert!(name.starts_with("cali"));
        assert!(is_host_link(&name) && !is_host_link("eth1") && !is_host_link("calico0"));
        assert_ne!(name, host_link(&attachment("c2", "eth0")));
        assert_ne!(name, host_link(&attachment("c1", "eth1")));
        assert_ne!(name, host_link(&attachment("c1e", "th0")));
    }

    #[test]
    fn an_alias_tells_the_sandbox_of_its_own_link_alone() {
        let sandbox = attachment("c1", "eth0");
        let pod = |uid: &str| PodRef {
            namespace: "default".to_owned(),
            name: "a".to_owned(),
            uid: uid.to_owned(),
        };
        for uid in ["", "u1"] {
            let alias = alias(&sandbox, &pod(uid), "/run/netns/a b");
            let told_of = told(&host_link(&sandbox), &alias);
            assert_eq!(told_of, Some((sandbox.clone(), pod(uid), "/run/netns/a b".to_owned())));
            assert_eq!(told("cali00000000000", &alias), None);
        }
        assert_eq!(told(&host_link(&sandbox), ""), None);
    }

    #[test]
    fn an_alias_leaves_out_what_does_not_fit() {
        let sandbox = attachment(&"c".repeat(64), "eth0");
        let pod = PodRef { name: "n".repeat(253), ..PodRef::default() };
        let alias = alias(&sandbox, &pod, "/run/netns/a");
        assert_eq!(alias, sandbox.to_string());
        let told_of = told(&host_link(&sandbox), &alias);
        assert_eq!(told_of, Some((sandbox, PodRef::default(), String::new())));
    }

    #[test]
    fn hardware_addresses_are_local_unicast_and_differ_by_end() {
        let attachment = attachment("c1", "eth0");
        let (host, pod) = (host_mac(&attachment), pod_mac(&attachment));
        assert_ne!(host, pod);
        assert_eq!((host.0[0] & 3, pod.0[0] & 3), (2, 2));
    }
}
