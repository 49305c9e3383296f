//! Tools of the system.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::ProbeError;

/// What a tool printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Exit code; none after a signal.
    pub exit: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `command` with `stdin` and takes what it prints.
pub fn run(mut command: Command, stdin: &str) -> Result<Output, ProbeError> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let failed = |source| ProbeError::Start { tool: tool.clone(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut pipe) = child.stdin.take() {
        // A tool that ends without reading is judged by how it ends.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Output {
        exit: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    })
}

/// Runs a tool that must succeed.
pub(crate) fn succeed(program: &str, args: &[&str], stdin: &str) -> Result<String, ProbeError> {
    let mut command = Command::new(program);
    command.args(args);
    let output = run(command, stdin)?;
    if output.exit == Some(0) {
        return Ok(output.stdout);
    }
    let tool = format!("{program} {}", args.join(" "));
    Err(ProbeError::Tool { tool, problem: output.stderr.trim().to_owned() })
}
