//! Measures as a picture: for each thing that was measured, p50 over the number of
//! pods, one line for each who was measured.

use std::fmt::Write;

use crate::result::Measure;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 36.0;
const COLOURS: [&str; 6] = ["#0b5fa5", "#c0392b", "#2e7d32", "#8e44ad", "#b9770e", "#555555"];

/// An SVG picture of all measures of `what`, which must not be empty.
pub(crate) fn plot(what: &str, measures: &[&Measure]) -> String {
    let most =
        |of: fn(&Measure) -> f64| measures.iter().map(|m| of(m)).fold(f64::EPSILON, f64::max);
    let (most_pods, most_value) = (most(|m| f64::from(m.pods)), most(|m| m.p50) * 1.1);
    let at_x = |pods: u32| LEFT + f64::from(pods) / most_pods * (WIDTH - LEFT - RIGHT);
    let at_y = |value: f64| HEIGHT - BOTTOM - value / most_value * (HEIGHT - TOP - BOTTOM);
    let unit = measures.first().map_or("", |measure| measure.unit);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n<title>{what}</title>\n\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{what}, p50 in {unit}, by pods on the node</text>\n"
    );
    for step in 0..=4 {
        let value = most_value * f64::from(step) / 4.0;
        let y = at_y(value);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.1}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0
        );
    }
    let mut names: Vec<&str> = measures.iter().map(|measure| measure.who.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for (number, who) in names.into_iter().enumerate() {
        let mut of: Vec<_> = measures.iter().filter(|measure| measure.who == who).collect();
        of.sort_by_key(|measure| measure.pods);
        let points: Vec<_> = of.iter().map(|m| (at_x(m.pods), at_y(m.p50))).collect();
        line(&mut svg, who, COLOURS[number % COLOURS.len()], &points);
    }
    for pods in numbers(measures) {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{pods}</text>",
            at_x(pods),
            HEIGHT - BOTTOM + 18.0
        );
    }
    svg + "</svg>\n"
}

fn line(svg: &mut String, who: &str, colour: &str, points: &[(f64, f64)]) {
    let path: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        path.join(" ")
    );
    for (x, y) in points {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
    if let Some((x, y)) = points.last() {
        let (x, y) = (x + 8.0, y + 4.0);
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{who}</text>");
    }
}

fn numbers(measures: &[&Measure]) -> Vec<u32> {
    let mut numbers: Vec<_> = measures.iter().map(|measure| measure.pods).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_a_line_for_each_who_and_stays_in_its_frame() {
        let measures = [("a", 0, 1.0), ("a", 200, 2.0), ("b", 0, 4.0), ("b", 200, 8.0)]
            .map(|(who, n, ms)| Measure::new(who, "ADD", n, "ms", &[ms]));
        let svg = plot("ADD", &measures.iter().collect::<Vec<_>>());
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains(">a</text>") && svg.contains(">200</text>"), "{svg}");
        // 8 of at most 8.8 is a tenth below the top of the frame.
        assert!(svg.contains("cx=\"520.0\" cy=\"54.9\""), "{svg}");
    }
}
