//! `src/terway.rs` is generated from `proto/terway.proto`; it stands in the
//! repository so that a build needs no compiler of protocol buffers.

use std::fs;
use std::path::Path;

/// Run with `UPDATE=1` to write the file anew.
#[test]
fn the_generated_code_is_what_the_proto_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = std::env::temp_dir().join(format!("plumbline-rpc-{}", std::process::id()));
    fs::create_dir_all(&out).unwrap();
    let files = protox::compile(["terway.proto"], [here.join("proto")]).unwrap();
    tonic_prost_build::configure()
        .out_dir(&out)
        .server_mod_attribute(".", r#"#[cfg(feature = "server")]"#)
        .compile_fds(files)
        .unwrap();
    let fresh = fs::read_to_string(out.join("rpc.rs")).unwrap();
    fs::remove_dir_all(&out).unwrap();

    let kept = here.join("src/terway.rs");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&kept, &fresh).unwrap();
    }
    assert!(
        fs::read_to_string(&kept).unwrap_or_default() == fresh,
        "run: UPDATE=1 cargo test --release -p rpc --test generated"
    );
}
