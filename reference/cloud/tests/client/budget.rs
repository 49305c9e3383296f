//! The budget of each action, and settings that are refused.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud::action::delete_network_interface::DeleteNetworkInterface;
use cloud::action::describe_v_switches::DescribeVSwitches;
use cloud::{BadSettings, Client, Limits, Rate, Settings};

use crate::cloud::{Cloud, Notes, Reply, accept, refuse, settings};

fn delete() -> DeleteNetworkInterface {
    DeleteNetworkInterface { interface: "eni-1".to_owned() }
}

/// 20 deletions a second, one at once.
fn tight(mut limits: Limits) -> Limits {
    let of = |n| NonZeroU32::new(n).unwrap();
    let rate = Rate { per_minute: of(1200), burst: of(1) };
    limits.actions.insert("DeleteNetworkInterface".to_owned(), rate);
    limits
}

#[tokio::test]
async fn calls_beyond_the_budget_wait_and_the_wait_is_told() {
    let cloud = Cloud::new(|_, _| accept()).await;
    let notes = Arc::new(Notes::default());
    let settings = Settings { limits: tight(Limits::default()), ..cloud.settings() };
    let client = Client::new(settings, Arc::clone(&notes) as _).unwrap();
    let begun = Instant::now();
    for _ in 0..4 {
        client.send(&delete()).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(145), "{:?}", begun.elapsed());
    let waits = notes.waits();
    assert!(waits[1..].iter().any(|wait| *wait >= Duration::from_millis(30)), "{waits:?}");
}

#[tokio::test]
async fn repetitions_take_from_the_budget_too() {
    let cloud =
        Cloud::new(|n, _| if n < 3 { refuse(500, "InternalError") } else { accept() }).await;
    let settings = Settings { limits: tight(Limits::default()), ..cloud.settings() };
    let client = Client::new(settings, Arc::new(())).unwrap();
    let begun = Instant::now();
    client.send(&delete()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(145), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_action_does_not_use_up_the_budget_of_another() {
    let cloud = Cloud::new(|_, seen| match seen.headers["x-acs-action"].as_str() {
        "DescribeVSwitches" => Reply::Answer(200, r#"{"VSwitches": {"VSwitch": []}}"#.to_owned()),
        _ => accept(),
    })
    .await;
    let mut limits = tight(Limits::default());
    let slow = Rate::even(NonZeroU32::MIN);
    limits.actions.insert("DeleteNetworkInterface".to_owned(), slow);
    let settings = Settings { limits, ..cloud.settings() };
    let client = Client::new(settings, Arc::new(())).unwrap();
    client.send(&delete()).await.unwrap();
    let describe = DescribeVSwitches { v_switch: "vsw-1".to_owned() };
    let other = tokio::time::timeout(Duration::from_secs(5), client.send(&describe)).await;
    assert!(other.is_ok(), "the next deletion is a minute away");
}

#[test]
fn a_limit_for_an_action_that_nobody_calls_is_refused() {
    let mut limits = Limits::default();
    limits.actions.insert("DeleteNetworkInterfaces".to_owned(), limits.others);
    let settings = Settings { limits, ..settings("cloud:80") };
    let error = Client::new(settings, Arc::new(())).err().unwrap();
    assert!(matches!(&error, BadSettings::UnknownAction { .. }), "{error}");
}

#[test]
fn a_user_agent_that_is_no_header_is_refused() {
    let settings = Settings { user_agent: "a\r\nX-Evil: 1".to_owned(), ..settings("cloud:80") };
    let error = Client::new(settings, Arc::new(())).err().unwrap();
    assert!(matches!(error, BadSettings::UserAgent { .. }), "{error}");
}

#[test]
fn settings_can_be_printed_without_the_secret() {
    assert!(!format!("{:?}", settings("cloud:80")).contains("secret"));
}
