//! When a failed attempt is made again: only if the failure passes by itself,
//! after an exponentially growing pause with full jitter, so that many clients
//! do not come back together.

use std::time::Duration;

use crate::error::Kind;

/// Bounds of repetition. Whichever is reached first ends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Attempts of one call, the first among them; 1 never repeats.
    pub attempts: u32,
    /// The longest pause before the second attempt; it doubles from there.
    pub first: Duration,
    /// No pause is longer.
    pub most: Duration,
    /// No pause ends later than this after the first attempt was sent. The wait
    /// for the action's budget comes on top.
    pub total: Duration,
}

impl Default for Retry {
    /// 10 attempts, pauses up to 0.5 s, 1 s ... 20 s, 2 minutes in all: what is
    /// throttled stays so until the next minute begins (ECS, "API throttling").
    fn default() -> Self {
        Self {
            attempts: 10,
            first: Duration::from_millis(500),
            most: Duration::from_secs(20),
            total: Duration::from_mins(2),
        }
    }
}

impl Retry {
    /// How long to wait before the next attempt, or that there is none.
    ///
    /// `made` attempts were made in `spent`; `spread` is a random number from 0 to 1.
    pub(crate) fn pause(
        &self,
        failure: Kind,
        made: u32,
        spent: Duration,
        spread: f64,
    ) -> Option<Duration> {
        if !failure.passes() || made >= self.attempts {
            return None;
        }
        if defect::on("no-pause-after-a-refusal") {
            return Some(Duration::ZERO);
        }
        let doubled = self.first.saturating_mul(2u32.saturating_pow(made.saturating_sub(1)));
        let pause = doubled.min(self.most).mul_f64(spread.clamp(0.0, 1.0));
        (spent + pause <= self.total).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RETRY: Retry = Retry {
        attempts: 40,
        first: Duration::from_millis(500),
        most: Duration::from_secs(5),
        total: Duration::from_mins(1),
    };

    fn pause(made: u32, spread: f64) -> Option<u128> {
        let pause = RETRY.pause(Kind::Transient, made, Duration::ZERO, spread);
        pause.map(|pause| pause.as_millis())
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let longest: Vec<_> = (1..=6).filter_map(|made| pause(made, 1.0)).collect();
        assert_eq!(longest, [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(pause(39, 1.0), Some(5000));
    }

    #[test]
    fn jitter_takes_the_whole_pause() {
        assert_eq!([pause(1, 0.0), pause(1, 0.5), pause(1, 1.0)], [Some(0), Some(250), Some(500)]);
    }

    #[rstest]
    #[case::throttled(Kind::Throttled, 1, 0, true)]
    #[case::refused(Kind::Conflict, 1, 0, false)]
    #[case::bad_answer(Kind::Other, 1, 0, false)]
    #[case::token(Kind::TokenSpent, 1, 0, false)]
    #[case::attempts_spent(Kind::Transient, 40, 0, false)]
    #[case::time_left(Kind::Transient, 1, 59, true)]
    #[case::time_spent(Kind::Transient, 1, 60, false)]
    fn repetition_ends(
        #[case] failure: Kind,
        #[case] made: u32,
        #[case] seconds: u64,
        #[case] again: bool,
    ) {
        let pause = RETRY.pause(failure, made, Duration::from_secs(seconds), 1.0);
        assert_eq!(pause.is_some(), again);
    }
}
