//! `src/terway.rs` is generated from `proto/terway.proto`; it stands in the
//! repository so that a build needs no compiler of protocol buffers.

use std::fs;
use std::path::Path;

use rpc::Question;

/// Run with `UPDATE=1` to write the file anew.
#[test]
fn the_generated_code_is_what_the_proto_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = std::env::temp_dir().join(format!("plumbline-rpc-{}", std::process::id()));
    fs::create_dir_all(&out).unwrap();
    let files = protox::compile(["terway.proto"], [here.join("proto")]).unwrap();
    tonic_prost_build::configure()
        .out_dir(&out)
        .client_mod_attribute(".", r#"#[cfg(feature = "grpc")]"#)
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

/// Messages of Rust are named as those of the proto but for capitals.
#[test]
fn every_method_of_the_proto_has_its_question_and_no_other_is_asked() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = protox::compile(["terway.proto"], [here.join("proto")]).unwrap();
    let mut wanted = Vec::new();
    for service in files.file.iter().flat_map(|file| &file.service) {
        for method in &service.method {
            let (takes, gives) = (method.input_type(), method.output_type());
            let line = format!(".rpc.{} {} {takes} {gives}", service.name(), method.name());
            wanted.push(line.to_lowercase());
        }
    }
    let questions = [
        line::<rpc::AllocIpRequest>(),
        line::<rpc::ReleaseIpRequest>(),
        line::<rpc::GetInfoRequest>(),
        line::<rpc::EventRequest>(),
        line::<rpc::CheckRequest>(),
        line::<rpc::GcRequest>(),
        line::<rpc::StatusRequest>(),
        line::<rpc::MappingRequest>(),
    ];
    assert_eq!(questions.as_slice(), wanted);
}

fn line<Q: Question>() -> String {
    let message = |name: &str| format!(".rpc.{}", name.rsplit("::").next().unwrap_or_default());
    let (takes, gives) = (std::any::type_name::<Q>(), std::any::type_name::<Q::Answer>());
    format!(".{} {} {} {}", Q::SERVICE, Q::METHOD, message(takes), message(gives)).to_lowercase()
}
