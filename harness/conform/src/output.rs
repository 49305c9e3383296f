//! Where reports go.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use report::Normal;
use report::json::Report;
use report::junit::junit;
use report::summary::{Colour, summary};

use crate::evidence::{REPORT, VERDICT};

/// A format of the report and where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Format {
    kind: Kind,
    /// A file; none for standard output.
    path: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Pretty,
    Json,
    Normal,
    Junit,
    Html,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, path) = match text.split_once('=') {
            Some((_, "")) => return Err("a path is missing after =".to_owned()),
            Some((kind, path)) => (kind, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let kind = match kind {
            "pretty" => Kind::Pretty,
            "json" => Kind::Json,
            "verdict" => Kind::Normal,
            "junit" => Kind::Junit,
            "html" => Kind::Html,
            _ => return Err("one of pretty, json, verdict, junit, html".to_owned()),
        };
        Ok(Self { kind, path })
    }
}

/// Writes every format into the run's folder, and where the user wants it, too;
/// without a wish standard output gets the summary.
pub(crate) fn write(
    report: &Report,
    folder: &Path,
    wishes: &[Format],
    colour: Colour,
) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for (name, kind) in [
        (REPORT, Kind::Json),
        (VERDICT, Kind::Normal),
        ("junit.xml", Kind::Junit),
        ("report.html", Kind::Html),
    ] {
        let path = folder.join(name);
        write_file(&path, &render(report, kind, &[], Colour::Never)?)?;
        files.push(path.display().to_string());
    }
    let pretty = Format { kind: Kind::Pretty, path: None };
    let wishes = if wishes.is_empty() { std::slice::from_ref(&pretty) } else { wishes };
    for wish in wishes {
        let colour = if wish.path.is_none() { colour } else { Colour::Never };
        let text = render(report, wish.kind, &files, colour)?;
        match &wish.path {
            Some(path) => write_file(path, &text)?,
            None => {
                std::io::stdout().write_all(text.as_bytes()).context("write to standard output")?;
            }
        }
    }
    Ok(())
}

fn render(report: &Report, kind: Kind, files: &[String], colour: Colour) -> anyhow::Result<String> {
    Ok(match kind {
        Kind::Pretty => summary(report, files, colour),
        Kind::Json => report.to_json(),
        Kind::Normal => Normal::of(report).to_json(),
        Kind::Junit => junit(report)?,
        Kind::Html => report::html::html(report)?,
    })
}

/// Writes a file as a whole or not at all.
pub(crate) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("make folder {}", folder.display()))?;
    }
    let draft = path.with_extension(format!("draft{}", std::process::id()));
    std::fs::write(&draft, text).with_context(|| format!("write {}", draft.display()))?;
    std::fs::rename(&draft, path).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("json", Some((Kind::Json, None)))]
    #[case::file("junit=a/b.xml", Some((Kind::Junit, Some("a/b.xml"))))]
    #[case::no_path("html=", None)]
    #[case::unknown("yaml", None)]
    fn formats_are_read(#[case] text: &str, #[case] expected: Option<(Kind, Option<&str>)>) {
        let read = text.parse::<Format>().ok().map(|format| (format.kind, format.path));
        let expected = expected.map(|(kind, path)| (kind, path.map(PathBuf::from)));
        assert_eq!(read, expected);
    }
}
