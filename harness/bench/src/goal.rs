//! Goals, and whether measures meet them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::result::Measure;
use crate::stats::fit;

/// How much more a packet may cost on a full node before it counts as growth, in per
/// cent of its cost beside one pod: what cannot be told from noise.
const GROWTH: f64 = 5.0;

/// Whether a goal is met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is.
    Met,
    /// It is not.
    Missed,
    /// The samples do not tell: there are none, or they scatter too much.
    Unclear,
}

/// One goal with its figure.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Goal {
    /// What is wanted.
    pub text: String,
    /// What was measured; none without samples.
    pub figure: Option<f64>,
    /// Bounds of the figure with 95% confidence, where it has some.
    pub interval: Option<[f64; 2]>,
    /// The bound.
    pub limit: f64,
    /// Whether the bound is the least or the most.
    pub least: bool,
    /// Unit of figure and bound.
    pub unit: &'static str,
    /// Whether it is met.
    pub outcome: Outcome,
}

impl Goal {
    fn most(text: String, figure: Option<f64>, limit: f64, unit: &'static str) -> Self {
        let outcome = outcome(figure.map(|figure| figure <= limit));
        Self { text, figure, interval: None, limit, least: false, unit, outcome }
    }

    fn least(text: &str, figure: Option<f64>, limit: f64, unit: &'static str) -> Self {
        let outcome = outcome(figure.map(|figure| figure >= limit));
        Self { text: text.to_owned(), figure, interval: None, limit, least: true, unit, outcome }
    }

    /// Its figure in words.
    pub fn words(&self) -> String {
        let figure = self.figure.map_or("-".to_owned(), |figure| format!("{figure:.2}"));
        let bounds = self.interval.map_or(String::new(), |[a, b]| format!(" ({a:.1} to {b:.1})"));
        format!("{figure}{bounds} {}", self.unit)
    }

    /// Its bound in words.
    pub fn bound(&self) -> String {
        let side = if self.least { "at least" } else { "at most" };
        format!("{side} {} {}", self.limit, self.unit)
    }
}

fn outcome(met: Option<bool>) -> Outcome {
    match met {
        Some(true) => Outcome::Met,
        Some(false) => Outcome::Missed,
        None => Outcome::Unclear,
    }
}

/// Goals of the reference's calls, at each number of pods that was measured.
pub fn of_cni(measures: &[Measure]) -> Vec<Goal> {
    let mut goals = Vec::new();
    for pods in numbers_of_pods(measures, "ADD") {
        let wanted = [("ADD", "floor", 3.0), ("ADD", "ptp", 0.2), ("DEL", "floor", 2.0)];
        for (what, than, limit) in wanted {
            let than_ms = p50(measures, than, what, pods);
            let to = |ms: Option<f64>| Some(ms? / than_ms?);
            let (who, ms) = beside(measures, what, than, pods);
            let aside = to(ms).map_or(String::new(), |ratio| format!(" ({who}: {ratio:.2})"));
            let text = format!("{what} to {than}, p50 at {pods} pods{aside}");
            goals.push(Goal::most(text, to(p50(measures, "reference", what, pods)), limit, "x"));
        }
    }
    let figure = |what, pods| p50(measures, "reference", what, pods);
    goals.push(Goal::least("ADD, 8 at a time", figure("ADD/s at 8", 0), 500.0, "/s"));
    let version = p50(measures, "reference", "VERSION", 0)
        .zip(p50(measures, "hello", "VERSION", 0))
        .map(|(ours, hello)| ours / hello);
    goals.push(Goal::most("VERSION to a static hello, p50".to_owned(), version, 1.2, "x"));
    if let Some(most) = numbers_of_pods(measures, "memory").last() {
        let text = format!("resident memory of the daemon at {most} pods");
        goals.push(Goal::most(text, figure("memory", *most), 30.0, "MB"));
    }
    goals
}

/// Milliseconds that say what the reference's own consist of, and whose they are: the
/// floor's, where ptp is the measure, and of a DEL those of a process of the plugin that
/// calls the agent for nothing.
fn beside(measures: &[Measure], what: &str, than: &str, pods: u32) -> (&'static str, Option<f64>) {
    match (what, than) {
        (_, "ptp") => ("the floor itself", p50(measures, "floor", what, pods)),
        ("DEL", _) => ("a call without work", p50(measures, "reference", "STATUS", pods)),
        _ => ("", None),
    }
}

/// Goals of packets between pods of the reference on two nodes.
pub fn of_datapath(measures: &[Measure]) -> Vec<Goal> {
    let mut goals = vec![growth(measures)];
    for pods in numbers_of_pods(measures, "packet") {
        let (what, host) = ("UDP round trip", ("host", pods));
        let ratio = p50(measures, "reference", what, pods)
            .zip(p50(measures, host.0, what, host.1))
            .map(|(pod, host)| pod / host);
        let text = format!("{what} to host to host, p50 at {pods} pods");
        goals.push(Goal::most(text, ratio, 1.6, "x"));
    }
    goals
}

/// How much the cost of a packet grows from 1 pod to the most pods, in per cent. Each
/// sample is taken relative to that of host to host in the same round, so that a
/// machine that slows down meanwhile does not look like growth.
fn growth(measures: &[Measure]) -> Goal {
    let mut points = Vec::new();
    let samples = |who: &str, pods| {
        let found = find(measures, who, "packet", pods);
        found.map(|measure| measure.samples.clone()).unwrap_or_default()
    };
    let pods = numbers_of_pods(measures, "packet");
    for &pods in &pods {
        let both = samples("reference", pods).into_iter().zip(samples("host", pods));
        points.extend(both.map(|(pod, host)| (f64::from(pods), pod / host)));
    }
    let most = pods.last().copied().unwrap_or_default();
    let line = fit(&points).map(|line| {
        let from_one = f64::from(most) - 1.0;
        let percent = 100.0 * from_one / (line.start + line.slope);
        (line.slope * percent, line.margin * percent)
    });
    let outcome = match line {
        Some((growth, margin)) if growth + margin <= GROWTH => Outcome::Met,
        Some((growth, margin)) if growth - margin > GROWTH => Outcome::Missed,
        _ => Outcome::Unclear,
    };
    Goal {
        text: format!("growth of a packet's cost from 1 to {most} pods"),
        figure: line.map(|(growth, _)| growth),
        interval: line.map(|(growth, margin)| [growth - margin, growth + margin]),
        limit: GROWTH,
        least: false,
        unit: "%",
        outcome,
    }
}

fn find<'a>(measures: &'a [Measure], who: &str, what: &str, pods: u32) -> Option<&'a Measure> {
    measures
        .iter()
        .find(|measure| measure.who == who && measure.what == what && measure.pods == pods)
}

fn p50(measures: &[Measure], who: &str, what: &str, pods: u32) -> Option<f64> {
    find(measures, who, what, pods).map(|measure| measure.p50)
}

fn numbers_of_pods(measures: &[Measure], what: &str) -> Vec<u32> {
    let of = measures.iter().filter(|measure| measure.what == what && measure.who == "reference");
    let mut numbers: Vec<_> = of.map(|measure| measure.pods).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(who: &str, ms: f64) -> Measure {
        Measure::new(who, "ADD", 50, "ms", &[ms, ms])
    }

    fn outcome_of(goals: &[Goal], beginning: &str) -> Outcome {
        goals.iter().find(|goal| goal.text.starts_with(beginning)).unwrap().outcome
    }

    #[test]
    fn a_call_is_compared_with_the_floor_and_with_ptp() {
        let goals = of_cni(&[add("floor", 1.0), add("ptp", 16.0), add("reference", 3.1)]);
        assert_eq!(outcome_of(&goals, "ADD to floor"), Outcome::Missed);
        assert_eq!(outcome_of(&goals, "ADD to ptp"), Outcome::Met);
        assert_eq!(outcome_of(&goals, "DEL to floor"), Outcome::Unclear);
        assert_eq!(outcome_of(&goals, "ADD, 8 at a time"), Outcome::Unclear);
    }

    #[test]
    fn beside_a_goal_stands_what_its_figure_consists_of() {
        let of = |who, what, ms: f64| Measure::new(who, what, 50, "ms", &[ms, ms]);
        let mut measures = vec![add("floor", 4.0), add("ptp", 16.0), add("reference", 8.0)];
        measures.extend([of("floor", "DEL", 1.0), of("reference", "DEL", 2.5)]);
        measures.push(of("reference", "STATUS", 1.75));
        let texts: Vec<_> = of_cni(&measures).into_iter().map(|goal| goal.text).collect();
        for wanted in [
            "ADD to floor, p50 at 50 pods",
            "ADD to ptp, p50 at 50 pods (the floor itself: 0.25)",
            "DEL to floor, p50 at 50 pods (a call without work: 1.75)",
        ] {
            assert!(texts.iter().any(|text| text == wanted), "{wanted}: {texts:?}");
        }
    }

    fn packets(who: &str, pods: u32, ns: [f64; 3]) -> Measure {
        Measure::new(who, "packet", pods, "ns", &ns)
    }

    fn grown(costs: [[f64; 3]; 2]) -> Goal {
        let host = [1000.0, 2000.0, 1000.0];
        growth(&[
            packets("host", 1, host),
            packets("host", 200, host),
            packets("reference", 1, costs[0]),
            packets("reference", 200, costs[1]),
        ])
    }

    #[test]
    fn a_cost_that_follows_the_host_does_not_grow() {
        let goal = grown([[1500.0, 3000.0, 1500.0], [1500.0, 3000.0, 1500.0]]);
        assert_eq!(goal.outcome, Outcome::Met, "{goal:?}");
    }

    #[test]
    fn a_cost_that_doubles_is_growth_and_one_that_scatters_is_unclear() {
        let goal = grown([[1500.0, 3000.0, 1500.0], [3000.0, 6000.0, 3010.0]]);
        assert_eq!(goal.outcome, Outcome::Missed, "{goal:?}");
        assert!((goal.figure.unwrap() - 100.0).abs() < 1.0, "{goal:?}");
        let goal = grown([[1500.0, 6000.0, 1000.0], [2500.0, 2000.0, 2000.0]]);
        assert_eq!(goal.outcome, Outcome::Unclear, "{goal:?}");
    }
}
