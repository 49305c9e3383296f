//! Lines of at most 100 columns, with or without colours.

use super::Colour;

/// Columns of a line.
const WIDTH: usize = 100;

/// What a text stands for.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// A pass.
    Good,
    /// A failure.
    Bad,
    /// Something open.
    Open,
    /// A heading.
    Heading,
}

impl Style {
    /// Its ANSI escape: bold green, red, yellow, or just bold.
    fn escape(self) -> &'static str {
        match self {
            Self::Good => "\x1b[1;32m",
            Self::Bad => "\x1b[1;31m",
            Self::Open => "\x1b[1;33m",
            Self::Heading => "\x1b[1m",
        }
    }
}

/// A text that grows line by line.
pub(super) struct Page {
    /// The text so far.
    pub(super) text: String,
    colour: Colour,
}

impl Page {
    pub(super) fn new(colour: Colour) -> Self {
        Self { text: String::new(), colour }
    }

    /// A heading, with an empty line above.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.styled(0, Style::Heading, text);
    }

    /// An empty line, unless there is one.
    pub(super) fn blank(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A text, broken into lines that begin at a column.
    pub(super) fn line(&mut self, column: usize, text: &str) {
        for line in wrap(text, WIDTH - column) {
            self.verbatim(column, &line);
        }
    }

    /// Likewise, in a style.
    pub(super) fn styled(&mut self, column: usize, style: Style, text: &str) {
        for line in wrap(text, WIDTH - column) {
            let line = self.paint(style, &line);
            self.verbatim(column, &line);
        }
    }

    /// A label, and beside it a text whose lines begin at one column.
    pub(super) fn item(&mut self, column: usize, label: &str, text: &str) {
        let beside = column + label.chars().count();
        for (place, line) in wrap(text, WIDTH - beside).iter().enumerate() {
            match place {
                0 => self.verbatim(column, &format!("{label}{line}")),
                _ => self.verbatim(beside, line),
            }
        }
    }

    /// A text in a style, where the terminal gets colours.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::Never => text.to_owned(),
            Colour::Always => format!("{}{text}\x1b[0m", style.escape()),
        }
    }

    /// A command to copy: its lines are joined by the shell.
    pub(super) fn command(&mut self, column: usize, command: &str) {
        let lines = wrap(command, WIDTH - column - 4);
        let last = lines.len().saturating_sub(1);
        for (place, line) in lines.iter().enumerate() {
            let sign = if place == 0 { "$ " } else { "  " };
            let more = if place < last { " \\" } else { "" };
            self.verbatim(column, &format!("{sign}{line}{more}"));
        }
    }

    /// A line as it is; what it holds of others must be [`harmless`].
    pub(super) fn verbatim(&mut self, column: usize, line: &str) {
        self.text.extend(std::iter::repeat_n(' ', column));
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// The text with spaces for control characters, which could steer a terminal.
pub(super) fn harmless(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Breaks a harmless text between words; longer words stay whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = harmless(text);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
