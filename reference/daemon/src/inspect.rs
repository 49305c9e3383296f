//! Compares one side of a pod's wiring with the kernel.

use kernel::links::{Link, Links};
use kernel::{Conn, KernelError, read, sysctl::Sysctls};
use model::kernel::{Scene, VethEnd};
use plan::wire::PodWiring;
use plan::{name, repair};

/// What is wanted of one side.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    /// Its end of the pair.
    pub(crate) end: &'a VethEnd,
    /// MTU of the pair.
    pub(crate) mtu: u32,
    /// What it says of itself; nothing, where that is nobody's business.
    pub(crate) alias: Option<&'a str>,
    /// What must stand beside it.
    pub(crate) scene: &'a Scene,
}

impl<'a> Side<'a> {
    /// The node's side of a pod.
    pub(crate) fn host(wiring: &'a PodWiring) -> Self {
        let PodWiring { veth, host, .. } = wiring;
        Self { end: &veth.host, mtu: veth.mtu, alias: Some(&veth.alias), scene: host }
    }

    /// The pod's own side.
    pub(crate) fn pod(wiring: &'a PodWiring) -> Self {
        let PodWiring { veth, pod, .. } = wiring;
        Self { end: &veth.pod, mtu: veth.mtu, alias: None, scene: pod }
    }

    /// Whether the link is as wanted, or how it is not.
    fn link_trouble(&self, link: Option<&Link>) -> Option<String> {
        let VethEnd { name, mac } = self.end;
        match link {
            None => Some(format!("link {name} is missing")),
            Some(link) if !link.up => Some(format!("link {name} is down")),
            Some(link) if link.mac != Some(*mac) => {
                Some(format!("link {name} has another hardware address than {mac}"))
            }
            Some(link) if link.mtu != self.mtu => {
                Some(format!("link {name} has another MTU than {}", self.mtu))
            }
            Some(link) if self.unnamed(link) => {
                Some(format!("link {name} does not say whose it is"))
            }
            Some(_) => None,
        }
    }

    /// Whether a link says nothing or that it is another sandbox's.
    pub(crate) fn unnamed(&self, link: &Link) -> bool {
        let told = |alias: &str| name::told(&self.end.name, alias).map(|(sandbox, ..)| sandbox);
        self.alias.is_some_and(|wanted| told(&link.alias) != told(wanted))
    }
}

/// A namespace at one moment.
pub(crate) struct Snapshot {
    links: Links,
    pub(crate) scene: Scene,
}

impl Snapshot {
    /// Every link with what it says of itself.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        self.links.iter().map(|link| (link.name.as_str(), link.alias.as_str()))
    }
}

/// What is wrong with one side.
pub(crate) struct Seen {
    /// The link, if it is there.
    pub(crate) link: Option<Link>,
    /// How the link is not as wanted.
    pub(crate) trouble: Option<String>,
    /// What is wanted and lacks.
    pub(crate) missing: Scene,
}

/// Reads this thread's namespace.
pub(crate) fn snapshot() -> Result<Snapshot, KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let scene = read(&mut conn, &links)?;
    Ok(Snapshot { links, scene })
}

/// Looks at this thread's namespace.
pub(crate) fn here(side: Side<'_>) -> Result<Seen, KernelError> {
    Ok(compare(side, &snapshot()?))
}

/// Compares with this thread's namespace as it was read before.
pub(crate) fn compare(side: Side<'_>, there: &Snapshot) -> Seen {
    let mut sysctls = Sysctls::default();
    let value = |key: &str| sysctls.read(key).ok().flatten();
    let missing = repair::missing(side.scene, &there.scene, value);
    let link = there.links.by_name(&side.end.name).cloned();
    Seen { trouble: side.link_trouble(link.as_ref()), link, missing }
}

impl Seen {
    /// Whether all is as wanted.
    pub(crate) fn fine(&self) -> bool {
        self.missing == Scene::default() && self.trouble.is_none()
    }

    /// Everything that is not, in words.
    pub(crate) fn differences(&self) -> Vec<String> {
        let missing = repair::words(&self.missing).into_iter();
        let missing = missing.map(|object| format!("{object} is missing"));
        let overlooked = self.trouble.is_some() && defect::on("check-ignores-links");
        let trouble = self.trouble.clone().filter(|_| !overlooked);
        trouble.into_iter().chain(missing).collect()
    }
}
