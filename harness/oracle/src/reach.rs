//! Who answers whom, and by which way.

use facts::exchange::{Exchange, Reply};
use facts::{Claim, Violation};

use crate::look::{Look, Verdict, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::Answers { exchange, by, seen } => {
            let exchange = look.exchange(exchange)?;
            Ok(answers(exchange, by, seen.map(|address| address.to_string())))
        }
        Claim::Silent { exchange, control } => {
            let control = look.exchange(control)?;
            if !matches!(control.reply, Reply::Answered { .. }) {
                return Err(format!("the control, {}, got {}", path(control), control.reply));
            }
            let exchange = look.exchange(exchange)?;
            let answered = matches!(exchange.reply, Reply::Answered { .. });
            let seen = violation(path(exchange), "no answer", exchange.reply.to_string());
            Ok(if answered { vec![seen] } else { Vec::new() })
        }
        Claim::PassesStack { flow, packets, control } => {
            let control = look.flow(control)?;
            if control.forwarded > 0 {
                return Err("packets on the path that passes the stack by were counted, too".into());
            }
            let flow = look.flow(flow)?;
            let object = format!(
                "packets {} → {} forwarded by {}",
                flow.source, flow.destination, flow.node
            );
            let seen = violation(object, format!("{packets} or more"), flow.forwarded.to_string());
            Ok(if flow.forwarded >= *packets { Vec::new() } else { vec![seen] })
        }
        _ => Err("not a claim about traffic".to_owned()),
    }
}

fn answers(exchange: &Exchange, by: &str, seen: Option<String>) -> Vec<Violation> {
    let object = path(exchange);
    let wanted = if by.is_empty() { "an answer".to_owned() } else { format!("an answer by {by}") };
    let Reply::Answered { by: who, seen: source } = &exchange.reply else {
        return vec![violation(object, wanted, exchange.reply.to_string())];
    };
    let mut found = Vec::new();
    if !by.is_empty() && who != by {
        found.push(violation(object.clone(), wanted, exchange.reply.to_string()));
    }
    if let Some(wanted) = seen {
        let source = source.map_or("nothing".to_owned(), |address| address.to_string());
        if source != wanted {
            let object = format!("source address that {} saw, {object}", exchange.server);
            found.push(violation(object, wanted, source));
        }
    }
    found
}

fn path(exchange: &Exchange) -> String {
    let Exchange { client, server, target, protocol, .. } = exchange;
    format!("{protocol} from {client} to {server} at {target}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::exchange::Protocol;
    use facts::{Evidence, Fact, Judgement};
    use rstest::rstest;

    use crate::judge;

    fn exchange(reply: Reply) -> Fact {
        Fact::Exchange(Exchange {
            client: "pod a".to_owned(),
            server: "pod b".to_owned(),
            target: "10.0.0.5:80".parse().unwrap(),
            protocol: Protocol::Tcp,
            reply,
            millis: 1,
        })
    }

    fn answered(by: &str) -> Reply {
        Reply::Answered { by: by.to_owned(), seen: Some([10, 0, 0, 4].into()) }
    }

    #[rstest]
    #[case::right(answered("u1"), Some([10, 0, 0, 4]), true)]
    #[case::stranger(answered("u2"), None, false)]
    #[case::other_source(answered("u1"), Some([10, 0, 0, 9]), false)]
    #[case::silence(Reply::Silence, None, false)]
    #[case::refused(Reply::Refused, None, false)]
    fn the_right_server_must_answer(
        #[case] reply: Reply,
        #[case] seen: Option<[u8; 4]>,
        #[case] holds: bool,
    ) {
        let mut evidence = Evidence::default();
        evidence.put("x", exchange(reply));
        let claim = Claim::Answers {
            exchange: "x".to_owned(),
            by: "u1".to_owned(),
            seen: seen.map(Into::into),
        };
        assert_eq!(judge(&claim, &evidence) == Judgement::Holds, holds);
    }

    #[test]
    fn silence_counts_only_beside_a_control_that_was_answered() {
        let claim = Claim::Silent { exchange: "x".to_owned(), control: "c".to_owned() };
        let judged = |seen: Reply, control: Reply| {
            let mut evidence = Evidence::default();
            evidence.put("x", exchange(seen));
            evidence.put("c", exchange(control));
            judge(&claim, &evidence)
        };
        assert_eq!(judged(Reply::Silence, answered("u1")), Judgement::Holds);
        assert!(matches!(judged(answered("u1"), answered("u1")), Judgement::Violated { .. }));
        assert!(matches!(judged(Reply::Silence, Reply::Silence), Judgement::CantTell { .. }));
    }
}
