//! Whether a text tells a secret, as it is or in base64 (FLT-20).

use facts::signal::Untold;

use crate::look::{Look, Verdict, violation};

/// Letters of base64, in order.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// No secret in any text; each is one only if the target was given it.
pub(crate) fn untold(untold: &Untold, look: &Look<'_>) -> Verdict {
    let Untold { texts, secrets, holders, known } = untold;
    if secrets.is_empty() {
        return Err("there is no secret to look for".to_owned());
    }
    let holders: Vec<_> = holders.iter().map(|name| look.text(name)).collect::<Result<_, _>>()?;
    if secrets.iter().any(|secret| !holders.iter().any(|text| tells(text, secret))) {
        return Err("a secret is not found where it is kept, either".to_owned());
    }
    let texts: Vec<_> =
        texts.iter().map(|name| Ok((name, look.text(name)?))).collect::<Result<_, String>>()?;
    if !texts.iter().any(|(_, text)| text.contains(known)) {
        return Err(format!("none of the texts tells of {known:?}"));
    }
    let told = |secret: &String| {
        let (name, text) = texts.iter().find(|(_, text)| tells(text, secret))?;
        // Not even a report repeats it.
        let line = text.lines().position(|line| tells(line, secret)).unwrap_or_default() + 1;
        Some(violation(
            name.as_str(),
            "no secret",
            format!("one of {} bytes, line {line}", secret.len()),
        ))
    };
    Ok(secrets.iter().filter_map(told).collect())
}

fn tells(text: &str, secret: &str) -> bool {
    text.contains(secret)
        || in_base64(secret).iter().any(|form| form.len() > 7 && text.contains(form))
}

/// What stays the same of a secret in base64, whatever stands around it, for each of the
/// three places at which it can begin.
fn in_base64(secret: &str) -> [String; 3] {
    [0, 1, 2].map(|skipped| {
        let bytes: Vec<u8> = std::iter::repeat_n(0, skipped).chain(secret.bytes()).collect();
        let whole = bytes.len() / 3 * 3;
        let text: String = bytes[..whole].chunks_exact(3).flat_map(letters).collect();
        // The first letters hold what was put before.
        text.chars().skip([0, 2, 3][skipped]).collect()
    })
}

fn letters(three: &[u8]) -> [char; 4] {
    let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
    [18, 12, 6, 0].map(|shift| char::from(LETTERS[bits >> shift & 63]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{Claim, Evidence, Fact, Judgement};
    use rstest::rstest;

    fn judged(log: &str, key: &str) -> Option<bool> {
        let mut evidence = Evidence::default();
        for (name, text) in [("log", log), ("key", key)] {
            let (path, text) = (name.to_owned(), Some(text.to_owned()));
            evidence.put(name, Fact::File { path, text });
        }
        let claim = Claim::Untold(Untold {
            texts: vec!["log".to_owned()],
            secrets: vec!["s3cret-word".to_owned()],
            holders: vec!["key".to_owned()],
            known: "node n1".to_owned(),
        });
        match crate::judge(&claim, &evidence) {
            Judgement::Holds => Some(true),
            Judgement::Violated { violations } => {
                assert!(!violations[0].to_string().contains("s3cret"), "{violations:?}");
                Some(false)
            }
            Judgement::CantTell { .. } => None,
        }
    }

    // By hand: `printf %s s3cret-word | base64`, and with one and two letters before it.
    #[rstest]
    #[case::nothing("node n1 serves", Some(true))]
    #[case::as_it_is("node n1\nkey=s3cret-word.", Some(false))]
    #[case::in_base64("node n1 czNjcmV0LXdvcmQ=", Some(false))]
    #[case::after_one("node n1 YXMzY3JldC13b3Jk", Some(false))]
    #[case::after_two("node n1 YWFzM2NyZXQtd29yZA==", Some(false))]
    #[case::a_silent_log("", None)]
    fn a_secret_is_found_in_each_form(#[case] log: &str, #[case] verdict: Option<bool>) {
        assert_eq!(judged(log, "{\"secret\": \"s3cret-word\"}"), verdict);
    }

    #[test]
    fn a_secret_that_nobody_holds_tells_nothing() {
        assert_eq!(judged("node n1 serves", "{\"secret\": \"another\"}"), None);
    }
}
