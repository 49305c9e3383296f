//! `plumbline doctor`: whether this machine can run scenarios.

use report::Exit;
use stage::RunId;

use super::{Refusal, print};
use crate::preflight::{Check, checks};

pub(super) fn doctor(target: Option<&str>) -> Result<Exit, Refusal> {
    let mut all = checks();
    if let Some(name) = target {
        all.push(target_check(name)?);
    }
    let width = all.iter().map(|check| check.what.len()).max().unwrap_or(0);
    for Check { what, found } in &all {
        let (sign, text) = match found {
            Ok(text) => ("✓", text),
            Err(text) => ("✗", text),
        };
        print(&format!("{sign} {what:width$}  {text}\n"))?;
    }
    let sound = all.iter().all(|check| check.found.is_ok());
    print(if sound { "ready\n" } else { "not ready\n" })?;
    Ok(if sound { Exit::Conformant } else { Exit::NotReady })
}

fn target_check(name: &str) -> Result<Check, Refusal> {
    let around = crate::suite::surroundings(&RunId::fresh()).map_err(Refusal::harness)?;
    let found = match target::find(name, &around) {
        Ok(target) => Ok(format!("{} {}", target.about, target.version)),
        Err(error @ target::TargetError::Missing { .. }) => Err(error.to_string()),
        Err(error) => return Err(Refusal::usage(error.into())),
    };
    Ok(Check { what: format!("target {name}"), found })
}
