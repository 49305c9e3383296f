//! `report.html` in headless Chromium: it is shown, its script runs, nothing is
//! fetched, and it fits wide and narrow windows. Screenshots stay in `target/tmp`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use report::html::html;
use report::record::RunRecord;
use rstest::rstest;

use crate::{broken, report_of, sample};

/// What a browser made of a page.
struct Shown {
    /// The document after its scripts.
    dom: String,
    /// Lines that it wrote to its console.
    console: Vec<String>,
    /// Every address that it asked for on behalf of the page, as its log of the
    /// network says.
    requests: BTreeSet<String>,
    screenshot: PathBuf,
}

/// Whether there is a browser. CI must have one; elsewhere its lack is told.
fn there_is_a_browser() -> bool {
    let asked = Command::new("chromium").arg("--version").stdout(Stdio::null()).status();
    let there = asked.is_ok_and(|status| status.success());
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "ci/setup installs chromium");
        eprintln!("skipped: there is no chromium here; ci/setup installs it");
    }
    there
}

fn show(name: &str, page: &str, width: u32) -> Shown {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(kept).expect("a folder");
    let file = folder.path().join("report.html");
    fs::write(&file, page).expect("write the page");
    let screenshot = kept.join(format!("{name}-{width}.png"));
    let window = format!("--window-size={width},2400");
    let shot = format!("--screenshot={}", screenshot.display());
    let (dom, _) = open(folder.path(), &file, &[&window, "--dump-dom"]);
    let (_, told) = open(folder.path(), &file, &[&window, &shot]);
    let console = told.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned);
    let log = fs::read_to_string(folder.path().join("net.json")).expect("a log of the network");
    let urls = log.split("\"url\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    eprintln!("screenshot: {}", screenshot.display());
    Shown {
        dom,
        console: console.collect(),
        requests: urls.filter(|url| !of_the_browser(url)).map(str::to_owned).collect(),
        screenshot,
    }
}

/// Opens a file; no name is resolved and no proxy asked, so that nothing leaves the machine.
fn open(folder: &Path, file: &Path, how: &[&str]) -> (String, String) {
    let mut browser = Command::new("timeout");
    browser.args(["60", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu"]);
    browser.args(["--no-first-run", "--disable-background-networking", "--disable-sync"]);
    browser.args(["--disable-component-update", "--disable-default-apps", "--hide-scrollbars"]);
    browser.args(["--host-resolver-rules=MAP * ~NOTFOUND", "--no-proxy-server"]);
    browser.arg("--virtual-time-budget=3000");
    browser.args(["--enable-logging=stderr", "--disable-dev-shm-usage"]);
    browser.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    browser.arg(format!("--log-net-log={}", folder.join("net.json").display()));
    browser.args(how).arg(format!("file://{}", file.display())).env("HOME", folder);
    let output = browser.output().expect("start chromium");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), told)
}

/// Whether it is what the browser asks on its own, of its maker.
fn of_the_browser(url: &str) -> bool {
    let host = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    host.ends_with(".google.com") || host.ends_with(".googleapis.com")
}

/// How many colours a screenshot has.
fn colours(path: &Path) -> usize {
    let file = std::io::BufReader::new(fs::File::open(path).expect("a screenshot"));
    let mut reader = png::Decoder::new(file).read_info().expect("PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size that fits")];
    let frame = reader.next_frame(&mut pixels).expect("a frame");
    let samples = frame.color_type.samples();
    pixels[..frame.buffer_size()].chunks(samples).collect::<BTreeSet<_>>().len()
}

/// A page that also tells how wide it came out.
fn measured(run: RunRecord) -> String {
    let page = html(&report_of(run)).expect("HTML");
    let measure = "<script>document.body.dataset.over = \
        document.documentElement.scrollWidth - document.documentElement.clientWidth;</script>";
    page.replace("</body>", &format!("{measure}</body>"))
}

#[rstest]
#[case::sample("sample", sample::record(), 1200)]
#[case::broken("broken", broken::record(), 1200)]
#[case::broken_on_a_narrow_screen("broken", broken::record(), 500)]
fn the_report_is_shown_and_needs_nothing(
    #[case] name: &str,
    #[case] run: RunRecord,
    #[case] width: u32,
) {
    if !there_is_a_browser() {
        return;
    }
    let rows = report_of(run.clone()).verdict.rows.len();
    let shown = show(name, &measured(run), width);
    assert_eq!(shown.console, [""; 0]);
    let outside: Vec<_> = shown.requests.iter().filter(|url| !url.starts_with("file:")).collect();
    assert_eq!(outside, [""; 0]);
    // The script counted the rows, and the page is no wider than its window.
    for told in ["non-conformant", &format!("{rows} of {rows} rows"), "data-over=\"0\""] {
        assert!(shown.dom.contains(told), "{told}");
    }
    if name == "broken" {
        for told in ["First divergence", "default route in table 1003 of node n1", "no-warm-up"] {
            assert!(shown.dom.contains(told), "{told}");
        }
    }
    assert!(colours(&shown.screenshot) > 100, "{} is blank", shown.screenshot.display());
}

#[test]
fn a_page_that_complains_and_fetches_is_found_out() {
    if !there_is_a_browser() {
        return;
    }
    let page = "<img src=\"http://outside.invalid/x.png\"><script>console.error('bad')</script>";
    let shown = show("control", page, 600);
    assert!(shown.console.iter().any(|line| line.contains("bad")), "{:?}", shown.console);
    assert!(shown.requests.contains("http://outside.invalid/x.png"), "{:?}", shown.requests);
    let blank = show("blank", "<title>nothing</title>", 600);
    assert_eq!(colours(&blank.screenshot), 1);
}
