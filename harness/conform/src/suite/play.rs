//! Brings a lab up, lets cucumber play scenarios in it, and takes it down.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, anyhow};
use cucumber::gherkin::Feature;
use cucumber::{World, cli, parser};
use futures::FutureExt;
use futures::stream::{self, Stream};
use report::record::{Trouble, TroubleKind};
use stage::RunId;
use tokio::signal::unix::{SignalKind, signal};

use super::{Manner, Place, Seen, Suite, blocking, up};
use crate::catalogue::id;
use crate::mutants::MUTANT;
use crate::order::Turn;
use crate::progress::Progress;
use crate::recorder::{Course, Courses, Recorder};
use crate::scene::{Scene, sharing};

/// What is to be played, and how.
pub(crate) struct Wanted {
    pub(crate) place: Place,
    /// One for each turn, in their order.
    pub(crate) features: Vec<Feature>,
    /// What is played after that, in the same lab.
    pub(crate) then: Vec<Round>,
    pub(crate) manner: Manner,
    /// Scenarios at a time.
    pub(crate) jobs: usize,
    pub(crate) fail_fast: bool,
}

/// Features that need the target's control plane started anew.
pub(crate) struct Round {
    /// What it is, in words.
    pub(crate) what: String,
    /// Variables of the control plane besides the usual ones.
    pub(crate) controller: Vec<(String, String)>,
    pub(crate) features: Vec<Feature>,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Played {
    /// How each turn went.
    pub(crate) courses: BTreeMap<Turn, Course>,
    /// What each turn left.
    pub(crate) seen: BTreeMap<Turn, Seen>,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) leaks: Vec<String>,
    /// Version of Kubernetes.
    pub(crate) kubernetes: Option<String>,
    /// Number of the signal that cut the run short.
    pub(crate) signal: Option<u8>,
    /// Whether every turn came to its end.
    pub(crate) complete: bool,
}

/// Plays in one lab; whatever happens, nothing of it stays on the machine.
pub(super) fn play(wanted: Wanted, progress: &Arc<Progress>) -> anyhow::Result<Played> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start a runtime")?;
    let run = wanted.place.run.clone();
    let played = whatever_happens(&run, || runtime.block_on(play_in(wanted, progress)));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    played
}

/// Makes an error of a panic, and takes away what `act` made of the run until then.
fn whatever_happens<T>(run: &RunId, act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let left = stage::clean(run).problems;
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
        let left = if left.is_empty() { String::new() } else { format!("; {}", left.join("; ")) };
        Err(anyhow!("the harness panicked: {text}{left}"))
    })
}

async fn play_in(wanted: Wanted, progress: &Arc<Progress>) -> anyhow::Result<Played> {
    super::install_tls();
    let mut signals = Signals::listen()?;
    let (Place { run, target }, begun) = (&wanted.place, Instant::now());
    let second = if run.is_second() { "second lab: " } else { "" };
    let tell = |what: &str| progress.tell(&format!("{second}{what}"));
    let raised = tokio::select! {
        up = up(run, target, &tell) => Ok(up),
        number = signals.next() => Err(number),
    };
    let (lab, control) = match raised {
        Ok(Ok(up)) => up,
        Ok(Err(error)) => return Ok(not_ready(run, &error)),
        Err(number) => {
            stage::clean(run);
            return Ok(Played { signal: Some(number), ..Played::default() });
        }
    };
    let suite = Arc::new(Suite::new(lab, target.clone(), control, wanted.manner.clone()));
    let kubernetes = suite.kubernetes().await;
    let courses = Courses::default();
    tell(&format!("the lab is up after {:.1} s, playing", begun.elapsed().as_secs_f64()));
    let rounds = sharing(suite.clone(), rounds(&wanted, &suite, &courses, progress));
    let signal = tokio::select! {
        done = rounds => done.map(|()| None),
        number = signals.next() => Ok(Some(number)),
    };
    let (signal, trouble) = match signal {
        Ok(signal) => (signal, None),
        Err(error) => (None, Some(not_going_on(&error))),
    };
    tell("taking the lab down");
    let troubles = trouble.into_iter().collect();
    let mut played = Played { troubles, kubernetes, signal, ..Played::default() };
    played.leaks = suite.leaks(signal.is_none()).await;
    played.seen = suite.take_seen();
    played.courses = courses.lock().expect("no holder panics").clone();
    played.complete = signal.is_none() && ended(&wanted.features, &played.courses);
    let logs = suite.clone();
    if let Err(error) = blocking(move || logs.keep_logs()).await? {
        played.leaks.push(format!("logs are not kept: {error:#}"));
    }
    down(suite, run, &mut played).await?;
    Ok(played)
}

async fn rounds(
    wanted: &Wanted,
    suite: &Suite,
    courses: &Courses,
    progress: &Arc<Progress>,
) -> anyhow::Result<()> {
    cucumber(wanted, &wanted.features, courses, progress).await;
    for round in &wanted.then {
        progress.tell(&round.what);
        suite.control_anew(&round.controller).await?;
        cucumber(wanted, &round.features, courses, progress).await;
        // What this one left is for one as it should be to take away.
        suite.control_anew(&[]).await?;
    }
    Ok(())
}

async fn cucumber(
    wanted: &Wanted,
    features: &[Feature],
    courses: &Courses,
    progress: &Arc<Progress>,
) {
    let recorder = Recorder::new(courses.clone(), progress.clone());
    let play = Scene::cucumber::<PathBuf>()
        .with_parser(Parsed)
        .with_writer(recorder)
        .max_concurrent_scenarios(wanted.jobs)
        .before(|feature, _, scenario, scene| {
            let path = feature.path.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
            scene.scenario = id(&path, &scenario.name);
            scene.turn = Turn::of(feature, scenario);
            let mut tags = scenario.tags.iter();
            scene.mutant = tags.find_map(|tag| tag.strip_prefix(MUTANT)).map(str::to_owned);
            futures::future::ready(()).boxed_local()
        })
        .after(|_, _, _, _, scene| {
            async move {
                if let Some(scene) = scene {
                    scene.end().await;
                }
            }
            .boxed_local()
        })
        .with_default_cli();
    let play = if wanted.fail_fast { play.fail_fast() } else { play };
    play.run(features.to_vec()).await;
}

/// Hands cucumber what was parsed and chosen before.
struct Parsed;

impl cucumber::Parser<Vec<Feature>> for Parsed {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<Feature>>>;

    fn parse(self, features: Vec<Feature>, _: Self::Cli) -> Self::Output {
        const fn is_stream<T: Stream>(_: &T) {}
        let features: Vec<_> = features.into_iter().map(Ok).collect();
        let stream = stream::iter(features);
        is_stream(&stream);
        stream
    }
}

/// A control plane that did not come up again.
fn not_going_on(error: &anyhow::Error) -> Trouble {
    Trouble { kind: TroubleKind::NotReady, text: format!("{error:#}") }
}

fn not_ready(run: &RunId, error: &anyhow::Error) -> Played {
    stage::clean(run);
    let trouble = Trouble { kind: TroubleKind::NotReady, text: format!("{error:#}") };
    Played { troubles: vec![trouble], ..Played::default() }
}

/// Whether every turn came to its end.
fn ended(features: &[Feature], courses: &BTreeMap<Turn, Course>) -> bool {
    features.iter().all(|feature| {
        let ruled = feature.rules.iter().flat_map(|rule| &rule.scenarios);
        feature.scenarios.iter().chain(ruled).all(|scenario| {
            courses.get(&Turn::of(feature, scenario)).is_some_and(|course| course.ended)
        })
    })
}

async fn down(suite: Arc<Suite>, run: &RunId, played: &mut Played) -> anyhow::Result<()> {
    let problems = match Arc::try_unwrap(suite) {
        Ok(suite) => blocking(move || suite.down()).await?,
        // A scenario that was cut short holds it; the run's id finds everything.
        Err(suite) => {
            suite.control.stop(true);
            let run = run.clone();
            blocking(move || stage::clean(&run).problems).await?
        }
    };
    played.leaks.extend(problems);
    Ok(())
}

/// Signals that end a run in order.
pub(crate) struct Signals([tokio::signal::unix::Signal; 3]);

impl Signals {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listen for signals");
        Ok(Self([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    /// Number of the next signal.
    pub(crate) async fn next(&mut self) -> u8 {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => 2,
            _ = terminate.recv() => 15,
            _ = hangup.recv() => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_panic_is_an_error_and_what_the_run_made_goes() {
        let run = RunId::fresh();
        let namespace = run.namespace("n1");
        let root = nix::unistd::geteuid().is_root();
        let played = whatever_happens::<()>(&run, || {
            if root {
                let made = Command::new("ip").args(["netns", "add", &namespace]).status();
                assert!(made.is_ok_and(|status| status.success()));
                std::fs::create_dir_all(run.folder()).unwrap();
            }
            panic!("a bug of the harness");
        });
        let error = format!("{:#}", played.unwrap_err());
        assert!(error.contains("a bug of the harness"), "{error}");
        assert!(!run.folder().exists());
        assert!(!std::path::Path::new("/run/netns").join(&namespace).exists());
    }
}
