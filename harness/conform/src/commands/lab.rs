//! `plumbline lab`: a small VPC to play in.

use crate::cli::LabCommand;

use super::Refusal;

pub(super) fn lab(_command: &LabCommand) -> Result<u8, Refusal> {
    Err(Refusal::usage(anyhow::anyhow!("not yet")))
}
