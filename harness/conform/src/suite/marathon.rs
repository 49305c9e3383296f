//! Sandboxes that come and go, a few at a time, and what befalls some of their calls.

use std::time::{Duration, Instant};

use facts::cni::CniCall;
use facts::tally::Marathon;
use futures::future::try_join_all;
use serde_json::Value;

use super::{NodeHandle, Pod, Suite};

/// How many failures are told in words.
const TOLD: usize = 20;
/// A call that is to be killed is killed before this many microseconds have passed.
const KILLED_BEFORE: u64 = 8_000;

/// What befalls a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Undisturbed,
    /// ADD is killed after so long; DEL follows.
    AddKilled(Duration),
    /// DEL is killed after so long, and made again.
    DelKilled(Duration),
    AddTwice,
    DelTwice,
    /// There is no DEL: the sandbox vanishes, and its pod is replaced.
    DelLost,
}

/// Fates of `count` sandboxes: of each hundred one is killed, one has a call twice
/// and one loses its DEL.
pub(crate) fn fates(count: usize, mut dice: fastrand::Rng) -> Vec<Fate> {
    let mut fates = vec![Fate::Undisturbed; count];
    for (number, hundred) in fates.chunks_mut(100).enumerate() {
        let mut places: Vec<usize> = (0..hundred.len()).collect();
        dice.shuffle(&mut places);
        let after = Duration::from_micros(dice.u64(200..KILLED_BEFORE));
        let even = number % 2 == 0;
        let three = [
            if even { Fate::AddKilled(after) } else { Fate::DelKilled(after) },
            if even { Fate::DelTwice } else { Fate::AddTwice },
            Fate::DelLost,
        ];
        for (place, fate) in places.into_iter().zip(three) {
            hundred[place] = fate;
        }
    }
    fates
}

/// Where sandboxes come and go.
pub(crate) struct Track<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) scenario: &'a str,
    pub(crate) node: &'a NodeHandle,
    /// The network configuration of the node.
    pub(crate) conf: &'a Value,
}

impl Track<'_> {
    /// Lets a sandbox come and go for each fate, as many at a time as there are pods;
    /// the sandboxes are numbered from `first` on.
    pub(crate) async fn run(
        &self,
        pods: &mut [Pod],
        fates: &[Fate],
        first: usize,
    ) -> anyhow::Result<Marathon> {
        let start = Instant::now();
        let lanes = pods.len();
        let lane = async |(number, pod): (usize, &mut Pod)| {
            let mut seen = Marathon::default();
            for (place, fate) in fates.iter().enumerate().skip(number).step_by(lanes) {
                pod.next(self.suite, first + place).await?;
                self.sandbox(pod, *fate, &mut seen).await?;
            }
            pod.close().await?;
            anyhow::Ok(seen)
        };
        let seen = try_join_all(pods.iter_mut().enumerate().map(lane)).await?;
        let mut all = seen.into_iter().fold(Marathon::default(), sum);
        all.millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(all)
    }

    async fn sandbox(&self, pod: &mut Pod, fate: Fate, seen: &mut Marathon) -> anyhow::Result<()> {
        seen.sandboxes += 1;
        if let Fate::AddKilled(after) = fate {
            self.killed("ADD", pod, after, seen).await?;
        } else {
            self.add(pod, seen).await?;
        }
        match fate {
            Fate::AddTwice => {
                seen.doubled += 1;
                let first = pod.addresses.clone();
                self.add(pod, seen).await?;
                if first != pod.addresses {
                    let told = format!("{first:?}, then {:?}", pod.addresses);
                    fail(seen, format!("ADD {} twice told {told}", pod.sandbox.container));
                }
            }
            Fate::DelKilled(after) => self.killed("DEL", pod, after, seen).await?,
            Fate::DelTwice => {
                seen.doubled += 1;
                self.undisturbed("DEL", pod, seen).await?;
            }
            Fate::DelLost => {
                seen.lost += 1;
                pod.close().await?;
                return pod.replace(self.suite, self.scenario, self.node).await;
            }
            Fate::Undisturbed | Fate::AddKilled(_) => {}
        }
        self.undisturbed("DEL", pod, seen).await.map(drop)
    }

    /// Gives each pod a sandbox that stays.
    pub(crate) async fn fill(&self, pods: &mut [Pod], first: usize) -> anyhow::Result<Marathon> {
        let mut seen = Marathon::default();
        for (place, pod) in pods.iter_mut().enumerate() {
            pod.next(self.suite, first + place).await?;
            seen.sandboxes += 1;
            self.add(pod, &mut seen).await?;
        }
        Ok(seen)
    }

    /// Takes them away again.
    pub(crate) async fn empty(&self, pods: &[Pod], seen: &mut Marathon) -> anyhow::Result<()> {
        for pod in pods {
            self.undisturbed("DEL", pod, seen).await?;
        }
        Ok(())
    }

    async fn add(&self, pod: &mut Pod, seen: &mut Marathon) -> anyhow::Result<()> {
        let made = self.undisturbed("ADD", pod, seen).await?;
        pod.remember(serde_json::from_str(&made.stdout).ok().filter(|_| made.succeeded()));
        Ok(())
    }

    async fn undisturbed(
        &self,
        verb: &str,
        pod: &Pod,
        seen: &mut Marathon,
    ) -> anyhow::Result<CniCall> {
        let made = self.node.make(self.suite, pod.call(verb, self.conf, None)?).await?;
        if made.succeeded() {
            seen.succeeded += 1;
        } else {
            let answer = format!("{}{}", made.stdout, made.stderr);
            fail(seen, format!("{verb} {}: {}", pod.sandbox.container, answer.trim()));
        }
        Ok(made)
    }

    /// A call that is killed, unless it was faster.
    async fn killed(
        &self,
        verb: &str,
        pod: &Pod,
        after: Duration,
        seen: &mut Marathon,
    ) -> anyhow::Result<()> {
        let made =
            self.node.make_within(self.suite, pod.call(verb, self.conf, None)?, after).await?;
        if made.exit.is_none() {
            seen.killed += 1;
        }
        Ok(())
    }
}

fn fail(seen: &mut Marathon, what: String) {
    seen.failed += 1;
    if seen.failures.len() < TOLD {
        seen.failures.push(what);
    }
}

/// Two rows of sandboxes as one.
pub(crate) fn sum(mut one: Marathon, other: Marathon) -> Marathon {
    one.sandboxes += other.sandboxes;
    one.succeeded += other.succeeded;
    one.killed += other.killed;
    one.doubled += other.doubled;
    one.lost += other.lost;
    one.failed += other.failed;
    one.millis += other.millis;
    one.failures.extend(other.failures);
    one.failures.truncate(TOLD);
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hundred_has_its_disturbances_and_a_seed_its_fates() {
        let fates = |seed| fates(200, fastrand::Rng::with_seed(seed));
        let count = |fate: fn(&Fate) -> bool| fates(1).iter().filter(|found| fate(found)).count();
        assert_eq!(count(|fate| matches!(fate, Fate::AddKilled(_))), 1);
        assert_eq!(count(|fate| matches!(fate, Fate::DelKilled(_))), 1);
        assert_eq!(count(|fate| matches!(fate, Fate::AddTwice)), 1);
        assert_eq!(count(|fate| matches!(fate, Fate::DelTwice)), 1);
        assert_eq!(count(|fate| *fate == Fate::DelLost), 2);
        assert_eq!(fates(1), fates(1));
        assert_ne!(fates(1), fates(2));
    }
}
