//! How often an action may be called: one token bucket an action. The defaults
//! are the published implementation's.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::{
    Quota, RateLimiter, middleware::NoOpMiddleware, state::InMemoryState, state::NotKeyed,
};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::pace::Pace;

/// The pace of one action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Requests a minute in the long run.
    pub per_minute: NonZeroU32,
    /// Requests at once after a rest. 1 loses a part of the rate, a third on
    /// average, to jitter.
    pub burst: NonZeroU32,
}

impl Rate {
    /// So many a minute, and as many at once.
    pub const fn even(per_minute: NonZeroU32) -> Self {
        Self { per_minute, burst: per_minute }
    }
}

/// The pace of every action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Of actions that are not named below.
    pub others: Rate,
    /// By the action's name in the API.
    pub actions: BTreeMap<String, Rate>,
}

const DEFAULT: u32 = 500;
const DEFAULTS: [(&str, u32); 12] = [
    ("AssignIpv6Addresses", 400),
    ("AssignPrivateIpAddresses", 400),
    ("AttachNetworkInterface", 500),
    ("CreateNetworkInterface", 500),
    ("DeleteNetworkInterface", 500),
    ("DescribeInstanceTypes", 400),
    ("DescribeNetworkInterfaceAttribute", 2000),
    ("DescribeNetworkInterfaces", 800),
    ("DescribeVSwitches", 300),
    ("DetachNetworkInterface", 400),
    ("UnassignIpv6Addresses", 400),
    ("UnassignPrivateIpAddresses", 400),
];

impl Default for Limits {
    fn default() -> Self {
        let even = |n| Rate::even(NonZeroU32::new(n).expect("no default is 0"));
        let actions = DEFAULTS.map(|(action, n)| (action.to_owned(), even(n)));
        Self { others: even(DEFAULT), actions: actions.into() }
    }
}

/// One bucket an action.
pub(crate) struct Buckets {
    others: Bucket,
    actions: BTreeMap<String, Bucket>,
}

impl Buckets {
    pub(crate) fn new(limits: &Limits) -> Self {
        let bucket = |(action, rate): (&String, &Rate)| (action.clone(), Bucket::new(*rate));
        Self {
            others: Bucket::new(limits.others),
            actions: limits.actions.iter().map(bucket).collect(),
        }
    }

    /// A call of `action`, sent at `sent`, was refused for too many calls.
    pub(crate) fn refused(&self, action: &str, sent: Instant) {
        self.of(action).pace().refused(sent, Instant::now());
    }

    /// A call of `action` was answered.
    pub(crate) fn passed(&self, action: &str) {
        self.of(action).pace().passed();
    }

    fn of(&self, action: &str) -> &Bucket {
        self.actions.get(action).unwrap_or(&self.others)
    }

    /// Returns when `action` may be called; those who wait are served in the
    /// order in which they came. Whoever gives up waiting takes nothing.
    pub(crate) async fn turn(&self, action: &str) {
        self.of(action).take().await;
    }
}

struct Bucket {
    tokens: RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware>,
    queue: Mutex<()>,
    interval: Duration,
    pace: std::sync::Mutex<Pace>,
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        Self {
            tokens: RateLimiter::direct_with_clock(quota, MonotonicClock),
            queue: Mutex::new(()),
            interval: quota.replenish_interval(),
            pace: std::sync::Mutex::default(),
        }
    }

    /// Waits a little longer than needed, by up to one interval, so that many
    /// clients do not line up. The next in the queue waits so much less: the
    /// rate holds, unless the burst is 1.
    async fn take(&self) {
        let _first_in_queue = self.queue.lock().await;
        while let Err(early) = self.tokens.check() {
            let wait = early.wait_time_from(MonotonicClock.now());
            let jitter = self.interval.mul_f64(fastrand::f64());
            sleep_until(Instant::now() + wait + jitter).await;
        }
        let turn = self.pace().turn(Instant::now(), fastrand::f64());
        sleep_until(turn).await;
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().expect("nobody panics while holding a pace")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn limits(per_minute: u32, burst: u32) -> Limits {
        let of = |n| NonZeroU32::new(n).unwrap();
        let slow = Rate { per_minute: of(per_minute), burst: of(burst) };
        Limits { others: Rate::even(of(DEFAULT)), actions: [("Slow".to_owned(), slow)].into() }
    }

    #[test]
    fn defaults_are_the_published_implementations() {
        let limits = Limits::default();
        let of = |action| limits.actions[action].per_minute.get();
        assert_eq!(
            ["DescribeNetworkInterfaces", "DescribeVSwitches", "AttachNetworkInterface"].map(of),
            [800, 300, 500]
        );
        assert_eq!(limits.actions.keys().collect::<Vec<_>>(), crate::action::NAMES);
        assert!(limits.actions.values().all(|rate| rate.burst == rate.per_minute));
    }

    #[tokio::test]
    async fn a_burst_passes_and_the_rest_keeps_the_rate() {
        let buckets = Buckets::new(&limits(12_000, 40));
        let begun = Instant::now();
        for _ in 0..40 {
            buckets.turn("Slow").await;
        }
        let burst = begun.elapsed();
        for _ in 0..80 {
            buckets.turn("Slow").await;
        }
        let all = begun.elapsed();
        assert!(burst < Duration::from_millis(200), "40 at once: {burst:?}");
        assert!(all >= Duration::from_millis(395), "80 more, one in 5 ms: {all:?}");
        assert!(all < Duration::from_millis(800), "not at half the rate: {all:?}");
    }

    #[tokio::test]
    async fn another_action_does_not_wait() {
        let buckets = Buckets::new(&limits(1, 1));
        buckets.turn("Slow").await;
        let other = tokio::time::timeout(Duration::from_secs(5), buckets.turn("Other"));
        assert!(other.await.is_ok());
    }

    #[tokio::test]
    async fn whoever_gives_up_takes_nothing() {
        let buckets = Arc::new(Buckets::new(&limits(600, 1)));
        buckets.turn("Slow").await;
        for _ in 0..20 {
            let given_up = tokio::time::timeout(Duration::from_millis(1), buckets.turn("Slow"));
            assert!(given_up.await.is_err());
        }
        let next = tokio::time::timeout(Duration::from_secs(1), buckets.turn("Slow"));
        assert!(next.await.is_ok(), "one in 100 ms, but 20 have given up");
    }

    #[tokio::test]
    async fn those_who_wait_are_served_in_order() {
        let buckets = Arc::new(Buckets::new(&limits(6000, 1)));
        let served = Arc::new(Mutex::new(Vec::new()));
        let waiting: Vec<_> = (0..10)
            .map(|number| {
                let (buckets, served) = (Arc::clone(&buckets), Arc::clone(&served));
                tokio::spawn(async move {
                    buckets.turn("Slow").await;
                    served.lock().await.push(number);
                })
            })
            .collect();
        for one in waiting {
            one.await.unwrap();
        }
        assert_eq!(*served.lock().await, (0..10).collect::<Vec<_>>());
    }
}
