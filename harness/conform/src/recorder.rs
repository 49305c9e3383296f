//! Hears cucumber's events and keeps how each step of each scenario went.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use cucumber::gherkin::Step;
use cucumber::writer::Normalized;
use cucumber::{Event, Writer, cli, event, parser};
use facts::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::order::Turn;
use crate::progress::Progress;
use crate::scene::Scene;

/// How the steps of one scenario went.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Course {
    /// Steps by line; those that are not here did not run.
    pub(crate) steps: BTreeMap<usize, Stepped>,
    /// What a step or hook said that broke, and no claim explains.
    pub(crate) broke: Option<String>,
    /// How long it took, in milliseconds.
    pub(crate) millis: u64,
    /// Whether it came to its end.
    pub(crate) ended: bool,
}

/// How one step went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Stepped {
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// How long it took, in milliseconds.
    pub(crate) millis: u64,
}

/// Courses by turn; what a run that is cut short has come to is there, too.
pub(crate) type Courses = Arc<Mutex<BTreeMap<Turn, Course>>>;

/// The writer that cucumber speaks to.
pub(crate) struct Recorder {
    courses: Courses,
    progress: Arc<Progress>,
    begun: BTreeMap<Turn, (Instant, Instant)>,
}

impl Normalized for Recorder {}

impl Writer<Scene> for Recorder {
    type Cli = cli::Empty;

    async fn handle_event(
        &mut self,
        event: parser::Result<Event<event::Cucumber<Scene>>>,
        _: &Self::Cli,
    ) {
        // Features were parsed before the run; a stray error has nothing to say here.
        let Ok(event) = event else { return };
        let event::Cucumber::Feature(feature, event) = event.value else { return };
        match event {
            event::Feature::Scenario(scenario, event)
            | event::Feature::Rule(_, event::Rule::Scenario(scenario, event)) => {
                let turn = Turn::of(&feature, &scenario);
                self.hear(&turn, &scenario.name, event.event);
            }
            _ => {}
        }
    }
}

impl Recorder {
    pub(crate) fn new(courses: Courses, progress: Arc<Progress>) -> Self {
        Self { courses, progress, begun: BTreeMap::new() }
    }

    fn hear(&mut self, turn: &Turn, name: &str, event: event::Scenario<Scene>) {
        let now = Instant::now();
        match event {
            event::Scenario::Started => {
                self.begun.insert(turn.clone(), (now, now));
                self.note(turn, |_| ());
            }
            event::Scenario::Hook(_, event::Hook::Failed(_, info)) => {
                self.note(turn, |course| course.broke = Some(said(&info)));
            }
            event::Scenario::Background(step, event) | event::Scenario::Step(step, event) => {
                self.step(turn, &step, event, now);
            }
            event::Scenario::Finished => {
                let begun = self.begun.remove(turn).map_or(now, |(begun, _)| begun);
                let millis = millis(begun, now);
                let failed = self.note(turn, |course| {
                    (course.millis, course.ended) = (millis, true);
                    course.steps.values().any(|step| step.outcome != Outcome::Passed)
                        || course.broke.is_some()
                });
                self.progress.ended(name, failed, millis);
            }
            event::Scenario::Hook(..) | event::Scenario::Log(_) => {}
        }
    }

    fn step(&mut self, turn: &Turn, step: &Step, event: event::Step<Scene>, now: Instant) {
        let line = step.position.line;
        let since = self.begun.get(turn).map_or(now, |(_, step)| *step);
        let (outcome, broke) = match event {
            event::Step::Started => {
                if let Some((_, since)) = self.begun.get_mut(turn) {
                    *since = now;
                }
                return;
            }
            event::Step::Passed(..) => (Outcome::Passed, None),
            event::Step::Skipped => {
                (Outcome::Error, Some(format!("no step says {:?}", step.value)))
            }
            event::Step::Failed(_, _, _, event::StepError::Panic(info)) => {
                (Outcome::Failed, Some(said(&info)))
            }
            event::Step::Failed(_, _, _, error) => (Outcome::Error, Some(error.to_string())),
        };
        let millis = millis(since, now);
        self.note(turn, |course| {
            course.steps.insert(line, Stepped { outcome, millis });
            course.broke = broke.or_else(|| course.broke.take());
        });
    }

    fn note<T>(&self, turn: &Turn, act: impl FnOnce(&mut Course) -> T) -> T {
        let mut courses = self.courses.lock().expect("no holder panics");
        act(courses.entry(turn.clone()).or_default())
    }
}

fn millis(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(u64::MAX)
}

/// The words of a panic.
fn said(info: &event::Info) -> String {
    let text = info.downcast_ref::<String>().cloned();
    let text = text.or_else(|| info.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "a panic without words".to_owned())
}
