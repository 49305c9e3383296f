//! `plumbline replay`: plays a run again as it was played.

use std::io::Write;
use std::path::Path;

use anyhow::anyhow;
use report::summary::Colour;

use super::{Refusal, run};
use crate::cli::{Run, Telling};
use crate::evidence::{Recipe, find};

pub(super) fn replay(
    features: &Path,
    run: &str,
    scenario: Option<String>,
    telling: Telling,
    colour: Colour,
) -> Result<u8, Refusal> {
    let recipe = find(run).and_then(|folder| Recipe::read(&folder)).map_err(Refusal::usage)?;
    let options = options(&recipe, scenario, telling)?;
    // Who closes standard error does not want to hear.
    let _ = writeln!(std::io::stderr(), "plumbline: playing run {} again", recipe.run);
    run::run(features, &options, colour).map(|ended| ended.code)
}

/// The run's options; for one scenario, with that as the only selection: its chance
/// comes from seed and id alone, so it is the same.
fn options(recipe: &Recipe, scenario: Option<String>, telling: Telling) -> Result<Run, Refusal> {
    let mut options = Run { telling, ..recipe.options.clone() };
    if let Some(scenario) = scenario {
        if recipe.turns.iter().all(|turn| turn.scenario != scenario) {
            let error = anyhow!("run {} did not play {scenario:?}", recipe.run);
            return Err(Refusal::usage(error));
        }
        options.select = vec![scenario];
        (options.tags, options.name, options.shard) = (None, None, None);
        (options.exclude, options.reasons) = (Vec::new(), Vec::new());
    }
    Ok(options)
}
