//! Thousands of sandboxes, some of them killed, doubled or lost, and what is left
//! of them (FLT-9).

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use facts::tally::{Marathon, Tally};
use facts::{Claim, Fact};

use crate::scene::{Done, Scene};
use crate::suite::marathon::{Fate, Track, fates, sum};
use crate::suite::{NodeHandle, Pod, Suite};

use super::pods::prepare;

/// Sandboxes at a time.
const LANES: usize = 8;
/// Bytes by which memory and files may grow: 10,000 leaks of 200 bytes are seen.
const SLACK: u64 = 2 << 20;
/// Connections that may be open because of the calls before: as many as there are lanes.
const SPARE: u64 = LANES as u64;
/// So many counts in a row that are the same are rest: longer than a round of repair.
const STEADY: usize = 6;
/// Names another number of sandboxes for a marathon that is asked for.
const LENGTH: &str = "PLUMBLINE_MARATHON";

const BEFORE: &str = "count before";
const BETWEEN: &str = "count while pods are there";
const AFTER: &str = "count after";
const MARATHON: &str = "marathon";

/// Before anything is counted, so that what is made once is made.
#[given(expr = "{int} sandboxes came and went on {string}")]
async fn warm_up(scene: &mut Scene, count: usize, node: String) -> Done {
    for number in 1..=LANES {
        prepare(scene, &format!("p{number}"), &node).await?;
    }
    run(scene, &node, &vec![Fate::Undisturbed; count], 1).await?;
    Ok(())
}

#[given(expr = "everything of {string} is counted")]
async fn count(scene: &mut Scene, node: String) -> Done {
    let suite = scene.suite.clone();
    let (mut last, mut same) = (Tally::default(), 0);
    let handle = scene.node(&node)?;
    let steady = async || {
        let tally = calm(&suite, handle).await?;
        same = if tally.counts == last.counts { same + 1 } else { 0 };
        last = tally.clone();
        Ok((same >= STEADY).then_some(tally))
    };
    let tally = suite.until(30.0, "counts that stay the same", steady).await?;
    scene.store(BEFORE, Fact::Tally(tally));
    Ok(())
}

#[when(
    expr = "{int} sandboxes come and go on {string}, of each hundred one killed, one doubled, one lost"
)]
async fn marathon(scene: &mut Scene, count: usize, node: String) -> Done {
    run_marathon(scene, count, &node).await
}

/// As many as the user says, if he says so.
#[when(
    expr = "{int} or a wished number of sandboxes come and go on {string}, of each hundred one killed, one doubled, one lost"
)]
async fn long_marathon(scene: &mut Scene, count: usize, node: String) -> Done {
    let count = match std::env::var(LENGTH) {
        Ok(wish) => wish.parse().map_err(|_| anyhow::anyhow!("{LENGTH}={wish:?} is no number"))?,
        Err(_) => count,
    };
    run_marathon(scene, count, &node).await
}

#[then(expr = "there is as much of everything of {string} as before, unlike in between")]
async fn nothing_grew(scene: &mut Scene, step: &Step, node: String) -> Done {
    let suite = scene.suite.clone();
    let before = scene.evidence.get(BEFORE).cloned();
    let handle = scene.node(&node)?;
    let mut last = calm(&suite, handle).await?;
    let same = async || {
        last = calm(&suite, handle).await?;
        let back = matches!(&before, Some(Fact::Tally(tally)) if last.is_back(tally, SPARE));
        Ok(back.then_some(()))
    };
    // What does not come back is for the claim to say.
    let _ = suite.until(30.0, "the counts", same).await;
    let after = scene.store(AFTER, Fact::Tally(last));
    let [before, control, marathon] = [BEFORE, BETWEEN, MARATHON].map(str::to_owned);
    scene.claim(
        step,
        Claim::NothingGrew { before, after, marathon, slack: SLACK, spare: SPARE, control },
    )
}

/// Half of them, a count while pods are there, and the other half.
async fn run_marathon(scene: &mut Scene, count: usize, node: &str) -> Done {
    let all = fates(count, scene.dice("fates"));
    let (first, second) = all.split_at(count / 2);
    let one = run(scene, node, first, 100_000).await?;
    let (held, between) = on_track(scene, node, hold).await?;
    scene.store(BETWEEN, Fact::Tally(held));
    let other = run(scene, node, second, 500_000).await?;
    scene.store(MARATHON, Fact::Marathon(sum(sum(one, between), other)));
    Ok(())
}

async fn run(
    scene: &mut Scene,
    node: &str,
    fates: &[Fate],
    first: usize,
) -> anyhow::Result<Marathon> {
    on_track(scene, node, async |track, pods| track.run(pods, fates, first).await).await
}

/// Counts while every lane has a pod.
async fn hold(track: Track<'_>, pods: &mut [Pod]) -> anyhow::Result<(Tally, Marathon)> {
    let mut seen = track.fill(pods, 0).await?;
    let tally = track.suite.tally(track.node).await?;
    track.empty(pods, &mut seen).await?;
    Ok((tally, seen))
}

/// Does `work` with all pods of the scene.
async fn on_track<T>(
    scene: &mut Scene,
    node: &str,
    work: impl AsyncFnOnce(Track<'_>, &mut [Pod]) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let conf = scene.conf(node)?;
    let mut pods: Vec<Pod> = std::mem::take(&mut scene.pods).into_values().collect();
    let track =
        Track { suite: &scene.suite, scenario: &scene.id, node: scene.node(node)?, conf: &conf };
    let done = work(track, &mut pods).await;
    scene.pods = pods.into_iter().map(|pod| (pod.alias.clone(), pod)).collect();
    done
}

/// A count at a moment of its own, so that a loop of them leaves others their turn.
async fn calm(suite: &Suite, node: &NodeHandle) -> anyhow::Result<Tally> {
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(500));
    pace.tick().await;
    pace.tick().await;
    suite.tally(node).await
}
