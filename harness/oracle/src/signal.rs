//! Whether a fault moved what names it, and nothing else did (FLT-20).

use std::collections::BTreeMap;

use facts::signal::{Named, Page, Signal, Still, Telling};

use crate::look::{Look, Verdict, violation};

/// How far a signal has moved: what its series count together, or how many events of
/// its reason there are. None where nobody serves the page.
pub fn reading(signal: &Signal, telling: &Telling) -> Option<f64> {
    match signal {
        Signal::Metric { page, name, labels } => {
            let page = match page {
                Page::Node => telling.node.as_deref(),
                Page::Control => telling.control.as_deref(),
            };
            let values = page?.lines().filter_map(|line| value(line, name, labels));
            Some(values.fold(0.0, |sum, value| sum + value))
        }
        Signal::Event { reason } => {
            let of = |text: &String| text.split_once(':').is_some_and(|(word, _)| word == reason);
            let times = telling.events.iter().filter(|(text, _)| of(text)).map(|(_, times)| *times);
            Some(f64::from(u32::try_from(times.sum::<u64>()).unwrap_or(u32::MAX)))
        }
    }
}

/// Value of a line such as `name{label="x",other="y"} 3 1700000000`, if it is of this
/// series. A label's value may hold anything but a quote.
fn value(line: &str, name: &str, labels: &BTreeMap<String, String>) -> Option<f64> {
    let rest = line.trim().strip_prefix(name)?;
    let (own, values) = match rest.strip_prefix('{') {
        Some(rest) => rest.rsplit_once('}')?,
        None => ("", rest.strip_prefix(' ')?),
    };
    let own: BTreeMap<&str, &str> = pairs(own).collect();
    let has = |(key, wanted): (&String, &String)| own.get(key.as_str()) == Some(&wanted.as_str());
    let all = labels.iter().all(has);
    all.then(|| values.split_whitespace().next()?.parse().ok()).flatten()
}

fn pairs(labels: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = labels;
    std::iter::from_fn(move || {
        let (key, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        rest = after;
        Some((key.trim_start_matches(',').trim(), value))
    })
}

/// The fault's own signal moved in time, and no other one.
pub(crate) fn named(named: &Named, look: &Look<'_>) -> Verdict {
    let Named { fault, signal, others, before, after, millis } = named;
    let Some(signal) = signal else {
        let seen = violation(format!("signal of {fault}"), "a metric or an event", "none declared");
        return Ok(vec![seen]);
    };
    let (before, after) = (look.telling(before)?, look.telling(after)?);
    let took = after.at_millis.saturating_sub(before.at_millis);
    let mut found = Vec::new();
    match moved(signal, before, after) {
        Ok([was, is]) if is > was && took > *millis => {
            let expected = format!("to move within {millis} ms");
            found.push(violation(words(signal), expected, format!("moved after {took} ms")));
        }
        Ok([was, is]) if is > was => {}
        Ok([was, is]) => {
            let expected = format!("more than {was} after {fault}");
            found.push(violation(words(signal), expected, format!("{is} after {took} ms")));
        }
        Err(page) => found.push(page),
    }
    found.extend(stirred(others, before, after));
    Ok(found)
}

/// No signal moved while nothing was wrong; that one did afterwards tells that they can.
pub(crate) fn still(still: &Still, look: &Look<'_>) -> Verdict {
    let Still { signals, before, after, control } = still;
    let (before, after) = (look.telling(before)?, look.telling(after)?);
    let later = look.telling(control)?;
    let found = stirred(signals, before, after);
    let moves = |signal: &Signal| moved(signal, after, later).is_ok_and(|[was, is]| is > was);
    if found.is_empty() && !signals.values().any(moves) {
        return Err("nothing moved after the fault, either".to_owned());
    }
    Ok(found)
}

/// Those that did not stand still.
fn stirred(
    signals: &BTreeMap<String, Signal>,
    before: &Telling,
    after: &Telling,
) -> Vec<facts::Violation> {
    let stirred = |(fault, signal): (&String, &Signal)| match moved(signal, before, after) {
        Ok([was, is]) if is > was => {
            let object = format!("{}, which names {fault}", words(signal));
            Some(violation(object, format!("{was} still"), is.to_string()))
        }
        Ok(_) => None,
        Err(page) => Some(page),
    };
    signals.iter().filter_map(stirred).collect()
}

/// How far a signal was and is, or that nobody served its page.
fn moved(signal: &Signal, before: &Telling, after: &Telling) -> Result<[f64; 2], facts::Violation> {
    let read = |telling: &Telling| {
        let silent =
            || violation(words(signal), format!("metrics of {}", telling.place), "no page");
        reading(signal, telling).ok_or_else(silent)
    };
    Ok([read(before)?, read(after)?])
}

fn words(signal: &Signal) -> String {
    match signal {
        Signal::Metric { name, labels, .. } => {
            let labels: Vec<_> = labels.iter().map(|(key, is)| format!("{key}=\"{is}\"")).collect();
            format!("metric {name}{{{}}}", labels.join(","))
        }
        Signal::Event { reason } => format!("event {reason}"),
    }
}

#[cfg(test)]
mod tests;
