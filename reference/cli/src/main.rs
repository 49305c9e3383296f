//! Commands of the reference CNI for people, `terway-cli`.
#![forbid(unsafe_code)]

mod doctor;
mod limits;
mod mapping;
mod plan_check;
mod print;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Looks at a node of the reference CNI, and plans a cluster for it.
#[derive(Parser)]
#[command(
    name = "terway-cli",
    version,
    after_help = "Examples:\n  terway-cli limits --table instance-types.csv --instance-type ecs.g7.4xlarge\n  \
                  terway-cli plan-check cluster.yaml\n  terway-cli mapping"
)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tells how many pods instance types can serve, from a table or from the cloud.
    Limits(limits::Args),
    /// Lists the node's interfaces, or their addresses.
    List(mapping::ListArgs),
    /// Shows one interface or address.
    Show(mapping::ShowArgs),
    /// Compares what the daemon holds with the kernel; ends with 1 on any mismatch.
    Mapping(mapping::MappingArgs),
    /// Looks for what keeps this node from serving pods; ends with 1 if it finds something.
    Doctor(doctor::Args),
    /// Checks the address blocks of a planned cluster; ends with 1 on a conflict.
    PlanCheck(plan_check::Args),
}

/// Where the daemon listens.
#[derive(clap::Args)]
pub(crate) struct Socket {
    /// The daemon's socket.
    #[arg(long, default_value = rpc::SOCKET)]
    socket: PathBuf,
}

fn main() -> ExitCode {
    // Two users of TLS are linked; both shall use the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = match Args::parse().command {
        Command::Limits(args) => limits::run(&args),
        Command::List(args) => mapping::list(&args),
        Command::Show(args) => mapping::show(&args),
        Command::Mapping(args) => mapping::mapping(&args),
        Command::Doctor(args) => Ok(doctor::run(&args)),
        Command::PlanCheck(args) => plan_check::run(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print::complain(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
