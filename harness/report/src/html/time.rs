//! Times as people read them.

use jiff::Timestamp;

/// `2026-11-22 17:41:07 UTC`.
pub(super) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `640 ms`, `1.2 s`, `4 min 32 s`.
pub(super) fn span(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// How long it took from one moment to another; a clock that was set back tells nothing.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Option<String> {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).ok().map(span)
}

#[cfg(test)]
mod tests {
    use super::{moment, span};

    #[test]
    fn a_span_is_told_in_its_own_unit() {
        let told = [0, 999, 1_000, 59_999, 60_000, 272_500].map(span);
        assert_eq!(told, ["0 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "4 min 32 s"]);
    }

    #[test]
    fn a_moment_is_told_in_utc() {
        assert_eq!(moment(jiff::Timestamp::UNIX_EPOCH), "1970-01-01 00:00:00 UTC");
    }
}
