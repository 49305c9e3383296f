//! `plumbline`: plays the scenarios of the specification against a target and
//! says what conforms, with evidence.
#![forbid(unsafe_code)]

mod bench;
mod catalogue;
mod cli;
mod commands;
mod drift;
mod evidence;
mod kills;
mod mutants;
mod order;
mod output;
mod preflight;
mod progress;
mod record;
mod recorder;
mod scene;
mod selection;
mod spoof;
mod steps;
mod suite;

use std::process::ExitCode;

use clap::Parser;
use report::Exit;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    ExitCode::from(sound(|| commands::perform(cli)))
}

/// The exit code of `act`; a panic of the harness is never a verdict.
fn sound(act: impl FnOnce() -> u8 + std::panic::UnwindSafe) -> u8 {
    std::panic::catch_unwind(act).unwrap_or(u8::from(Exit::Harness))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_70() {
        assert_eq!(sound(|| panic!("a bug of the harness")), 70);
        assert_eq!(sound(|| 3), 3);
    }
}
