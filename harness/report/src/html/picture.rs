//! A first divergence as a picture: the hops from left to right, those of one
//! place together, laid out here so that the template only draws.

use facts::divergence::{Fit, Hop};
use serde::Serialize;

use crate::record::DivergenceRecord;

/// Width of the picture, in its own units.
const WIDTH: usize = 1000;
/// Places beside each other; more go on in another row.
const ABREAST: usize = 5;
/// Between two places.
const GAP: usize = 26;
/// From one line of text to the next.
const LEADING: usize = 17;
/// Width of a letter of the widest usual fonts, in tenths.
const LETTER: usize = 72;
/// Around the text of a place.
const MARGIN: usize = 11;

/// A picture, ready to be drawn.
#[derive(Serialize)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    boxes: Vec<Place>,
    arrows: Vec<Arrow>,
}

/// Hops of one place.
#[derive(Serialize)]
struct Place {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    name: String,
    fit: &'static str,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    y: usize,
    text: String,
    /// Its sign, on the first line of a hop.
    glyph: &'static str,
    fit: &'static str,
    /// Whether it names the object, not what was seen of it.
    strong: bool,
}

/// From one place to the next beside it.
#[derive(Serialize)]
struct Arrow {
    x1: usize,
    x2: usize,
    y: usize,
    fit: &'static str,
}

impl Picture {
    /// The picture of a divergence.
    pub(super) fn of(divergence: &DivergenceRecord) -> Self {
        let groups = grouped(&divergence.found.hops);
        let mut picture = Self { width: WIDTH, height: 0, boxes: Vec::new(), arrows: Vec::new() };
        for row in groups.chunks(ABREAST) {
            picture.add(row);
        }
        picture
    }

    fn add(&mut self, row: &[&[Hop]]) {
        let y = if self.height == 0 { 1 } else { self.height + GAP };
        let mut x = 1;
        let mut boxes = Vec::new();
        for (hops, width) in row.iter().zip(widths(row)) {
            boxes.push(Place::of(hops, [x, y], width));
            x += width + GAP;
        }
        let height = boxes.iter().map(|place| place.height).max().unwrap_or_default();
        for place in &mut boxes {
            place.height = height;
        }
        for pair in boxes.windows(2) {
            let [left, right] = pair else { continue };
            let (x1, x2) = (left.x + left.width + 2, right.x - 2);
            let reached = if left.fit == "fits" { right.fit } else { "untold" };
            self.arrows.push(Arrow { x1, x2, y: y + 20, fit: reached });
        }
        self.boxes.extend(boxes);
        self.height = y + height + 1;
    }
}

/// Widths of the places of a row: where nothing is told, little room is needed.
fn widths(row: &[&[Hop]]) -> Vec<usize> {
    let weight = |hops: &[Hop]| match worst(hops) {
        "untold" => 10,
        "differs" => 22,
        _ => 17,
    };
    let weights: Vec<usize> = row.iter().map(|hops| weight(hops)).collect();
    // A row with few places is not stretched to the whole width.
    let all = weights.iter().sum::<usize>().max(40);
    let room = WIDTH - 2 - GAP * (row.len() - 1);
    weights.into_iter().map(|weight| room * weight / all).collect()
}

impl Place {
    fn of(hops: &[Hop], [x, y]: [usize; 2], width: usize) -> Self {
        let columns = (width - 2 * MARGIN - 18) * 10 / LETTER;
        let mut lines = Vec::new();
        let mut at = y + 24;
        for hop in hops {
            at += 7;
            let (fit, glyph) = shown(hop.fit);
            let strong = wrapped(&hop.what, columns).into_iter().map(|text| (text, true));
            let seen = wrapped(&hop.seen, columns).into_iter().map(|text| (text, false));
            for (number, (text, strong)) in strong.chain(seen).enumerate() {
                at += LEADING;
                let glyph = if number == 0 { glyph } else { "" };
                lines.push(Line { y: at, text, glyph, fit, strong });
            }
        }
        let fit = worst(hops);
        let name = hops.first().map_or(String::new(), |hop| hop.place.clone());
        let name = wrapped(&name, columns).into_iter().next().unwrap_or_default();
        Self { x, y, width, height: at + 14 - y, name, fit, lines }
    }
}

/// Hops beside each other that are of one place.
fn grouped(hops: &[Hop]) -> Vec<&[Hop]> {
    hops.chunk_by(|one, next| one.place == next.place).collect()
}

fn worst(hops: &[Hop]) -> &'static str {
    let any = |fit| hops.iter().any(|hop| hop.fit == fit);
    let fit = if any(Fit::Differs) {
        Fit::Differs
    } else if any(Fit::Fits) {
        Fit::Fits
    } else {
        Fit::Untold
    };
    shown(fit).0
}

/// The class and sign of a fit.
pub(super) fn shown(fit: Fit) -> (&'static str, &'static str) {
    match fit {
        Fit::Fits => ("fits", "✓"),
        Fit::Differs => ("differs", "✗"),
        Fit::Untold => ("untold", "○"),
    }
}

/// Lines of at most so many letters, at most four; longer words are broken.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for part in letters.chunks(columns.max(1)) {
            let line = lines.last_mut().expect("it begins with one and only grows");
            let used = line.chars().count();
            if used > 0 && used + 1 + part.len() > columns {
                lines.push(part.iter().collect());
            } else {
                if used > 0 {
                    line.push(' ');
                }
                line.extend(part);
            }
        }
    }
    if lines.len() > 4 {
        lines.truncate(4);
        let last = lines.last_mut().expect("four are left");
        last.pop();
        last.push('…');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(place: &str, seen: &str, fit: Fit) -> Hop {
        let (place, seen) = (place.to_owned(), seen.to_owned());
        Hop { place, what: "route".to_owned(), seen, fit }
    }

    fn picture(hops: Vec<Hop>) -> Picture {
        let text = String::new;
        let found = facts::Divergence {
            hops,
            object: text(),
            wanted: text(),
            seen: text(),
            explanation: text(),
        };
        Picture::of(&DivergenceRecord { claim: 0, row: None, sources: Vec::new(), found })
    }

    #[test]
    fn hops_of_one_place_share_a_box_and_the_rest_is_grey() {
        let picture = picture(vec![
            hop("pod a", "a", Fit::Fits),
            hop("pod a", "b", Fit::Fits),
            hop("node n1", "c", Fit::Differs),
            hop("pod b", "d", Fit::Untold),
        ]);
        let boxes: Vec<_> =
            picture.boxes.iter().map(|place| (place.name.as_str(), place.fit)).collect();
        assert_eq!(boxes, [("pod a", "fits"), ("node n1", "differs"), ("pod b", "untold")]);
        let arrows: Vec<_> = picture.arrows.iter().map(|arrow| arrow.fit).collect();
        assert_eq!(arrows, ["differs", "untold"]);
    }

    #[test]
    fn nothing_stands_outside_the_picture_however_long_it_is() {
        let long = "fwmark/".repeat(60);
        let hops = (0..13).map(|at| hop(&format!("place {at}"), &long, Fit::Fits)).collect();
        let picture = picture(hops);
        for place in &picture.boxes {
            assert!(place.x + place.width <= WIDTH && place.y + place.height <= picture.height);
            for line in &place.lines {
                assert!(line.y < place.y + place.height);
                let room = place.width - 2 * MARGIN - 18;
                assert!(line.text.chars().count() * LETTER / 10 <= room, "{}", line.text);
            }
        }
        assert_eq!(picture.boxes.iter().filter(|place| place.x == 1).count(), 3);
    }
}
