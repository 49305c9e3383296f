//! `report.html`: one file that needs no network and no script to be read.
//!
//! Everything that a target, a machine or a user had a say in is escaped, and
//! the file forbids its reader to load anything.

mod card;
mod heat;
mod kills;
mod mark;
mod matrix;
mod page;
mod picture;
mod time;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use thiserror::Error;

use crate::json::Report;

use page::Page;

/// Why there is no `report.html`.
#[derive(Debug, Error)]
pub enum HtmlError {
    /// The templates do not fit the report.
    #[error("write the report as HTML")]
    Render {
        /// What does not fit, and where.
        #[from]
        source: minijinja::Error,
    },
    /// The report does not become JSON.
    #[error("write the report as JSON into the HTML")]
    Json {
        /// Why.
        #[from]
        source: serde_json::Error,
    },
}

/// Templates by name; those that end in `.html` escape what they are given.
const TEMPLATES: [(&str, &str); 9] = [
    ("report.html", include_str!("../templates/report.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("banner.html", include_str!("../templates/banner.html")),
    ("divergence.html", include_str!("../templates/divergence.html")),
    ("heat.html", include_str!("../templates/heat.html")),
    ("kills.html", include_str!("../templates/kills.html")),
    ("profiles.html", include_str!("../templates/profiles.html")),
    ("matrix.html", include_str!("../templates/matrix.html")),
    ("scenarios.html", include_str!("../templates/scenarios.html")),
];
const STYLE: &str = include_str!("../templates/style.css");
const SCRIPT: &str = include_str!("../templates/filter.js");

/// The report as one HTML file, with its JSON in an element of id `report`.
pub fn html(report: &Report) -> Result<String, HtmlError> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, text) in TEMPLATES {
        templates.add_template(name, text)?;
    }
    let page = Page::new(report);
    let context = context! {
        page => Value::from(Serde(&page)),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        json => Value::from_safe_string(embedded(report)?),
    };
    Ok(templates.get_template("report.html")?.render(context)?)
}

/// JSON that cannot end the element it stands in: `<` is in its texts only,
/// where an escape means the same.
fn embedded(report: &Report) -> serde_json::Result<String> {
    Ok(serde_json::to_string(report)?.replace('<', "\\u003c"))
}
