//! A page of its own for a benchmark: goals, plots and figures.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use crate::plot::plot;
use crate::result::{Measure, Result};

const TEMPLATE: &str = include_str!("../templates/bench.html");

/// The whole page; it needs no other file.
pub fn page(result: &Result) -> std::result::Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("bench.html", TEMPLATE)?;
    let goals: Vec<_> = result
        .goals
        .iter()
        .map(|goal| {
            let (figure, bound) = (goal.words(), goal.bound());
            context! { text => goal.text.as_str(), figure, bound, outcome => Value::from(Serde(&goal.outcome)) }
        })
        .collect();
    environment.get_template("bench.html")?.render(context! {
        kind => Value::from(Serde(&result.kind)),
        started => result.started.as_str(),
        machine => Value::from(Serde(&result.machine)),
        goals,
        plots => plots(&result.measures),
        measures => Value::from(Serde(&result.measures)),
    })
}

/// A picture of everything that was measured at more than one number of pods.
fn plots(measures: &[Measure]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for measure in measures {
        if !names.contains(&measure.what.as_str()) {
            names.push(&measure.what);
        }
    }
    let of = |what: &&str| -> Vec<&Measure> {
        measures.iter().filter(|measure| measure.what == **what).collect()
    };
    let several = |what: &&str| of(what).iter().any(|m| m.pods != of(what)[0].pods);
    names.into_iter().filter(several).map(|what| plot(what, &of(&what))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Machine, of_cni};

    #[test]
    fn a_page_shows_goals_plots_and_the_load() {
        let measures: Vec<_> = [("floor", 0, 1.0), ("reference", 0, 4.0), ("reference", 50, 4.0)]
            .map(|(who, pods, ms)| Measure::new(who, "ADD", pods, "ms", &[ms]))
            .into();
        let result = Result {
            kind: Kind::Cni,
            started: "2026-01-01T00:00:00Z".to_owned(),
            machine: Machine { processors: 2, kernel: "<6>".to_owned(), load: 3.0, loaded: true },
            goals: of_cni(&measures),
            measures,
        };
        let page = page(&result).unwrap();
        assert!(page.contains("ADD to floor, p50 at 0 pods") && page.contains("missed"), "{page}");
        assert_eq!(page.matches("<svg").count(), 1);
        assert!(page.contains("&lt;6&gt;") && page.contains("loaded by others"), "{page}");
    }
}
