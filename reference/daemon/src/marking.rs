//! Marks of the pods' packets, kept by the daemon for all sandboxes.

use kernel::KernelError;
use kernel::marks::{self, MarkBits};
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

/// Adds `new`; where the table does not know an interface, makes it anew from `all`.
pub(crate) fn ensure(new: &[Mark], all: &[Mark]) -> Result<(), KernelError> {
    match marks::add(new) {
        Err(error) if error.errno() == Some(ENOENT) => marks::replace(BITS, all),
        done => done,
    }
}
