//! Whether a node was let in (ADM-1), seen from outside.

use facts::{Claim, Violation};

use crate::cni::success;
use crate::look::{Look, Verdict, lacking, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::Admitted { file, call } => admitted(look, file, call),
        Claim::Refused { file, call, calls, instance, told, words, control_file, control_call } => {
            let control = admitted(look, control_file, control_call)?;
            if let Some(problem) = control.first() {
                return Err(format!("the node beside it was not admitted: {problem}"));
            }
            let mut found = refused(look, file, call)?;
            found.extend(asked_for(look, calls, instance)?);
            let texts: Result<Vec<_>, _> = told.iter().map(|name| look.text(name)).collect();
            let differ = |word: &String| {
                violation(
                    "events, conditions and the error of ADD",
                    format!("tell {word:?}"),
                    "not told",
                )
            };
            found.extend(lacking(words, &texts?).into_iter().map(differ));
            Ok(found)
        }
        _ => Err("not a claim about admission".to_owned()),
    }
}

fn admitted(look: &Look<'_>, file: &str, call: &str) -> Verdict {
    let mut found = Vec::new();
    if look.file(file)?.is_none() {
        found.push(violation("network configuration of the node", "there", "absent"));
    }
    found.extend(success(look.call(call)?));
    Ok(found)
}

fn refused(look: &Look<'_>, file: &str, call: &str) -> Verdict {
    let mut found = Vec::new();
    if look.file(file)?.is_some() {
        found.push(violation("network configuration of the refused node", "absent", "there"));
    }
    if look.call(call)?.succeeded() {
        found.push(violation("ADD on the refused node", "refused", "it succeeded"));
    }
    Ok(found)
}

/// Calls that make or attach an interface for the instance.
fn asked_for(look: &Look<'_>, calls: &str, instance: &str) -> Result<Vec<Violation>, String> {
    let made = look.calls(calls)?.iter().filter(|call| {
        call.action == "AttachNetworkInterface" && call.instance.as_deref() == Some(instance)
    });
    Ok(made
        .map(|call| {
            let eni = call.eni.clone().unwrap_or_default();
            violation(format!("calls of the cloud for {instance}"), "none", format!("attach {eni}"))
        })
        .collect())
}
