//! The pace that refusals teach: the budget of an account is shared with others, so
//! what the configuration allows may be too much. One refusal slows all calls of its
//! action down, each success makes them a little faster again.

use std::time::Duration;

use tokio::time::Instant;

/// The pause that the first refusal teaches.
const FIRST: Duration = Duration::from_millis(25);
/// No pause is longer.
const MOST: Duration = Duration::from_secs(2);
/// A shorter pause is none.
const LEAST: Duration = Duration::from_millis(5);

/// What is known of one action.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    gap: Duration,
    learned: Option<Instant>,
    next: Option<Instant>,
}

impl Pace {
    /// When the next call may be made; it counts as made.
    ///
    /// `spread` is a random number from 0 to 1: pauses are half to one and a half of
    /// the one that was learned, so that nothing comes in step.
    pub(crate) fn turn(&mut self, now: Instant, spread: f64) -> Instant {
        let turn = self.next.map_or(now, |next| next.max(now));
        self.next = Some(turn + self.gap.mul_f64(0.5 + spread.clamp(0.0, 1.0)));
        turn
    }

    /// A call that was sent at `sent` was refused for too many calls. Those that were
    /// under way with it teach nothing more.
    pub(crate) fn refused(&mut self, sent: Instant, now: Instant) {
        let known = self.learned.is_some_and(|learned| sent < learned);
        if known || defect::on("refusals-do-not-slow") || defect::on("no-pause-after-a-refusal") {
            return;
        }
        self.gap = self.gap.saturating_mul(2).clamp(FIRST, MOST);
        self.learned = Some(now);
        self.next = Some(self.next.map_or(now, |next| next.max(now)) + self.gap);
    }

    /// A call was answered.
    pub(crate) fn passed(&mut self) {
        self.gap = self.gap.mul_f64(0.9);
        if self.gap < LEAST {
            self.gap = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn without_a_refusal_nothing_waits() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!([0.0, 0.5, 1.0].map(|spread| pace.turn(now, spread)), [now; 3]);
    }

    #[test]
    fn calls_that_were_refused_together_teach_once() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for refused in 10..200 {
            pace.refused(start, later(start, refused));
        }
        assert_eq!(pace.gap, FIRST);
        pace.refused(later(start, 300), later(start, 310));
        assert_eq!(pace.gap, 2 * FIRST);
    }

    #[test]
    fn pauses_lie_between_half_and_one_and_a_half() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        pace.refused(start, start);
        let turns = [0.0, 1.0, 0.5].map(|spread| pace.turn(start, spread));
        let millis = turns.map(|turn| (turn - start).as_micros());
        assert_eq!(millis, [25_000, 37_500, 75_000]);
    }

    #[test]
    fn pauses_grow_to_the_longest_and_success_ends_them() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for round in 0..20 {
            pace.refused(later(start, round), later(start, round));
        }
        assert_eq!(pace.gap, MOST);
        for _ in 0..100 {
            pace.passed();
        }
        assert_eq!(pace.gap, Duration::ZERO);
    }
}
