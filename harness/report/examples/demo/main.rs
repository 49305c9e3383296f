//! Writes the reports of two made-up runs into a folder and its folder `broken`:
//! `cargo run --release -p report --example demo -- DIR`.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use report::html::html;
use report::json::schema;
use report::junit::junit;
use report::summary::{Colour, summary};
use report::{Ledger, Profile, Report, verdict};

mod broken;
mod sample;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "plumbline-runs/demo".to_owned());
    let folder = PathBuf::from(folder);
    let features = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"));
    let ledger = Ledger::read(features)?;
    let profiles = Profile::read_all(features)?;
    let runs = [(folder.clone(), sample::record()), (folder.join("broken"), broken::record())];
    for (folder, run) in runs {
        let verdict = verdict(&ledger, &profiles, &run);
        let report = Report::new(run, verdict);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("report.json"), report.to_json())?;
        fs::write(folder.join("junit.xml"), junit(&report)?)?;
        fs::write(folder.join("report.html"), html(&report)?)?;
        let files = ["report.html", "report.json"];
        let files = files.map(|file| folder.join(file).display().to_string());
        std::io::stdout().write_all(summary(&report, &files, Colour::Never).as_bytes())?;
    }
    Ok(fs::write(folder.join("report.schema.json"), format!("{:#}", schema().as_value()))?)
}
