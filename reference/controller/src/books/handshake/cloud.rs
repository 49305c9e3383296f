//! The cloud: interfaces with addresses from one small vSwitch, so that an
//! address that was given back is soon given again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use cloud::{Interface, PrivateIp, Role, Status};

use super::super::tests::described;

/// Addresses of the vSwitch.
const SIZE: u8 = 14;

pub(super) struct Cloud {
    pub(super) enis: BTreeMap<String, Eni>,
    /// Addresses that were lost and not assigned again since.
    pub(super) lost: BTreeSet<IpAddr>,
    /// Calls that changed something.
    pub(super) calls: usize,
    chance: u64,
    made: usize,
}

pub(super) struct Eni {
    pub(super) plugged: bool,
    primary: u8,
    others: BTreeSet<u8>,
}

impl Cloud {
    pub(super) fn new(chance: u64) -> Self {
        Self { enis: BTreeMap::new(), lost: BTreeSet::new(), calls: 0, chance, made: 0 }
    }

    pub(super) fn create(&mut self, seats: u32) -> Interface {
        self.calls += 1;
        self.made += 1;
        let id = format!("eni-{}", self.made);
        let mut given = self.pick(seats).into_iter();
        let primary = given.next().expect("the vSwitch has room for what a node may have");
        let eni = Eni { plugged: false, primary, others: given.collect() };
        self.enis.insert(id.clone(), eni);
        self.describe(&id)
    }

    pub(super) fn assign(&mut self, id: &str, count: u32) -> Vec<IpAddr> {
        self.calls += 1;
        let given = self.pick(count);
        self.enis.get_mut(id).expect("the books know it").others.extend(&given);
        given.into_iter().map(ip).collect()
    }

    pub(super) fn unassign(&mut self, id: &str, gone: &[IpAddr]) {
        self.calls += 1;
        if let Some(eni) = self.enis.get_mut(id) {
            assert!(!gone.contains(&ip(eni.primary)), "a primary address goes alone");
            eni.others.retain(|last| !gone.contains(&ip(*last)));
        }
    }

    pub(super) fn lose(&mut self, which: usize) {
        let all: Vec<_> = self
            .enis
            .iter()
            .flat_map(|(id, eni)| eni.others.iter().map(move |last| (id.clone(), *last)))
            .collect();
        if all.is_empty() {
            return;
        }
        let (id, last) = &all[which % all.len()];
        self.enis.get_mut(id).expect("it was just found").others.remove(last);
        self.lost.insert(ip(*last));
    }

    pub(super) fn describe(&self, id: &str) -> Interface {
        let eni = &self.enis[id];
        let primary = PrivateIp { address: v4(eni.primary), primary: true };
        let others = eni.others.iter().map(|last| PrivateIp { address: v4(*last), primary: false });
        Interface {
            id: id.to_owned(),
            role: Role::Secondary,
            addresses: [primary].into_iter().chain(others).collect(),
            ..described(if eni.plugged { Status::InUse } else { Status::Available }, &[])
        }
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.enis.values().flat_map(|eni| eni.others.iter().chain([&eni.primary])).map(|l| ip(*l))
    }

    pub(super) fn assigned(&self, address: IpAddr) -> bool {
        self.addresses().any(|there| there == address)
    }

    /// Any unused addresses: a xorshift over what is left.
    fn pick(&mut self, count: u32) -> Vec<u8> {
        let used: BTreeSet<IpAddr> = self.addresses().collect();
        let mut left: Vec<u8> = (1..=SIZE).filter(|last| !used.contains(&ip(*last))).collect();
        let mut picked = Vec::new();
        while picked.len() < count as usize && !left.is_empty() {
            self.chance ^= self.chance << 13 | 1;
            self.chance ^= self.chance >> 7;
            let turn = usize::try_from(self.chance % left.len() as u64).expect("below a length");
            picked.push(left.swap_remove(turn));
        }
        self.lost.retain(|address| !picked.iter().any(|last| ip(*last) == *address));
        picked
    }
}

fn v4(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 1, last)
}

fn ip(last: u8) -> IpAddr {
    v4(last).into()
}
