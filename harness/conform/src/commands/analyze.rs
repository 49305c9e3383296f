//! `plumbline analyze`: computes a run's verdict again from what it stored, and says
//! where that is not what the run said. It needs no lab, no kernel and no root.

use std::path::Path;

use report::json::Report;
use report::record::{Reason, RunRecord, ScenarioRecord};
use report::{Exit, Normal, verdict};

use super::{Refusal, print};
use crate::catalogue::{Catalogue, Entry};
use crate::evidence::{self, Index, Manifest, Objects, Recipe};
use crate::record::Context as Records;

pub(super) fn analyze(run: &str) -> Result<u8, Refusal> {
    let folder = evidence::find(run).map_err(Refusal::usage)?;
    let judged = match judge_again(&folder) {
        Ok(judged) => judged,
        Err(differences) => {
            print(&format!("{}\n", differences.join("\n")))?;
            let error = anyhow::anyhow!("the evidence does not bear the report out");
            return Err(Refusal { exit: Exit::Unverified, error });
        }
    };
    let Judged { manifest, report, claims, .. } = judged;
    let exit = report.verdict.exit_code;
    print(&format!(
        "{} files are as they were stored, root {}\n\
         {claims} claims judged again, the verdict is the same: {}, {}\n",
        manifest.files.len(),
        manifest.root,
        report.verdict.overall.word(),
        exit.words(),
    ))?;
    Ok(exit.code())
}

/// What came of it.
struct Judged {
    manifest: Manifest,
    report: Report,
    claims: usize,
    /// Where the evidence does not say what the report says.
    differences: Vec<String>,
}

/// Judges everything again, or tells where the folder is not what it says, or does
/// not say what the report says.
fn judge_again(folder: &Path) -> Result<Judged, Vec<String>> {
    let told = |error: anyhow::Error| vec![format!("{error:#}")];
    let manifest = Manifest::read(folder).map_err(told)?;
    let changed = manifest.differences(folder).map_err(told)?;
    if !changed.is_empty() {
        return Err(changed);
    }
    let mut judged = compare(folder, manifest).map_err(told)?;
    judged.differences.sort();
    if judged.differences.is_empty() { Ok(judged) } else { Err(judged.differences) }
}

fn compare(folder: &Path, manifest: Manifest) -> anyhow::Result<Judged> {
    let stored = std::fs::read_to_string(folder.join(evidence::REPORT))?;
    let report = Report::from_json(&stored)?;
    let mut judged = Judged { manifest, report, claims: 0, differences: Vec::new() };
    judged.report = judged.again(folder)?;
    let normal = Normal::of(&judged.report).to_json();
    for (name, text) in [(evidence::REPORT, judged.report.to_json()), (evidence::VERDICT, normal)] {
        if std::fs::read(folder.join(name))? != text.as_bytes() {
            judged.differences.push(format!("{name} is not what the evidence says"));
        }
    }
    Ok(judged)
}

impl Judged {
    /// The report from facts, claims and courses; of the stored one only what is no
    /// judgement is taken.
    fn again(&mut self, folder: &Path) -> anyhow::Result<Report> {
        let stored = self.report.run.clone();
        let catalogue = Catalogue::read(&evidence::suite(folder))?;
        let recipe = Recipe::read(folder)?;
        let records = Records {
            ledger: &catalogue.ledger,
            readings: &stored.target.readings,
            target: &stored.target.name,
            seed: stored.seed.unwrap_or_default(),
            repeat: recipe.options.repeat,
        };
        let mut scenarios = Vec::new();
        for entry in &catalogue.scenarios {
            let mut attempts = Index::read_all(folder, &entry.text.id)?;
            for attempt in &mut attempts {
                self.judge(attempt, &Objects::of(folder))?;
            }
            let planned = recipe.turns.iter().any(|turn| turn.scenario == entry.text.id);
            scenarios.push(match reason(&stored, entry) {
                Some(reason) if !planned => records.left(entry, reason),
                _ => records.ran(entry, &attempts),
            });
        }
        let run = RunRecord { scenarios, ..stored };
        let verdict = verdict(&catalogue.ledger, &catalogue.profiles, &run);
        Ok(Report::new(run, verdict))
    }

    /// Judges the claims of one attempt again.
    fn judge(&mut self, attempt: &mut Index, objects: &Objects) -> anyhow::Result<()> {
        let facts = objects.read(&attempt.facts)?;
        let file = attempt.file();
        for (number, claimed) in attempt.claims.iter_mut().enumerate() {
            let judgement = oracle::judge(&claimed.claim, &facts);
            if judgement != claimed.judgement {
                let words = report::words::words(&claimed.claim);
                let line = claimed.line;
                self.differences.push(format!(
                    "{file}: claim {} of line {line} is judged otherwise now: {words}",
                    number + 1
                ));
            }
            claimed.divergence = oracle::diverge(&claimed.claim, &judgement, &facts);
            claimed.judgement = judgement;
            self.claims += 1;
        }
        Ok(())
    }
}

/// Why a scenario left nothing, as the run says.
fn reason(stored: &RunRecord, entry: &Entry) -> Option<Reason> {
    let here = |scenario: &&ScenarioRecord| scenario.id == entry.text.id;
    stored.scenarios.iter().find(here)?.reason.clone()
}

#[cfg(test)]
mod tests;
