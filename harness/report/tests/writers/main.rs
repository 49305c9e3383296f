//! Reports written from the ledger of this repository and a made-up run.

use std::path::Path;

use report::{Ledger, Profile, Report, RunRecord, verdict};

#[path = "../../examples/demo/broken.rs"]
mod broken;
#[path = "../../examples/demo/sample.rs"]
mod sample;

mod browser;
mod html;
mod json;
mod junit;
mod normal;
mod summary;

/// The report of a run.
fn report_of(run: RunRecord) -> Report {
    let features = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"));
    let ledger = Ledger::read(features).expect("the ledger under features parses");
    let profiles = Profile::read_all(features).expect("the profiles under features parse");
    let verdict = verdict(&ledger, &profiles, &run);
    Report::new(run, verdict)
}
