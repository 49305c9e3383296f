//! Single addresses or whole prefixes: an action takes the one or the other,
//! never both (the parameters exclude each other).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU16;

use ipnet::{Ipv4Net, Ipv6Net};

/// How much is wanted of one family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amount {
    /// So many addresses, chosen by the cloud; 10 a call at most.
    Addresses(NonZeroU16),
    /// So many prefixes, chosen by the cloud; 10 a call at most.
    Prefixes(NonZeroU16),
}

/// What was assigned, or is to be taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Batch<A, P> {
    /// Single addresses.
    Addresses(Vec<A>),
    /// Whole prefixes.
    Prefixes(Vec<P>),
}

/// A batch of IPv4.
pub type Ipv4Batch = Batch<Ipv4Addr, Ipv4Net>;

/// A batch of IPv6.
pub type Ipv6Batch = Batch<Ipv6Addr, Ipv6Net>;
