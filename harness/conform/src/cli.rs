//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mutants::Unrelated;
use crate::order::Shard;
use crate::output::Format;

/// Tells whether a Kubernetes network for VPCs does what its specification says.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Folder of the features [default: ./features, else that of the source tree].
    #[arg(long, global = true, env = "PLUMBLINE_FEATURES", value_name = "DIR")]
    pub(crate) features: Option<PathBuf>,
    /// When to use colours.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: When,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  plumbline run --target reference            every profile that the target claims
  plumbline run --target plugins cni/version  one feature
  plumbline run RUL-1 RUL-2                   two demands of the specification
  plumbline analyze RUN                       its verdict again, from its evidence alone
  plumbline list --tree                       what there is
  plumbline explain CAP-1                     a demand, its source and its scenarios
  plumbline faults run crash --seed 1         one kind of fault
  plumbline bench cni                         how fast ADD and DEL are
  plumbline lab up                            a small VPC to play in

Exit codes: 0 conformant, 1 not conformant, 2 usage, 3 inconclusive, 4 nothing
selected, 5 machine or target not ready, 6 a gate not met, 7 stored evidence does
not bear the report out, 70 the harness failed, 130 interrupted (a partial report
is written).";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plays scenarios against a target and reports.
    Run(Box<Run>),
    /// Faults, each with a plan of its own: what there is, and to play it.
    #[command(subcommand)]
    Faults(FaultsCommand),
    /// Defects of the reference that prove that scenarios can fail.
    #[command(subcommand)]
    Mutants(MutantsCommand),
    /// Lists scenarios, rows, profiles and targets.
    List(List),
    /// Plays a run again: the same scenarios against the same target, with the same
    /// seed, order and options.
    Replay {
        /// A run's folder, or its name under ./plumbline-runs.
        run: String,
        /// Only this scenario.
        #[arg(long, value_name = "ID")]
        scenario: Option<String>,
        #[command(flatten)]
        telling: Box<Telling>,
    },
    /// Computes a run's verdict again from what it stored, without a lab.
    Analyze {
        /// A run's folder, or its name under ./plumbline-runs.
        run: String,
    },
    /// Explains a row or a scenario: what is demanded, where it stands, who shows it.
    Explain {
        /// A row such as CAP-1, a scenario's id, or FILE:LINE.
        id: String,
    },
    /// Tells which rows have scenarios, and why the others have none.
    Coverage {
        /// Exit with 6 when less than this share of the binding rows has a scenario, in per cent.
        #[arg(long, value_name = "PERCENT")]
        min: Option<u8>,
        /// Only rows of this profile.
        #[arg(long)]
        profile: Option<String>,
    },
    /// Looks whether this machine can run scenarios, and what is missing.
    Doctor {
        /// Look whether this target can be installed, too.
        #[arg(long)]
        target: Option<String>,
    },
    /// How fast the reference is, beside others, in one run; no verdict depends on it.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// A small VPC with Kubernetes API and nodes, to play in.
    #[command(subcommand)]
    Lab(LabCommand),
    /// Takes away what runs left behind, also killed ones.
    Clean {
        /// Runs to take away; without any, all whose process has ended.
        runs: Vec<String>,
        /// Also runs that are under way.
        #[arg(long)]
        all: bool,
    },
    /// Prints the JSON Schema of a machine format.
    Schema {
        /// Which.
        format: SchemaOf,
    },
}

#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Run {
    /// Rows, scenarios or the beginnings of their ids, files, FILE:LINE; all without any.
    pub(crate) select: Vec<String>,
    /// What to judge; `plumbline list --targets` names all.
    #[arg(long, default_value = "reference", env = "PLUMBLINE_TARGET")]
    pub(crate) target: String,
    /// Only scenarios whose tags fit, for example '@cap:cni-gc and not @serial'.
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) tags: Option<String>,
    /// Only scenarios whose name fits a regular expression.
    #[arg(long, value_name = "REGEX")]
    pub(crate) name: Option<String>,
    /// Also scenarios that take long.
    #[arg(long)]
    pub(crate) slow: bool,
    /// Profiles that the verdict covers [default: those that the target claims].
    #[arg(long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// Leave a row or scenario out; needs a --reason each and makes the claim partial.
    #[arg(long, value_name = "ID")]
    pub(crate) exclude: Vec<String>,
    /// Why, one for each --exclude in its order.
    #[arg(long = "reason", value_name = "TEXT")]
    pub(crate) reasons: Vec<String>,
    /// Reading of a disputed row that the target claims, for example RUL-1=upstream.
    #[arg(long = "reading", value_name = "ROW=NAME")]
    pub(crate) readings: Vec<String>,
    /// What all chance comes from; the report names it [default: a fresh one].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Play in an order that comes from the seed.
    #[arg(long)]
    pub(crate) shuffle: bool,
    /// Only a part of the scenarios, by their ids; makes the claim partial.
    #[arg(long, value_name = "PART/OF")]
    pub(crate) shard: Option<Shard>,
    /// Play each scenario so often; one that passes in some attempts only has not passed.
    #[arg(long, default_value_t = 1, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) repeat: u32,
    /// Stop after the first scenario that does not pass.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Scenarios at a time; from 2 on, those that must be alone may have a second lab.
    #[arg(long, short, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    /// Factor for every deadline, for slow machines.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = scale)]
    pub(crate) timeout_scale: f64,
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) telling: Telling,
}

/// What a run tells, and where; two runs that differ in this only find the same.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Telling {
    /// Tell what would be played, in which order, and play nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Folder of the report [default: ./plumbline-runs/RUN].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Kill matrix that the report shows, of `plumbline mutants matrix` [default:
    /// kills.json of the features, where there is one].
    #[arg(long, value_name = "FILE")]
    pub(crate) kills: Option<PathBuf>,
    /// Name of the run: p and seven letters or digits [default: a fresh one].
    #[arg(long = "run-id", value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Write a format to standard output, or to a file; may be given often.
    #[arg(long, short, value_name = "FORMAT[=PATH]")]
    pub(crate) output: Vec<Format>,
    /// End with 0 whatever the verdict is; it is printed and stored all the same.
    #[arg(long)]
    pub(crate) advisory: bool,
    /// Tell nothing while it runs.
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell every scenario while it runs.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct List {
    /// Rows, scenarios or the beginnings of their ids.
    pub(crate) select: Vec<String>,
    /// By section, feature and scenario.
    #[arg(long, conflicts_with = "json")]
    pub(crate) tree: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The targets instead.
    #[arg(long, conflicts_with_all = ["tree", "select"])]
    pub(crate) targets: bool,
    /// The profiles instead.
    #[arg(long, conflicts_with_all = ["tree", "select", "targets"])]
    pub(crate) profiles: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FaultsCommand {
    /// Lists the plans, their rows and scenarios.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Plays the scenarios of a plan, also those that take long. Ends with 0 when
    /// all of them passed.
    Run {
        /// A plan, or `all`.
        plan: String,
        #[command(flatten)]
        run: Box<Run>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Calls of plugins: the reference beside the floor, ptp and bridge.
    #[command(after_help = BENCH_CNI)]
    Cni(Bench),
    /// Packets between pods of two nodes: the reference beside the published layout of
    /// rules, and the nodes themselves; between pods of one node: beside ptp and bridge.
    #[command(after_help = BENCH_DATAPATH)]
    Datapath(Bench),
}

const BENCH_CNI: &str = "\
Examples:
  plumbline bench cni                          at 0, 50 and 200 pods on the node
  plumbline bench cni --quick                  few samples: does it work at all?
  plumbline bench cni --require-goals          exit with 6 when a goal is not met
  plumbline bench cni --pods 0 --rounds 200    many samples on an empty node";

const BENCH_DATAPATH: &str = "\
Examples:
  plumbline bench datapath                     with 1, 50, 100 and 200 pods on the node
  plumbline bench datapath --quick             few samples: does it work at all?
  plumbline bench datapath --pods 1,200 --rounds 40";

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Few samples and few pods.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Exit with 6 unless every goal is met.
    #[arg(long)]
    pub(crate) require_goals: bool,
    /// Numbers of pods on the node, in rising order.
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS",
          value_parser = clap::value_parser!(u32).range(0..=200))]
    pub(crate) pods: Vec<u32>,
    /// How often everything is measured at each number of pods.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(3..=1000))]
    pub(crate) rounds: Option<u32>,
    /// Factor for every deadline, for slow machines.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = scale)]
    pub(crate) timeout_scale: f64,
    /// Folder of bench.json and bench.html [default: ./plumbline-runs/RUN].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Brings a lab up and keeps it until it is interrupted or taken down.
    Up {
        /// What to install in it.
        #[arg(long, default_value = "reference")]
        target: String,
        /// How many nodes.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=16))]
        nodes: u16,
        /// How many pods on each node.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=16))]
        pods: u16,
        /// Instance type of the nodes.
        #[arg(long = "type", default_value = "ecs.g7.4xlarge")]
        kind: String,
    },
    /// Opens a shell in a lab: in its control namespace, or on a node.
    Shell {
        /// Node such as n1 [default: beside the API server].
        node: Option<String>,
        /// Command instead of a shell.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Takes a lab down.
    Down {
        /// Its run id [default: the only lab that is up].
        run: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MutantsCommand {
    /// Lists the defects, with how many scenarios must find each.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Plays the scenarios named for one defect, without it and with it.
    ///
    /// Ends with 0 when all of them fail on it and on nothing else, with 6 when one
    /// passes, with 70 when the defect was not reached.
    Run(MutantsRun),
    /// Plays the scenarios named for each defect, and some that are not.
    Matrix(Matrix),
}

#[derive(Debug, Args)]
pub(crate) struct MutantsRun {
    /// The defect; `plumbline mutants list` names all.
    pub(crate) id: String,
    /// Scenarios instead of those that are named for it.
    pub(crate) select: Vec<String>,
    #[command(flatten)]
    pub(crate) playing: Playing,
}

#[derive(Debug, Args)]
pub(crate) struct Matrix {
    /// Exit with 6 when less than this share of the mutants is killed, in per cent.
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) require_kill: u8,
    /// How many scenarios that have nothing to do with a defect must pass on it, or "all".
    #[arg(long, default_value = "2", value_name = "NUMBER")]
    pub(crate) unrelated: Unrelated,
    /// Only these defects.
    #[arg(long = "mutant", value_name = "ID")]
    pub(crate) mutants: Vec<String>,
    /// Also slow scenarios, each on one defect.
    #[arg(long)]
    pub(crate) slow: bool,
    /// What the choice of unrelated scenarios comes from [default: a fresh one].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) playing: Playing,
}

#[derive(Debug, Args)]
pub(crate) struct Playing {
    /// Scenarios at a time; from 2 on, those that must be alone may have a second lab.
    #[arg(long, short, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    /// Factor for every deadline, without defects and with them.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = scale)]
    pub(crate) timeout_scale: f64,
    /// Folder of the matrix [default: ./plumbline-runs/RUN].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Machine formats with a schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    /// report.json
    Report,
    /// evidence/*.json, the index of a scenario
    Evidence,
    /// kills.json
    Kills,
    /// bench.json
    Bench,
    /// evidence/objects/*, a fact
    Fact,
    /// verdict.json
    Verdict,
    /// manifest.json
    Manifest,
    /// plan.json
    Plan,
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.1..=100.0).contains(&factor) => Ok(factor),
        _ => Err("a factor from 0.1 to 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
