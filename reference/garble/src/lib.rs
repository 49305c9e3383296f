//! Outside text gone wrong, for tests only: good examples with bytes changed or
//! one value replaced, and text that never was any.

#![forbid(unsafe_code)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

/// What parsers trip over: edges of numbers, addresses, blocks and durations.
const ODD: [&str; 20] = [
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "4294967296",
    "18446744073709551616",
    "10.0.0.1",
    "10.0.0.0/33",
    "0.0.0.0/0",
    "::/0",
    "fd00::/129",
    "00:16:3e:00:00:0g",
    "1s",
    "-1s",
    "99999999999999999999h",
    "584542046090y",
    "../../etc/passwd",
    "\u{0}",
    "ä\u{202e}\u{feff}",
];

/// One of the examples with a few bytes changed, or any bytes.
pub fn bytes(examples: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let edits = vec((any::<Index>(), edit()), 1..6);
    let changed = (select(examples), edits).prop_map(|(example, edits)| {
        let mut bytes = example.as_bytes().to_vec();
        for (place, edit) in edits {
            change(&mut bytes, place, edit);
        }
        bytes
    });
    prop_oneof![4 => changed, 1 => vec(any::<u8>(), 0..64)]
}

/// The same as text, with what is no UTF-8 replaced.
pub fn text(examples: &'static [&'static str]) -> impl Strategy<Value = String> {
    bytes(examples).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A JSON object with one value replaced.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The whole object.
    pub text: String,
    /// The key of the object under which the value was replaced.
    pub key: String,
}

/// One of the examples, each an object of JSON, with one value in it replaced by
/// another, however deep.
pub fn replaced(examples: &'static [&'static str]) -> impl Strategy<Value = Replaced> {
    (select(examples), any::<Index>(), vec(any::<Index>(), 0..6), value()).prop_map(
        |(example, first, path, new)| {
            let mut object: Map<String, Value> =
                serde_json::from_str(example).expect("an example is an object");
            let key = object.keys().nth(first.index(object.len())).expect("it has keys").clone();
            let mut place = &mut object[&key];
            for step in path {
                let children = children(place);
                if children == 0 {
                    break;
                }
                place = child(place, step.index(children));
            }
            *place = new;
            Replaced { text: Value::Object(object).to_string(), key }
        },
    )
}

fn children(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    }
}

/// One of the children that [`children`] counts.
fn child(value: &mut Value, at: usize) -> &mut Value {
    let found = match value {
        Value::Array(items) => items.get_mut(at),
        Value::Object(fields) => fields.values_mut().nth(at),
        _ => None,
    };
    found.expect("the index is below the number of children")
}

#[derive(Clone, Copy, Debug)]
enum Edit {
    Drop,
    Put(u8),
    Insert(&'static str),
    Cut,
    Double,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        Just(Edit::Drop),
        any::<u8>().prop_map(Edit::Put),
        select(&ODD[..]).prop_map(Edit::Insert),
        Just(Edit::Cut),
        Just(Edit::Double),
    ]
}

fn change(bytes: &mut Vec<u8>, place: Index, edit: Edit) {
    let at = place.index(bytes.len() + 1);
    match edit {
        Edit::Drop if at < bytes.len() => drop(bytes.remove(at)),
        Edit::Put(byte) if at < bytes.len() => bytes[at] = byte,
        Edit::Drop | Edit::Put(_) => {}
        Edit::Insert(text) => drop(bytes.splice(at..at, text.bytes())),
        Edit::Cut => bytes.truncate(at),
        Edit::Double => bytes.extend_from_within(at..),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&ODD[..]).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,6}", inner), 0..4).prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}
