//! Frames on a wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Frames that were sent or seen at one place.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Frames {
    /// Where, for example `node n1` or `pod a`.
    pub place: String,
    /// In order.
    pub frames: Vec<Frame>,
}

/// One frame.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Frame {
    /// The link by which it went.
    pub link: String,
    /// From the hardware addresses on, in hexadecimal.
    pub bytes: String,
}

impl Frame {
    /// A frame of these bytes.
    pub fn new(link: &str, bytes: &[u8]) -> Self {
        let digits = |byte: &u8| [byte >> 4, byte & 0xf];
        let digit = |half| char::from_digit(half, 16).unwrap_or_default();
        let bytes = bytes.iter().flat_map(digits).map(|half| digit(half.into())).collect();
        Self { link: link.to_owned(), bytes }
    }

    /// Its bytes; none where the text is no hexadecimal.
    pub fn raw(&self) -> Option<Vec<u8>> {
        let digits = self.bytes.as_bytes();
        let byte = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
            u8::from_str_radix(text, 16).ok()
        };
        digits.chunks(2).map(byte).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_as_text() {
        let frame = Frame::new("eth0", &[0, 0x1f, 0xff]);
        assert_eq!(frame.bytes, "001fff");
        assert_eq!(frame.raw(), Some(vec![0, 0x1f, 0xff]));
        for bad in ["001", "zz"] {
            let frame = Frame { link: String::new(), bytes: bad.to_owned() };
            assert_eq!(frame.raw(), None, "{bad}");
        }
    }
}
