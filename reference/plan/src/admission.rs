//! Which nodes may join: the notes of the specification's table "Pod limit
//! calculation" (ADM-1, ADM-2).

use thiserror::Error;

/// How a node gives addresses to its pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Several pods share an interface.
    Shared,
    /// Every pod has an interface of its own.
    Exclusive,
}

impl Mode {
    /// A node joins only when its limit is greater than this.
    pub fn threshold(self) -> u64 {
        match self {
            Self::Shared if defect::on("threshold-of-the-other-mode") => 6,
            Self::Shared => 11,
            Self::Exclusive => 6,
        }
    }
}

/// Why a node may not join.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error(
    "node refused: its pod limit of {limit} is not greater than {threshold}, as {mode} mode needs; \
     choose a larger instance type"
)]
pub struct Refusal {
    /// Pods that the node could serve.
    pub limit: u64,
    /// What the limit must exceed.
    pub threshold: u64,
    /// Name of the mode.
    pub mode: &'static str,
}

/// Admits a node that can serve `limit` pods, or says why not.
pub fn admit(mode: Mode, limit: u64) -> Result<(), Refusal> {
    let threshold = mode.threshold();
    let mode = match mode {
        Mode::Shared => "shared-ENI",
        Mode::Exclusive => "exclusive-ENI",
    };
    let met = limit == threshold && defect::on("threshold-need-not-be-exceeded");
    if limit > threshold || met { Ok(()) } else { Err(Refusal { limit, threshold, mode }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::shared_11(Mode::Shared, 11, false)]
    #[case::shared_12(Mode::Shared, 12, true)]
    #[case::shared_0(Mode::Shared, 0, false)]
    #[case::exclusive_6(Mode::Exclusive, 6, false)]
    #[case::exclusive_7(Mode::Exclusive, 7, true)]
    fn the_limit_must_exceed_the_threshold(
        #[case] mode: Mode,
        #[case] limit: u64,
        #[case] admitted: bool,
    ) {
        assert_eq!(admit(mode, limit).is_ok(), admitted);
    }

    #[test]
    fn a_refusal_names_limit_and_threshold() {
        let text = admit(Mode::Shared, 11).unwrap_err().to_string();
        assert!(text.contains("limit of 11") && text.contains("greater than 11"), "{text}");
    }
}
