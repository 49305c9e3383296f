//! `plumbline`: plays the scenarios of the specification against a target and
//! says what conforms, with evidence.
#![forbid(unsafe_code)]

mod bench;
mod catalogue;
mod cli;
mod commands;
mod kills;
mod mutants;
mod output;
mod preflight;
mod progress;
mod record;
mod recorder;
mod scene;
mod selection;
mod steps;
mod suite;

use std::process::ExitCode;

use clap::Parser;
use report::Exit;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // A panic of the harness is never a verdict.
    let done = std::panic::catch_unwind(|| commands::perform(cli));
    let code = done.unwrap_or(u8::from(Exit::Harness));
    ExitCode::from(code)
}
