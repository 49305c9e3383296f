//! One file for each command.

mod analyze;
mod bench;
mod clean;
mod coverage;
mod doctor;
mod explain;
mod faults;
mod lab;
mod list;
mod mutants;
mod replay;
mod run;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use report::Exit;
use report::summary::Colour;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, SchemaOf, When};

/// How a command ended that could not do its work.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) exit: Exit,
    pub(crate) error: anyhow::Error,
}

impl Refusal {
    pub(crate) fn usage(error: anyhow::Error) -> Self {
        Self { exit: Exit::Usage, error }
    }

    pub(crate) fn not_ready(error: anyhow::Error) -> Self {
        Self { exit: Exit::NotReady, error }
    }

    pub(crate) fn harness(error: anyhow::Error) -> Self {
        Self { exit: Exit::Harness, error }
    }
}

/// Does what the command line says; answers the exit code.
pub(crate) fn perform(cli: Cli) -> u8 {
    // PLUMBLINE_LOG=debug shows what libraries say.
    let filter = EnvFilter::try_from_env("PLUMBLINE_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let colour = colour(cli.color);
    let features = cli.features.unwrap_or_else(features);
    let done = match cli.command {
        Command::Run(args) => run::run(&features, &args, colour).map(|ended| ended.code),
        Command::Faults(command) => faults::faults(&features, &command, colour),
        Command::Replay { run, scenario, telling } => {
            replay::replay(&features, &run, scenario, *telling, colour)
        }
        Command::Analyze { run } => analyze::analyze(&run),
        Command::Mutants(command) => mutants::mutants(&features, &command),
        Command::List(args) => list::list(&features, &args).map(|()| 0),
        Command::Explain { id } => explain::explain(&features, &id).map(|()| 0),
        Command::Coverage { min, profile } => {
            coverage::coverage(&features, min, profile.as_deref()).map(Exit::code)
        }
        Command::Doctor { target } => doctor::doctor(target.as_deref()).map(Exit::code),
        Command::Bench(command) => bench::bench(&command),
        Command::Lab(command) => lab::lab(&command),
        Command::Clean { runs, all } => clean::clean(&runs, all).map(Exit::code),
        Command::Schema { format } => schema(format).map(|()| 0),
    };
    done.unwrap_or_else(|Refusal { exit, error }| {
        // Who closes standard error does not want to hear.
        let _ = writeln!(std::io::stderr(), "plumbline: {error:#}");
        exit.code()
    })
}

/// Prints to standard output; a reader that went away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Refusal> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Refusal::harness(anyhow::Error::new(error).context("write to standard output")))
        }
        _ => Ok(()),
    }
}

fn schema(format: SchemaOf) -> Result<(), Refusal> {
    let schema = match format {
        SchemaOf::Report => report::json::schema(),
        SchemaOf::Bench => ::bench::schema(),
        SchemaOf::Evidence => schemars::schema_for!(crate::evidence::Index),
        SchemaOf::Fact => schemars::schema_for!(facts::Fact),
        SchemaOf::Verdict => report::normal::schema(),
        SchemaOf::Manifest => schemars::schema_for!(crate::evidence::Manifest),
        SchemaOf::Plan => schemars::schema_for!(crate::evidence::Recipe),
        SchemaOf::Kills => report::detection::schema(),
    };
    print(&format!("{:#}\n", schema.as_value()))
}

fn colour(when: When) -> Colour {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    match when {
        When::Always => Colour::Always,
        When::Auto if wanted && std::io::stdout().is_terminal() => Colour::Always,
        When::Auto | When::Never => Colour::Never,
    }
}

fn features() -> PathBuf {
    let here = Path::new("features");
    if here.join("profiles").is_dir() {
        return here.to_owned();
    }
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features")).to_owned()
}
