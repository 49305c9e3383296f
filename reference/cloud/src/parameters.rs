//! Parameters of RPC-style actions: flat names and texts. A list is `Name.1`,
//! `Name.2` ..., a list of tags `Tag.1.Key`, `Tag.1.Value` ...

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What the signature page leaves as it is: RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Named values of one request. A name that is put twice keeps its last value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Adds one value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// Adds a value if there is one. `None` sends nothing, which is not the same as an empty text.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<&(impl ToString + ?Sized)>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a list, counted from 1.
    #[must_use]
    pub fn with_list(self, name: &str, values: impl IntoIterator<Item = impl ToString>) -> Self {
        let counted = values.into_iter().zip(1..);
        counted.fold(self, |all, (value, n)| all.with(&format!("{name}.{n}"), &value))
    }

    /// Adds tags, counted from 1.
    #[must_use]
    pub fn with_tags(self, tags: &BTreeMap<String, String>) -> Self {
        tags.iter().zip(1..).fold(self, |all, ((key, value), n)| {
            all.with(&format!("Tag.{n}.Key"), key).with(&format!("Tag.{n}.Value"), value)
        })
    }

    /// The canonical query string: sorted by name, percent-encoded. It serves as
    /// query and as form body alike.
    pub fn encoded(&self) -> String {
        let pairs =
            self.0.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("AZaz09-_.~", "AZaz09-_.~")]
    #[case::space("a b", "a%20b")]
    #[case::plus("a+b", "a%2Bb")]
    #[case::star("*", "%2A")]
    #[case::slash("10.0.0.0/28", "10.0.0.0%2F28")]
    #[case::colon("2001:db8::1", "2001%3Adb8%3A%3A1")]
    #[case::pair("a=b&c", "a%3Db%26c")]
    #[case::percent("100%", "100%25")]
    #[case::quotes("'\"!()", "%27%22%21%28%29")]
    #[case::unicode("网卡é", "%E7%BD%91%E5%8D%A1%C3%A9")]
    #[case::newline("a\nb\0", "a%0Ab%00")]
    #[case::empty("", "")]
    fn a_value_is_encoded_as_rfc_3986_says(#[case] value: &str, #[case] encoded: &str) {
        assert_eq!(Parameters::default().with("V", value).encoded(), format!("V={encoded}"));
    }

    #[test]
    fn lists_and_tags_are_counted_from_one() {
        let tags =
            BTreeMap::from([("creator", "terway"), ("a b", "")].map(|(k, v)| (k.into(), v.into())));
        let parameters = Parameters::default().with_list("Id", ["x", "y"]).with_tags(&tags);
        assert_eq!(
            parameters.encoded(),
            "Id.1=x&Id.2=y&Tag.1.Key=a%20b&Tag.1.Value=&Tag.2.Key=creator&Tag.2.Value=terway"
        );
    }

    #[test]
    fn nothing_is_sent_for_none_and_names_sort_by_their_bytes() {
        let parameters = Parameters::default()
            .with_some("Absent", None::<&u8>)
            .with_list("N", 1..=10)
            .with_some("A", Some(&true));
        assert_eq!(
            parameters.encoded(),
            "A=true&N.1=1&N.10=10&N.2=2&N.3=3&N.4=4&N.5=5&N.6=6&N.7=7&N.8=8&N.9=9"
        );
    }

    proptest! {
        #[test]
        fn the_canonical_form_does_not_depend_on_the_order_of_parameters(
            pairs in proptest::collection::btree_map(".{1,8}", ".{0,8}", 0..12),
            seed in any::<usize>(),
        ) {
            let put = |pairs: &[(String, String)]| pairs.iter()
                .fold(Parameters::default(), |all, (name, value)| all.with(name, value))
                .encoded();
            let mut pairs: Vec<_> = pairs.into_iter().collect();
            let sorted = put(&pairs);
            let middle = seed % (pairs.len() + 1);
            pairs.rotate_left(middle);
            pairs.reverse();
            prop_assert_eq!(put(&pairs), sorted);
        }
    }
}
