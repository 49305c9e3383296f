//! Which interfaces are ours (MOD-2, MOD-6; linked page 5).

use std::collections::BTreeMap;

/// Tags, by key.
pub type Tags = BTreeMap<String, String>;

/// Interfaces of others that are never ours, whatever the configuration says.
const EXCLUDED: [(&str, &str); 2] =
    [("creator", "alibabacloud-erdma-controller"), ("terway.alibabacloud.com/excluded", "true")];

/// Whether an interface may be looked at as ours.
///
/// The primary one never is. With a filter, only interfaces with all of its
/// tags are; an interface with one of the blocked tags never is.
pub fn ours(primary: bool, tags: &Tags, filter: &Tags, blocked: &[(String, String)]) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
    let excluded = EXCLUDED.iter().any(|(key, value)| has(key, value))
        || (blocked.iter().any(|(key, value)| has(key, value))
            && !defect::on("blocked-tags-are-ignored"));
    let primary = primary && !defect::on("primary-interface-serves-pods");
    let fits = filter.iter().all(|(key, value)| has(key, value));
    !primary && !excluded && (fits || defect::on("tag-filter-is-ignored"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[rstest]
    #[case::no_filter(&[], &[], true)]
    #[case::matching(&[("use", "pods"), ("x", "y")], &[("use", "pods")], true)]
    #[case::other_value(&[("use", "vm")], &[("use", "pods")], false)]
    #[case::no_tag(&[], &[("use", "pods")], false)]
    #[case::one_of_two(&[("use", "pods")], &[("use", "pods"), ("team", "a")], false)]
    #[case::blocked(&[("keep", "me")], &[], false)]
    #[case::excluded(&[("terway.alibabacloud.com/excluded", "true")], &[], false)]
    fn by_tags(
        #[case] on_eni: &[(&str, &str)],
        #[case] filter: &[(&str, &str)],
        #[case] expected: bool,
    ) {
        let blocked = [("keep".to_owned(), "me".to_owned())];
        assert_eq!(ours(false, &tags(on_eni), &tags(filter), &blocked), expected);
        assert!(!ours(true, &tags(on_eni), &tags(filter), &blocked), "the primary one never is");
    }
}
