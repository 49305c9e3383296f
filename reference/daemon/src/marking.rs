//! Marks of the pods' packets, kept by the daemon for all sandboxes.

use kernel::KernelError;
use kernel::marks::{self, MarkBits, Marks};
use model::kernel::{Layout, Mark};
use plan::wire;

use crate::holdings::View;

const BITS: MarkBits = MarkBits { mask: wire::MARK_MASK, of: wire::mark };
/// No such set: the table is gone or older than an interface.
const ENOENT: i32 = 2;

/// The marks of every grant whose interface is plugged in.
pub(crate) fn wanted(view: &View, layout: Layout) -> Vec<Mark> {
    if layout == Layout::Upstream {
        return Vec::new();
    }
    let of = |grant: &model::Grant| {
        let slot = view.pool.enis.get(&grant.eni)?.link.slot;
        Some(grant.addresses.iter().map(move |source| Mark { source, slot }))
    };
    view.grants.iter().filter_map(of).flatten().collect()
}

/// Slots of all interfaces that are plugged in, also of those without pods.
pub(crate) fn slots(view: &View) -> Vec<u16> {
    view.pool.enis.values().map(|eni| eni.link.slot).collect()
}

/// Adds `new`; where the table does not know an interface, makes it anew from all
/// `slots` and marks.
pub(crate) fn ensure(
    marks: &Marks,
    new: &[Mark],
    (slots, all): (&[u16], &[Mark]),
) -> Result<(), KernelError> {
    match marks.add(new) {
        Err(error) if error.errno() == Some(ENOENT) => marks::replace(BITS, slots, all),
        done => done,
    }
}
