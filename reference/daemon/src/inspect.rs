//! Compares one side of a pod's wiring with the kernel.

use kernel::links::{Link, Links};
use kernel::{Conn, KernelError, read, sysctl};
use model::kernel::{Scene, VethEnd};
use plan::repair;

/// What is wrong with one side.
pub(crate) struct Seen {
    /// The link, if it is there.
    pub(crate) link: Option<Link>,
    /// What is wanted and lacks.
    pub(crate) missing: Scene,
    wanted: VethEnd,
}

/// Looks at this thread's namespace.
pub(crate) fn here(end: &VethEnd, wanted: &Scene) -> Result<Seen, KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let seen = read(&mut conn, &links)?;
    Ok(compare(end, wanted, &links, &seen))
}

/// Compares with a view that was read before.
pub(crate) fn compare(end: &VethEnd, wanted: &Scene, links: &Links, seen: &Scene) -> Seen {
    let missing = repair::missing(wanted, seen, |key| sysctl::read(key).ok().flatten());
    Seen { link: links.by_name(&end.name).cloned(), missing, wanted: end.clone() }
}

impl Seen {
    /// Whether all is as wanted.
    pub(crate) fn fine(&self) -> bool {
        self.missing == Scene::default() && self.link_trouble().is_none()
    }

    /// Everything that is not, in words.
    pub(crate) fn differences(&self) -> Vec<String> {
        let trouble = self.link_trouble().into_iter();
        let missing = repair::words(&self.missing).into_iter();
        trouble.chain(missing.map(|object| format!("{object} is missing"))).collect()
    }

    fn link_trouble(&self) -> Option<String> {
        let name = &self.wanted.name;
        match &self.link {
            None => Some(format!("link {name} is missing")),
            Some(link) if !link.up => Some(format!("link {name} is down")),
            Some(link) if link.mac != Some(self.wanted.mac) => {
                Some(format!("link {name} has another hardware address than {}", self.wanted.mac))
            }
            Some(_) => None,
        }
    }
}
