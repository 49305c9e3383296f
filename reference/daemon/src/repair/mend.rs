//! Puts back what lacks, on either side of a pod and on the node itself.

use std::collections::BTreeSet;
use std::path::Path;

use kernel::links::{self, Links};
use kernel::{
    Conn, KernelError, apply, netns, pair, read,
    sysctl::{self, Sysctls},
};
use model::kernel::{Mark, Scene};
use plan::repair;
use plan::wire::PodWiring;

use crate::inspect::{self, Seen, Side, Snapshot};

/// What was not as wanted and is again.
#[derive(Default)]
pub(super) struct Mended {
    /// Links, and how they were.
    links: Vec<String>,
    scene: Scene,
    marks: Vec<Mark>,
}

impl Mended {
    /// Marks alone.
    pub(super) fn of_marks(marks: Vec<Mark>) -> Self {
        Self { marks, ..Self::default() }
    }

    /// Every object in words.
    pub(super) fn words(&self) -> Vec<String> {
        let marks = self.marks.iter().map(ToString::to_string);
        self.links.iter().cloned().chain(repair::words(&self.scene)).chain(marks).collect()
    }

    /// How many objects of each kind.
    pub(super) fn counts(&self) -> [(&'static str, usize); 7] {
        [
            ("link", self.links.len()),
            ("sysctl", self.scene.sysctls.len()),
            ("address", self.scene.addresses.len()),
            ("neighbour", self.scene.neighbours.len()),
            ("route", self.scene.routes.len()),
            ("rule", self.scene.rules.len()),
            ("mark", self.marks.len()),
        ]
    }

    fn add(&mut self, seen: Seen) {
        self.links.extend(seen.trouble);
        self.scene = merge([std::mem::take(&mut self.scene), seen.missing]);
    }
}

/// What all pods of the node share.
pub(super) fn node(wanted: &Scene) -> Result<Mended, KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let mut sysctls = Sysctls::default();
    let there = read(&mut conn, &links)?;
    let missing = repair::missing(wanted, &there, |key| sysctls.read(key).ok().flatten());
    let names: BTreeSet<_> = wanted.routes.iter().map(|route| &route.link).collect();
    let down: Vec<_> = links.iter().filter(|link| !link.up && names.contains(&link.name)).collect();
    sysctl::write_all(&missing.sysctls)?;
    down.iter().try_for_each(|link| links::up(&mut conn, link))?;
    apply(&mut conn, &links, &missing)?;
    let links = down.iter().map(|link| format!("link {} is down", link.name)).collect();
    Ok(Mended { links, scene: missing, ..Mended::default() })
}

/// Whether the node's side of a pod is as wanted but for its values, when the node was
/// as in `there`; as with [`fine`], a pod whose namespace is gone is.
pub(super) fn stands(wiring: &PodWiring, there: &Snapshot, path: &Path) -> bool {
    let scene = Scene { sysctls: Vec::new(), ..wiring.host.clone() };
    inspect::compare(Side { scene: &scene, ..Side::host(wiring) }, there).fine() || !path.exists()
}

/// Whether a pod is as wanted, when the node was as in `there`. A pod whose
/// namespace is gone is: its link went with it, and the grant waits for DEL.
pub(super) fn fine(wiring: &PodWiring, there: &Snapshot, path: &Path) -> bool {
    let Ok(inner) = netns::open(path) else { return true };
    let inside = || inspect::here(Side::pod(wiring)).is_ok_and(|seen| seen.fine());
    inspect::compare(Side::host(wiring), there).fine()
        && netns::within(&inner, inside).unwrap_or_default()
}

/// Both sides of a pod.
pub(super) fn sandbox(wiring: &PodWiring, path: &Path) -> Result<Mended, KernelError> {
    let mut mended = Mended::default();
    let Ok(inner) = netns::open(path) else { return Ok(mended) };
    let host = inspect::here(Side::host(wiring))?;
    let pod = netns::within(&inner, || inspect::here(Side::pod(wiring)))??;
    if host.link.is_none() || pod.link.is_none() {
        pair::attach(&wiring.veth, &wiring.pod, &wiring.host, &inner)?;
        mended.links.extend(host.trouble.into_iter().chain(pod.trouble));
        mended.scene = merge([wiring.host.clone(), wiring.pod.clone()]);
        return Ok(mended);
    }
    if !host.fine() {
        side(Side::host(wiring), &host.missing)?;
    }
    if !pod.fine() {
        netns::within(&inner, || side(Side::pod(wiring), &pod.missing))??;
    }
    mended.add(host);
    mended.add(pod);
    Ok(mended)
}

/// One side, whose link is there. A link that was down lost more than was seen
/// missing while it was; the next round sees to that.
fn side(wanted: Side<'_>, missing: &Scene) -> Result<(), KernelError> {
    sysctl::write_all(&missing.sysctls)?;
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let Some(link) = links.by_name(&wanted.end.name) else {
        return Err(KernelError::NoLink { name: wanted.end.name.clone() });
    };
    if link.mac != Some(wanted.end.mac) {
        links::set_mac(&mut conn, link, wanted.end.mac)?;
    }
    if link.mtu != wanted.mtu {
        links::set_mtu(&mut conn, link, wanted.mtu)?;
    }
    if let Some(alias) = wanted.alias.filter(|_| wanted.unnamed(link)) {
        links::set_alias(&mut conn, link, alias)?;
    }
    links::up(&mut conn, link)?;
    apply(&mut conn, &links, missing)
}

/// All objects of some scenes.
pub(super) fn merge(scenes: impl IntoIterator<Item = Scene>) -> Scene {
    let mut whole = Scene::default();
    for scene in scenes {
        whole.sysctls.extend(scene.sysctls);
        whole.addresses.extend(scene.addresses);
        whole.neighbours.extend(scene.neighbours);
        whole.routes.extend(scene.routes);
        whole.rules.extend(scene.rules);
    }
    whole
}
