//! Marks of pods' packets, by source address, before they are routed: the
//! nftables table `inet terway`, all of which is ours.
//!
//! For each pod interface and family there is a set of addresses and one rule,
//! so a packet meets as many lookups as the node has pod interfaces, however
//! many pods there are. Bits of the mark that belong to others are kept.
//! Priority -150 is before routing and before address translation.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::kernel::Mark;
use nix::libc::{EEXIST, ENOENT, NFPROTO_IPV4, NFPROTO_IPV6};
use rustables::expr::{
    Bitwise, Cmp, CmpOp, HighLevelPayload, IPv4HeaderField, IPv6HeaderField, Lookup, Meta,
    MetaType, NetworkHeaderField, Register,
};
use rustables::set::SetBuilder;
use rustables::{
    Batch, Chain, ChainType, Hook, HookClass, MsgType, ProtocolFamily, Rule, Table, set::Set,
};

use crate::KernelError;

const TABLE: &str = "terway";
const CHAIN: &str = "mark-pods";
const PRIORITY: i32 = -150;

/// How the mark of an interface is made from its slot, and which bits it may touch.
#[derive(Clone, Copy, Debug)]
pub struct MarkBits {
    /// Bits that are ours.
    pub mask: u32,
    /// The mark of a slot, within the mask.
    pub of: fn(u16) -> u32,
}

/// Replaces the whole table by one that holds `marks`, in one step: no packet
/// sees the table half made.
pub fn replace(bits: MarkBits, marks: &[Mark]) -> Result<(), KernelError> {
    let act = "replace nftables table inet terway";
    let mut batch = Batch::new();
    batch.add(&table(), MsgType::Add);
    batch.add(&table(), MsgType::Del);
    let table = table().add_to_batch(&mut batch);
    let chain = Chain::new(&table)
        .with_name(CHAIN)
        .with_type(ChainType::Filter)
        .with_hook(Hook::new(HookClass::PreRouting, PRIORITY))
        .add_to_batch(&mut batch);
    let slots: BTreeSet<u16> = marks.iter().map(|mark| mark.slot).collect();
    for slot in slots {
        let of = |v4: bool| {
            marks.iter().filter(move |mark| mark.slot == slot && mark.source.is_ipv4() == v4)
        };
        let v4: Vec<Ipv4Addr> = of(true).filter_map(|mark| v4_of(mark.source)).collect();
        let v6: Vec<Ipv6Addr> = of(false).filter_map(|mark| v6_of(mark.source)).collect();
        let rules =
            [add_set(&mut batch, &table, slot, &v4), add_set(&mut batch, &table, slot, &v6)];
        for (set, family) in rules.into_iter().zip([NFPROTO_IPV4, NFPROTO_IPV6]) {
            let set = set.map_err(|error| refused(act, error))?;
            let rule = mark_rule(&chain, &set, family, bits.mask, (bits.of)(slot))
                .map_err(|error| refused(act, error))?;
            batch.add(&rule, MsgType::Add);
        }
    }
    batch.send().map_err(|error| refused(act, error))
}

/// Adds marks to interfaces that the table knows. An errno of ENOENT says that
/// it does not know one: [`replace`] the table then.
pub fn add(marks: &[Mark]) -> Result<(), KernelError> {
    change(marks, MsgType::Add, EEXIST)
}

/// Removes marks. Those that are gone are fine.
pub fn remove(marks: &[Mark]) -> Result<(), KernelError> {
    change(marks, MsgType::Del, ENOENT)
}

fn change(marks: &[Mark], kind: MsgType, fine: i32) -> Result<(), KernelError> {
    for mark in marks {
        let act = match kind {
            MsgType::Add => format!("mark packets from {} for slot {}", mark.source, mark.slot),
            MsgType::Del => format!("unmark packets from {}", mark.source),
        };
        let elements = match mark.source {
            IpAddr::V4(v4) => elements(mark.slot, &[v4]),
            IpAddr::V6(v6) => elements(mark.slot, &[v6]),
        }
        .map_err(|error| refused(&act, error))?;
        let mut batch = Batch::new();
        batch.add(&elements, kind);
        match batch.send().map_err(|error| refused(&act, error)) {
            Err(error) if error.errno() == Some(fine) => {}
            other => other?,
        }
    }
    Ok(())
}

fn elements<K: Key>(
    slot: u16,
    addresses: &[K],
) -> Result<rustables::set::SetElementList, rustables::error::BuilderError> {
    let mut builder = SetBuilder::<K>::new(K::name(slot), &table())?;
    for address in addresses {
        builder.add(address);
    }
    Ok(builder.finish().1)
}

fn add_set<K: Key>(
    batch: &mut Batch,
    table: &Table,
    slot: u16,
    addresses: &[K],
) -> Result<Set, rustables::error::BuilderError> {
    let mut builder = SetBuilder::<K>::new(K::name(slot), table)?;
    for address in addresses {
        builder.add(address);
    }
    let (mut set, list) = builder.finish();
    set.family = ProtocolFamily::Inet;
    set.set_id(u32::from(slot) * 2 + u32::from(K::LEN > 4));
    batch.add(&set, MsgType::Add);
    if !addresses.is_empty() {
        batch.add(&list, MsgType::Add);
    }
    Ok(set)
}

/// `ip saddr @set meta mark set meta mark & ~mask | value`.
fn mark_rule(
    chain: &Chain,
    set: &Set,
    family: i32,
    mask: u32,
    value: u32,
) -> Result<Rule, rustables::error::BuilderError> {
    let source = match family {
        NFPROTO_IPV4 => NetworkHeaderField::IPv4(IPv4HeaderField::Saddr),
        _ => NetworkHeaderField::IPv6(IPv6HeaderField::Saddr),
    };
    let family = u8::try_from(family).unwrap_or_default();
    Ok(Rule::new(chain)?
        .with_expr(Meta::new(MetaType::NfProto))
        .with_expr(Cmp::new(CmpOp::Eq, [family]))
        .with_expr(HighLevelPayload::Network(source).build())
        .with_expr(Lookup::new(set)?)
        .with_expr(Meta::new(MetaType::Mark))
        .with_expr(Bitwise::new((!mask).to_ne_bytes(), value.to_ne_bytes())?)
        .with_expr(Meta::default().with_key(MetaType::Mark).with_sreg(Register::Reg1)))
}

fn table() -> Table {
    Table::new(ProtocolFamily::Inet).with_name(TABLE)
}

/// An address type that a set can hold.
trait Key: rustables::data_type::DataType {
    fn name(slot: u16) -> String;
}

impl Key for Ipv4Addr {
    fn name(slot: u16) -> String {
        format!("eni{slot}-v4")
    }
}

impl Key for Ipv6Addr {
    fn name(slot: u16) -> String {
        format!("eni{slot}-v6")
    }
}

fn v4_of(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    }
}

fn v6_of(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V6(v6) => Some(v6),
        IpAddr::V4(_) => None,
    }
}

fn refused(act: &str, error: impl Into<rustables::error::QueryError>) -> KernelError {
    let error = error.into();
    let source = match &error {
        rustables::error::QueryError::NetlinkError(reply) => {
            std::io::Error::from_raw_os_error(reply.error.abs())
        }
        other => std::io::Error::other(other.to_string()),
    };
    KernelError::Refused { act: act.to_owned(), source }
}
