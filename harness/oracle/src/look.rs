//! Facts by name and kind. A fact that is missing makes a claim undecidable, it
//! never makes it true or false.

use facts::chase::Chases;
use facts::cloud::{CloudCall, CloudInventory};
use facts::cni::CniCall;
use facts::crash::Crash;
use facts::damage::Damage;
use facts::drift::Drift;
use facts::exchange::Exchange;
use facts::kernel::{KernelState, SeenFlow};
use facts::signal::Telling;
use facts::tally::{Marathon, Tally};
use facts::track::Track;
use facts::wire::Frames;
use facts::{Evidence, Fact, Violation};
use serde_json::Value;

/// Violations, or why the facts do not decide.
pub(crate) type Verdict = Result<Vec<Violation>, String>;

/// Stored facts.
pub(crate) struct Look<'a>(pub(crate) &'a Evidence);

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident, $pattern:pat => $value:expr, $type:ty, $word:literal) => {
        $(#[$doc])*
        pub(crate) fn $name(&self, name: &str) -> Result<$type, String> {
            match self.fact(name)? {
                $pattern => Ok($value),
                _ => Err(format!("fact {name:?} is no {}", $word)),
            }
        }
    };
}

impl<'a> Look<'a> {
    kind!(/// A call of the plugin.
        call, Fact::Cni(call) => call, &'a CniCall, "call of a plugin");
    kind!(/// A try to reach somebody.
        exchange, Fact::Exchange(exchange) => exchange, &'a Exchange, "exchange");
    kind!(/// A namespace's state.
        kernel, Fact::Kernel(state) => state, &'a KernelState, "kernel state");
    kind!(/// Clients that kept trying.
        chases, Fact::Chases(chases) => chases, &'a Chases, "row of tries");
    kind!(/// Who answered at one address.
        track, Fact::Track(track) => track, &'a Track, "track of an address");
    kind!(/// An object that was altered.
        drift, Fact::Drift(drift) => drift, &'a Drift, "drift");
    kind!(/// A state file that was damaged.
        damage, Fact::Damage(damage) => damage, &'a Damage, "damage to a file");
    kind!(/// Packets of a flow.
        flow, Fact::Flow(flow) => flow, &'a SeenFlow, "flow");
    kind!(/// Frames that were sent or seen.
        frames, Fact::Frames(frames) => frames, &'a Frames, "list of frames");
    kind!(/// What the cloud holds.
        inventory, Fact::Inventory(inventory) => inventory, &'a CloudInventory, "inventory");
    kind!(/// What was asked of the cloud.
        calls, Fact::Calls { calls } => calls, &'a [CloudCall], "list of calls");
    kind!(/// A count of everything.
        tally, Fact::Tally(tally) => tally, &'a Tally, "count");
    kind!(/// A long row of sandboxes.
        marathon, Fact::Marathon(marathon) => marathon, &'a Marathon, "marathon");
    kind!(/// What was told of a node.
        telling, Fact::Telling(telling) => telling, &'a Telling, "look at metrics and events");
    kind!(/// A value that claims compare.
        value, Fact::Value { value } => value, &'a Value, "value");
    kind!(/// An object of the API.
        object, Fact::Object { object } => object, &'a Value, "object");
    kind!(/// A process that was ended.
        crash, Fact::Crash(crash) => crash, &'a Crash, "end of a process");
    kind!(/// Steps that a process passed.
        steps, Fact::Steps { steps } => steps, &'a [String], "list of steps");
    kind!(/// A node's sockets.
        sockets, Fact::Sockets { lines } => lines, &'a [String], "list of sockets");
    kind!(/// A file's text, none where it is not there.
        file, Fact::File { text, .. } => text.as_deref(), Option<&'a str>, "file");

    /// A command's exit code and everything it printed.
    pub(crate) fn command(&self, name: &str) -> Result<(Option<i32>, &'a str, &'a str), String> {
        match self.fact(name)? {
            Fact::Command { exit, stdout, stderr, .. } => Ok((*exit, stdout, stderr)),
            _ => Err(format!("fact {name:?} is no command")),
        }
    }

    /// Everything in a fact that a person could read.
    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        Ok(match self.fact(name)? {
            Fact::Cni(call) => format!("{} {}", call.stdout, call.stderr),
            Fact::Object { object } => object.to_string(),
            Fact::Events { events } => events.join("\n"),
            Fact::Command { stdout, stderr, .. } => format!("{stdout} {stderr}"),
            Fact::File { text, .. } => text.clone().unwrap_or_default(),
            Fact::Telling(Telling { node, control, events, .. }) => {
                let pages = [node, control].into_iter().flatten();
                pages.chain(events.keys()).cloned().collect::<Vec<_>>().join("\n")
            }
            Fact::Sockets { lines } | Fact::Netlink { lines, .. } => lines.join("\n"),
            _ => return Err(format!("fact {name:?} holds no words")),
        })
    }

    fn fact(&self, name: &str) -> Result<&'a Fact, String> {
        self.0.get(name).ok_or_else(|| format!("nothing was stored as {name:?}"))
    }
}

/// A difference.
pub(crate) fn violation(
    object: impl Into<String>,
    expected: impl Into<String>,
    observed: impl Into<String>,
) -> Violation {
    Violation { object: object.into(), expected: expected.into(), observed: observed.into() }
}

/// Text short enough for a report.
pub(crate) fn short(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "nothing".to_owned(),
        None => text.to_owned(),
    }
}

/// The words that do not occur in any of the texts.
pub(crate) fn lacking<'w>(words: &'w [String], texts: &[String]) -> Vec<&'w String> {
    words.iter().filter(|word| !texts.iter().any(|text| tells(text, word))).collect()
}

/// Whether a word occurs in a text, letter case aside. A number must stand alone: one
/// in a name, an address or a larger number tells nothing.
pub fn tells(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.contains(&word);
    }
    let joins = |letter: char| ".:-_".contains(letter);
    text.match_indices(&word).any(|(at, _)| {
        let mut after = text[at + word.len()..].chars();
        let before = text[..at].chars().next_back();
        let ends = match after.next() {
            Some(next) if joins(next) => !after.next().is_some_and(char::is_alphanumeric),
            Some(next) => !next.is_alphanumeric(),
            None => true,
        };
        ends && !before.is_some_and(|letter| letter.is_alphanumeric() || joins(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::tells;

    #[test]
    fn a_number_stands_alone_and_a_word_anywhere() {
        for told in ["a limit of 10.", "10 of 12", "limit: 10, threshold 11", "(10)", "=10"] {
            assert!(tells(told, "10"), "{told:?}");
        }
        for other in ["node s10-n1", "10.0.0.1", "fd00::10", "110", "type limit-10", "10:20"] {
            assert!(!tells(other, "10"), "{other:?}");
        }
        assert!(tells("InvalidVSwitchId.IpNotEnough", "ipnotenough"));
    }
}
