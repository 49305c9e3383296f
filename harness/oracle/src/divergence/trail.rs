//! Hops as they are followed, and the first that differs.

use facts::divergence::{Divergence, Fit, Hop};

use super::hop;

/// Hops so far.
#[derive(Default)]
pub(super) struct Trail {
    pub(super) hops: Vec<Hop>,
}

/// The first hop that differs.
#[derive(Debug)]
pub(super) struct Break {
    pub(super) place: String,
    pub(super) object: String,
    pub(super) wanted: String,
    pub(super) seen: String,
    pub(super) why: String,
}

/// Goes on while all fits.
pub(super) type Followed = Result<(), Break>;

impl Trail {
    pub(super) fn fits(&mut self, place: &str, what: &str, seen: impl Into<String>) {
        self.hops.push(hop(place, what, seen.into(), Fit::Fits));
    }

    pub(super) fn untold(&mut self, place: &str, what: &str, seen: impl Into<String>) {
        self.hops.push(hop(place, what, seen.into(), Fit::Untold));
    }

    /// The divergence of a trail that broke; `rest` are the places that nothing reached.
    pub(super) fn broken(mut self, broken: Break, rest: Vec<String>) -> Divergence {
        let Break { place, object, wanted, seen, why } = broken;
        self.hops.push(hop(&place, &object, seen.clone(), Fit::Differs));
        for place in rest {
            self.untold(&place, "beyond the break", "nothing came so far");
        }
        Divergence { hops: self.hops, object, wanted, seen, explanation: why }
    }
}

impl Break {
    pub(super) fn new(place: &str, object: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            object: object.into(),
            wanted: String::new(),
            seen: String::new(),
            why: String::new(),
        }
    }

    pub(super) fn wanted(mut self, wanted: impl Into<String>) -> Self {
        self.wanted = wanted.into();
        self
    }

    pub(super) fn seen(mut self, seen: impl Into<String>) -> Self {
        self.seen = seen.into();
        self
    }

    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}
