//! Forged frames: none may leave, and nobody may believe them (FLT-17, FLT-16).

use std::collections::BTreeSet;

use facts::wire::{Frame, Frames};
use facts::{Claim, Violation};

use crate::look::{Look, Verdict, short, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::NothingForged { forged, honest, went } => {
            let [forged, honest, went] =
                [look.frames(forged)?, look.frames(honest)?, look.frames(went)?];
            nothing_forged(forged, honest, went)
        }
        Claim::NotBelieved { looks, lies, truths, control } => {
            if news(control, (lies, truths), look)?.is_empty() {
                return Err("nobody would have believed it".to_owned());
            }
            let mut found = Vec::new();
            for pair in looks {
                let news = news(pair, (lies, truths), look)?;
                let of = |line| violation(&pair[1], "nothing of what was forged", short(line));
                found.extend(news.into_iter().map(of));
            }
            Ok(found)
        }
        _ => Err("not a claim about frames".to_owned()),
    }
}

/// Who sends a packet to whom, and what it says; what routers change is no part of it.
type Essence = (Vec<u8>, Vec<u8>);

fn nothing_forged(forged: &Frames, honest: &Frames, went: &Frames) -> Verdict {
    if forged.frames.is_empty() || honest.frames.is_empty() {
        return Err("nothing was sent".to_owned());
    }
    let raw = |frames: &Frames| -> Result<Vec<Vec<u8>>, String> {
        let bytes: Option<Vec<_>> = frames.frames.iter().map(Frame::raw).collect();
        bytes.ok_or_else(|| format!("frames of {} cannot be read", frames.place))
    };
    let seen: BTreeSet<Essence> = raw(went)?.iter().filter_map(|frame| essence(frame)).collect();
    let honest = raw(honest)?;
    let left = |frame: &Vec<u8>| essence(frame).is_some_and(|own| seen.contains(&own));
    let stayed = honest.iter().filter(|frame| !left(frame)).count();
    if stayed > 0 {
        return Err(format!("{stayed} of {} honest packets did not leave, either", honest.len()));
    }
    let own: BTreeSet<Vec<u8>> = honest.iter().map(|frame| sender(frame)).collect();
    let senders: BTreeSet<Vec<u8>> = raw(went)?.iter().map(|frame| sender(frame)).collect();
    let of = |object: String, frame: &Frame| {
        violation(object, format!("nothing leaves {}", went.place), short(&frame.bytes))
    };
    let mut found: Vec<Violation> = Vec::new();
    for (frame, bytes) in forged.frames.iter().zip(raw(forged)?) {
        // A frame under another hardware address may hold an honest packet.
        let disguised = !own.contains(&sender(&bytes));
        if disguised && senders.contains(&sender(&bytes)) {
            found.push(of("a frame under a forged hardware address".to_owned(), frame));
        }
        if !disguised && left(&bytes) {
            found.push(of("a forged packet".to_owned(), frame));
        }
    }
    Ok(found)
}

fn sender(frame: &[u8]) -> Vec<u8> {
    frame.get(6..12).unwrap_or_default().to_vec()
}

/// None for what is neither ARP nor IP.
fn essence(frame: &[u8]) -> Option<Essence> {
    let packet = frame.get(14..)?;
    Some(match frame.get(12..14)? {
        [0x08, 0x06] => (Vec::new(), packet.get(..28)?.to_vec()),
        [0x08, 0x00] => {
            let header = usize::from(packet.first()? & 0xf) * 4;
            let length = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
            (packet.get(12..20)?.to_vec(), packet.get(header..length)?.to_vec())
        }
        [0x86, 0xdd] => {
            let length = usize::from(u16::from_be_bytes([*packet.get(4)?, *packet.get(5)?]));
            (packet.get(8..40)?.to_vec(), packet.get(40..40 + length)?.to_vec())
        }
        _ => return None,
    })
}

/// New lines that hold a lie.
fn news<'a>(
    [before, after]: &[String; 2],
    (lies, truths): (&[String], &[String]),
    look: &Look<'a>,
) -> Result<Vec<&'a str>, String> {
    let ((_, before, _), (_, after, _)) = (look.command(before)?, look.command(after)?);
    let old: BTreeSet<&str> = before.lines().collect();
    let holds = |line: &&str, words: &[String]| words.iter().any(|word| line.contains(word));
    let new = after.lines().filter(|line| !old.contains(line));
    Ok(new.filter(|line| holds(line, lies) && !holds(line, truths)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{Evidence, Fact, Judgement};

    use crate::judge;

    const OWN: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 9];

    /// A datagram of a few bytes, with a TTL that routers change.
    fn frame(from: [u8; 6], source: u8, ttl: u8) -> Vec<u8> {
        let mut frame = [&[2, 0, 0, 0, 0, 2][..], &from, &[8, 0]].concat();
        frame.extend([0x45, 0, 0, 24, 0, 0, 0, 0, ttl, 17, 0, 0]);
        frame.extend([10, 0, 0, source, 10, 0, 0, 2, 1, 2, 3, 4]);
        frame
    }

    fn judged(forged: &[Vec<u8>], went: &[Vec<u8>]) -> Judgement {
        let mut evidence = Evidence::default();
        let honest = [frame(OWN, 5, 64)];
        for (name, frames) in [("forged", forged), ("honest", &honest), ("went", went)] {
            let frames = frames.iter().map(|bytes| Frame::new("eth0", bytes)).collect();
            evidence.put(name, Fact::Frames(Frames { place: name.to_owned(), frames }));
        }
        let [forged, honest, went] = ["forged", "honest", "went"].map(str::to_owned);
        judge(&Claim::NothingForged { forged, honest, went }, &evidence)
    }

    #[test]
    fn a_forged_packet_is_known_again_behind_a_router() {
        let routed = |source| frame([2, 0, 0, 0, 0, 7], source, 63);
        let forged = [frame(OWN, 6, 64)];
        assert_eq!(judged(&forged, &[routed(5)]), Judgement::Holds);
        let both = [routed(6), routed(5)];
        assert!(matches!(judged(&forged, &both), Judgement::Violated { .. }));
        assert!(matches!(judged(&forged, &[routed(6)]), Judgement::CantTell { .. }));
        assert!(matches!(judged(&[], &[routed(5)]), Judgement::CantTell { .. }));
    }

    #[test]
    fn an_honest_packet_may_lose_its_forged_hardware_address_only() {
        let forged = [frame(OTHER, 5, 64)];
        assert_eq!(judged(&forged, &[frame([2, 0, 0, 0, 0, 7], 5, 63)]), Judgement::Holds);
        let kept = [frame(OTHER, 5, 63)];
        assert!(matches!(judged(&forged, &kept), Judgement::Violated { .. }));
    }

    #[test]
    fn a_belief_counts_when_it_is_new_and_a_lie() {
        let mut evidence = Evidence::default();
        let mut put = |name: &str, stdout: &str| {
            let (argv, stderr) = (vec!["ip".to_owned()], String::new());
            let stdout = stdout.to_owned();
            evidence.put(name, Fact::Command { argv, exit: Some(0), stdout, stderr });
        };
        put("before", "10.0.0.1 lladdr aa\n");
        put("fooled", "10.0.0.1 lladdr evil\n");
        put("fine", "10.0.0.1 lladdr aa\n10.0.0.5 lladdr evil\n10.0.0.8 lladdr cc\n");
        let words = |word: &str| vec![word.to_owned()];
        let judged = |after: &str, control: &str| {
            let pair = |after: &str| ["before".to_owned(), after.to_owned()];
            let (looks, control) = (vec![pair(after)], pair(control));
            let (lies, truths) = (words("evil"), words("10.0.0.5"));
            judge(&Claim::NotBelieved { looks, lies, truths, control }, &evidence)
        };
        assert_eq!(judged("fine", "fooled"), Judgement::Holds);
        assert!(matches!(judged("fooled", "fooled"), Judgement::Violated { .. }));
        assert!(matches!(judged("fine", "fine"), Judgement::CantTell { .. }));
    }
}
