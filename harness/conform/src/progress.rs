//! What a person sees while a run is under way, on standard error.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loudness {
    /// Nothing.
    Quiet,
    /// Stages, and how many scenarios have ended.
    Stages,
    /// Stages, and scenarios that do not pass.
    Normal,
    /// Every scenario.
    Verbose,
}

/// Tells how far a run is.
pub(crate) struct Progress {
    loudness: Loudness,
    terminal: bool,
    begun: Instant,
    total: AtomicUsize,
    ended: AtomicUsize,
    failed: AtomicUsize,
}

impl Progress {
    pub(crate) fn new(loudness: Loudness) -> Self {
        Self {
            loudness,
            terminal: std::io::stderr().is_terminal(),
            begun: Instant::now(),
            total: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
        }
    }

    /// How many scenarios there will be.
    pub(crate) fn expect(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// A stage of the run begins.
    pub(crate) fn tell(&self, what: &str) {
        if self.loudness != Loudness::Quiet {
            self.line(&format!("{:6.1} s  {what}", self.begun.elapsed().as_secs_f64()));
        }
    }

    /// A scenario came to its end.
    pub(crate) fn ended(&self, name: &str, failed: bool, millis: u64) {
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let failures =
            self.failed.fetch_add(usize::from(failed), Ordering::Relaxed) + usize::from(failed);
        let total = self.total.load(Ordering::Relaxed);
        if self.loudness == Loudness::Quiet {
            return;
        }
        let told = match self.loudness {
            Loudness::Verbose => true,
            Loudness::Normal => failed || ended == total,
            Loudness::Quiet | Loudness::Stages => ended == total,
        };
        // A terminal gets a line that is written over; a log, a line now and then.
        if told || (!self.terminal && ended.is_multiple_of(10)) {
            let sign = if failed { "✗" } else { "✓" };
            self.tell(&format!("{sign} {ended}/{total}  {name} ({millis} ms)"));
        }
        if self.terminal {
            let not_passed =
                if failures > 0 { format!(", {failures} not passed") } else { String::new() };
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r\x1b[2K{ended}/{total} scenarios{not_passed}");
            if ended == total {
                let _ = write!(out, "\r\x1b[2K");
            }
            let _ = out.flush();
        }
    }

    fn line(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        // Who closes standard error does not want to hear.
        let _ =
            if self.terminal { writeln!(out, "\r\x1b[2K{text}") } else { writeln!(out, "{text}") };
    }
}
