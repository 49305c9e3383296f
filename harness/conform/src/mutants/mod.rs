//! Defects of the reference that prove that scenarios can fail: which there are,
//! which scenarios must find them, and what came of playing those.

mod catalogue;
mod fate;
mod outcome;
mod pairs;

pub(crate) use catalogue::{Mutants, Named, select};
pub(crate) use fate::judge;
pub(crate) use outcome::endings;
pub(crate) use pairs::{MUTANT, Pairs, Unrelated, choose, log, switch};
