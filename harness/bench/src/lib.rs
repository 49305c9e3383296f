//! What a benchmark measured and what it means: statistics, goals, tables, plots and
//! pages. Pure: samples in, text out. Whoever measures is in `conform`.
#![forbid(unsafe_code)]

mod goal;
mod page;
mod plot;
mod result;
mod stats;
mod table;

pub use goal::{Goal, Outcome, of_cni, of_datapath};
pub use page::page;
pub use result::{Kind, Machine, Measure, Result, schema};
pub use stats::{Fit, fit, percentile};
pub use table::table;
