//! Order statistics and a straight line through points.

/// The value below which a share `p` of the samples lies, between neighbours by a
/// straight line; none of no samples.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank among a few thousand samples"
)]
pub fn percentile(samples: &[f64], p: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = p.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)? as f64);
    let below = sorted.get(rank.floor() as usize)?;
    let above = sorted.get(rank.ceil() as usize)?;
    Some(below + (above - below) * rank.fract())
}

/// A straight line through points by least squares.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fit {
    /// Its value at 0.
    pub start: f64,
    /// How much it rises for each 1 of x.
    pub slope: f64,
    /// Half the width of the interval that holds the true slope with 95% confidence.
    pub margin: f64,
}

/// Fits a line; none through fewer than three points or all at one x.
#[expect(clippy::cast_precision_loss, reason = "a few thousand points")]
pub fn fit(points: &[(f64, f64)]) -> Option<Fit> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if points.len() < 3 || spread == 0.0 {
        return None;
    }
    let common: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = common / spread;
    let start = mean_y - slope * mean_x;
    let rest: f64 = points.iter().map(|(x, y)| (y - start - slope * x).powi(2)).sum();
    let freedom = points.len() - 2;
    let margin = student(freedom) * (rest / freedom as f64 / spread).sqrt();
    Some(Fit { start, slope, margin })
}

/// Student's t for 97.5%, by degrees of freedom (any table of it).
fn student(freedom: usize) -> f64 {
    const FEW: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    match freedom {
        0 => f64::INFINITY,
        1..=10 => FEW[freedom - 1],
        11..=15 => 2.201,
        16..=20 => 2.120,
        21..=30 => 2.080,
        _ => 2.040,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-3
    }

    #[test]
    fn percentiles_lie_between_their_neighbours() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        assert!(near(percentile(&samples, 0.5).unwrap(), 2.5));
        assert!(near(percentile(&samples, 1.0).unwrap(), 4.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn a_line_is_found_with_its_margin() {
        let exact = fit(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap();
        assert!(near(exact.start, 1.0) && near(exact.slope, 2.0) && near(exact.margin, 0.0));
        // Worked out by hand: slope 1, residuals 1/3, -2/3, 1/3, t(1) = 12.706.
        let bent = fit(&[(0.0, 1.0), (1.0, 1.0), (2.0, 3.0)]).unwrap();
        assert!(near(bent.slope, 1.0), "{bent:?}");
        assert!(near(bent.margin, 12.706 * (2.0_f64 / 3.0 / 2.0).sqrt()), "{bent:?}");
    }

    #[test]
    fn no_line_goes_through_one_x() {
        assert_eq!(fit(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }
}
