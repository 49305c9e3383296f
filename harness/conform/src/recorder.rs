//! Hears cucumber's events and keeps how each step of each scenario went.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use cucumber::gherkin::{Feature, Step};
use cucumber::writer::Normalized;
use cucumber::{Event, Writer, cli, event, parser};
use facts::Outcome;

use crate::catalogue::key;
use crate::progress::Progress;
use crate::scene::Scene;

/// How the steps of one scenario went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    /// Outcome and milliseconds by line; steps that are not here did not run.
    pub(crate) steps: BTreeMap<usize, (Outcome, u64)>,
    /// What a step or hook said that broke, and no claim explains.
    pub(crate) broke: Option<String>,
    pub(crate) millis: u64,
    /// Whether it came to its end.
    pub(crate) ended: bool,
}

/// Courses by key; what a run that is cut short has come to is there, too.
pub(crate) type Courses = Arc<Mutex<BTreeMap<String, Course>>>;

/// The writer that cucumber speaks to.
pub(crate) struct Recorder {
    courses: Courses,
    progress: Arc<Progress>,
    begun: BTreeMap<String, (Instant, Instant)>,
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
                let key = key(&path(&feature), scenario.position.line);
                self.hear(&key, &scenario.name, event.event);
            }
            _ => {}
        }
    }
}

fn path(feature: &Feature) -> String {
    feature.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
}

impl Recorder {
    pub(crate) fn new(courses: Courses, progress: Arc<Progress>) -> Self {
        Self { courses, progress, begun: BTreeMap::new() }
    }

    fn hear(&mut self, key: &str, name: &str, event: event::Scenario<Scene>) {
        let now = Instant::now();
        match event {
            event::Scenario::Started => {
                self.begun.insert(key.to_owned(), (now, now));
                self.note(key, |_| ());
            }
            event::Scenario::Hook(_, event::Hook::Failed(_, info)) => {
                self.note(key, |course| course.broke = Some(said(&info)));
            }
            event::Scenario::Background(step, event) | event::Scenario::Step(step, event) => {
                self.step(key, &step, event, now);
            }
            event::Scenario::Finished => {
                let begun = self.begun.remove(key).map_or(now, |(begun, _)| begun);
                let millis = millis(begun, now);
                let failed = self.note(key, |course| {
                    (course.millis, course.ended) = (millis, true);
                    course.steps.values().any(|(outcome, _)| *outcome != Outcome::Passed)
                        || course.broke.is_some()
                });
                self.progress.ended(name, failed, millis);
            }
            event::Scenario::Hook(..) | event::Scenario::Log(_) => {}
        }
    }

    fn step(&mut self, key: &str, step: &Step, event: event::Step<Scene>, now: Instant) {
        let line = step.position.line;
        let since = self.begun.get(key).map_or(now, |(_, step)| *step);
        let (outcome, broke) = match event {
            event::Step::Started => {
                if let Some((_, since)) = self.begun.get_mut(key) {
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
        self.note(key, |course| {
            course.steps.insert(line, (outcome, millis(since, now)));
            course.broke = broke.or_else(|| course.broke.take());
        });
    }

    fn note<T>(&self, key: &str, act: impl FnOnce(&mut Course) -> T) -> T {
        let mut courses = self.courses.lock().expect("no holder panics");
        act(courses.entry(key.to_owned()).or_default())
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
