//! Notes for a daemon that is away: one file for each sandbox whose DEL it
//! missed. The daemon reads and removes them when it is back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use model::Attachment;

/// Leaves a note that `attachment` was released.
///
/// The file is complete and on disk, or not there. A note that is there already is fine.
pub(crate) fn leave(folder: &Path, attachment: &Attachment) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = format!("{}@{}", attachment.container, attachment.ifname);
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let mut file = File::create(&draft)?;
    file.write_all(&serde_json::to_vec(attachment)?)?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_the_sandbox_and_can_be_left_twice() {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("releases");
        let attachment = Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() };
        leave(&notes, &attachment).unwrap();
        leave(&notes, &attachment).unwrap();
        let names: Vec<_> =
            fs::read_dir(&notes).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["c1@eth0"]);
        let text = fs::read_to_string(notes.join("c1@eth0")).unwrap();
        assert_eq!(text, r#"{"container":"c1","ifname":"eth0"}"#);
    }
}
