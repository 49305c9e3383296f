//! Orders in which calls for two sandboxes come.

use anyhow::{Context, bail};

/// What happens to a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Add,
    /// ADD, killed on its way.
    Killed,
    Del,
    /// The sandbox vanishes without DEL.
    Lost,
}

/// An act, and to which sandbox: 0 or 1.
pub(super) type Event = (Act, usize);

/// Moments one after the other, each with what happens at the same time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Order(pub(super) Vec<Vec<Event>>);

impl Order {
    /// Reads `ADD 1, DEL 1 + ADD 2, lost 2`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let moment = |text: &str| text.split('+').map(event).collect::<anyhow::Result<Vec<_>>>();
        let moments = text.split(',').map(moment).collect::<anyhow::Result<_>>();
        moments.map(Self).with_context(|| format!("read the order {text:?}"))
    }

    /// Whether a sandbox is there in the end.
    pub(super) fn lives(&self, sandbox: usize) -> bool {
        let of = |event: &&Event| event.1 == sandbox;
        let last = self.0.iter().flatten().rfind(of);
        last.is_some_and(|(act, _)| *act == Act::Add)
    }

    /// Every order in which each sandbox's end follows its ADD, where the first ends
    /// and the second may; what comes together and what is killed, chance says.
    pub(super) fn every(dice: &mut fastrand::Rng) -> Vec<Self> {
        let ends: [&[Act]; 3] = [&[Act::Del], &[Act::Del, Act::Del], &[Act::Lost]];
        let mut orders = Vec::new();
        for first in ends {
            for second in ends.into_iter().chain([&[][..]]) {
                let row = |number: usize, end: &[Act]| -> Vec<Event> {
                    let acts = [Act::Add].into_iter().chain(end.iter().copied());
                    acts.map(|act| (act, number)).collect()
                };
                interleave(&row(0, first), &row(1, second), &mut Vec::new(), &mut orders);
            }
        }
        orders.into_iter().map(|order| disturbed(order, dice)).collect()
    }
}

fn event(text: &str) -> anyhow::Result<Event> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (act, number) = match words.as_slice() {
        ["ADD", number] => (Act::Add, number),
        ["killed", "ADD", number] => (Act::Killed, number),
        ["DEL", number] => (Act::Del, number),
        ["lost", number] => (Act::Lost, number),
        _ => bail!("{text:?} happens to no sandbox"),
    };
    match *number {
        "1" => Ok((act, 0)),
        "2" => Ok((act, 1)),
        other => bail!("there are sandboxes 1 and 2, not {other}"),
    }
}

fn interleave(
    one: &[Event],
    other: &[Event],
    so_far: &mut Vec<Event>,
    found: &mut Vec<Vec<Event>>,
) {
    if one.is_empty() && other.is_empty() {
        found.push(so_far.clone());
    }
    if let [next, rest @ ..] = one {
        so_far.push(*next);
        interleave(rest, other, so_far, found);
        so_far.pop();
    }
    if let [next, rest @ ..] = other {
        so_far.push(*next);
        interleave(one, rest, so_far, found);
        so_far.pop();
    }
}

/// Joins neighbours of different sandboxes, and kills an ADD whose sandbox ends.
fn disturbed(order: Vec<Event>, dice: &mut fastrand::Rng) -> Order {
    let ends: Vec<usize> =
        order.iter().filter(|(act, _)| *act != Act::Add).map(|(_, sandbox)| *sandbox).collect();
    let mut moments: Vec<Vec<Event>> = Vec::new();
    for (mut act, sandbox) in order {
        if act == Act::Add && ends.contains(&sandbox) && dice.u8(..4) == 0 {
            act = Act::Killed;
        }
        match moments.last_mut() {
            Some(moment) if moment.len() == 1 && moment[0].1 != sandbox && dice.bool() => {
                moment.push((act, sandbox));
            }
            _ => moments.push(vec![(act, sandbox)]),
        }
    }
    Order(moments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_and_tells_who_lives() {
        let order = Order::parse("killed ADD 1, DEL 1 + ADD 2, lost 1").unwrap();
        let expected =
            [vec![(Act::Killed, 0)], vec![(Act::Del, 0), (Act::Add, 1)], vec![(Act::Lost, 0)]];
        assert_eq!(order.0, expected);
        assert_eq!([order.lives(0), order.lives(1)], [false, true]);
        for odd in ["ADD 3", "CHECK 1", "ADD", ""] {
            assert!(Order::parse(odd).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn every_order_is_there_once_and_a_seed_chooses_the_rest() {
        let orders = |seed| Order::every(&mut fastrand::Rng::with_seed(seed));
        let plain = |order: &Order| -> Vec<Event> {
            let calm = |(act, sandbox): &Event| {
                (if *act == Act::Killed { Act::Add } else { *act }, *sandbox)
            };
            order.0.iter().flatten().map(calm).collect()
        };
        // Ends of one and two acts: C(4,2) and C(5,2) and C(6,3) ways, and those in which 2 lives.
        assert_eq!(orders(1).len(), 4 * 6 + 4 * 10 + 20 + 2 * 3 + 4);
        let mut all: Vec<_> = orders(1).iter().map(plain).map(|o| format!("{o:?}")).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), orders(1).len());
        assert_eq!(orders(1), orders(1));
        assert_ne!(orders(1), orders(2));
        assert!(orders(1).iter().all(|order| !order.lives(0)));
    }
}
