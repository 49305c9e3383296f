//! From what a run left behind to what can be said of a target: the ledger of
//! demands, the verdict on a run, and reports for people and machines.
//!
//! All of it is pure but [`Ledger::read`] and [`Profile::read_all`], which read
//! files.
#![forbid(unsafe_code)]

pub mod detection;
mod digest;
mod glyph;
pub mod html;
pub mod json;
pub mod junit;
pub mod ledger;
pub mod lint;
pub mod normal;
pub mod record;
pub mod summary;
pub mod verdict;
pub mod words;

pub use detection::{Detection, Kills};
pub use json::Report;
pub use ledger::{Kind, Ledger, LedgerError, Profile, Row, RowId};
pub use normal::Normal;
pub use record::{RunRecord, ScenarioRecord};
pub use verdict::{Conformance, Exit, Verdict, verdict};
