use super::*;
use model::PodRef;

fn grant() -> Grant {
    Grant {
        attachment: Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() },
        pod: PodRef { namespace: "default".to_owned(), name: "a".to_owned(), uid: "u".to_owned() },
        netns: "/run/netns/a".to_owned(),
        eni: "eni-1".into(),
        addresses: Addresses { v4: Some([10, 0, 1, 5].into()), v6: None },
        granted_ms: 7,
    }
}

fn address() -> IpAddr {
    IpAddr::from([10, 0, 1, 5])
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.redb");
    {
        let Opened { journal, broken, .. } = Journal::open(&path).unwrap();
        assert!(broken.is_none());
        journal.grant(&grant()).unwrap();
        journal.slot(&"eni-1".into(), Some(3)).unwrap();
        journal.config("{}", None).unwrap();
    }
    let memory = Journal::open(&path).unwrap().memory;
    assert_eq!(memory.grants.into_values().collect::<Vec<_>>(), [grant()]);
    assert_eq!(memory.slots, BTreeMap::from([("eni-1".into(), 3)]));
    assert_eq!(memory.config, Some(("{}".to_owned(), None)));
}

#[test]
fn a_released_address_rests_and_a_new_grant_ends_that() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("j")).unwrap().journal;
    journal.grant(&grant()).unwrap();
    journal.release(&grant().attachment, grant().addresses, 99).unwrap();
    let memory = journal.recall().unwrap();
    assert!(memory.grants.is_empty());
    assert_eq!(memory.leases, BTreeMap::from([(address(), Lease::Resting { until_ms: 99 })]));
    journal.grant(&grant()).unwrap();
    assert!(journal.recall().unwrap().leases.is_empty());
}

#[test]
fn addresses_given_up_are_remembered_until_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("j")).unwrap().journal;
    let leaving = Lease::Leaving { generation: 4 };
    journal.keep(&BTreeMap::from([(address(), Some(leaving.clone()))])).unwrap();
    assert_eq!(journal.recall().unwrap().leases, BTreeMap::from([(address(), leaving)]));
    journal.keep(&BTreeMap::from([(address(), None)])).unwrap();
    assert!(journal.recall().unwrap().leases.is_empty());
}

/// A journal with grants, as a daemon that was killed leaves it.
fn killed(path: &Path) {
    let made = path.with_extension("made");
    let journal = Journal::open(&made).unwrap().journal;
    for number in 0..20 {
        let container = format!("c{number}");
        let attachment = Attachment { container, ifname: "eth0".to_owned() };
        journal.grant(&Grant { attachment, ..grant() }).unwrap();
    }
    std::fs::copy(&made, path).unwrap();
}

/// Opens a damaged file; answers how many grants are left, and whether it was put aside.
fn after(path: &Path, damage: impl FnOnce(&mut Vec<u8>)) -> (usize, bool) {
    killed(path);
    let mut bytes = std::fs::read(path).unwrap();
    damage(&mut bytes);
    std::fs::write(path, bytes).unwrap();
    let opened = Journal::open(path).unwrap();
    opened.journal.grant(&grant()).unwrap();
    (opened.memory.grants.len(), opened.broken.is_some())
}

#[test]
fn a_file_that_is_no_journal_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.redb");
    assert_eq!(after(&path, |_| ()), (20, false));
    assert_eq!(after(&path, |bytes| bytes.fill(0)), (0, true));
    assert!(folder.path().join("journal.broken").exists());
    assert_eq!(after(&path, Vec::clear), (0, false), "an empty one is a new one");
}

#[test]
fn the_records_of_another_version_are_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.redb");
    {
        let journal = Journal::open(&path).unwrap().journal;
        let newer = |write: &redb::WriteTransaction| {
            write.open_table(ABOUT)?.insert("version", "3")?;
            Ok(())
        };
        journal.write("write a newer version", newer).unwrap();
    }
    let broken = Journal::open(&path).unwrap().broken.unwrap();
    assert_eq!(broken.problem, "the journal is of version \"3\", not \"2\"");
    assert_eq!(broken.aside, folder.path().join("journal.broken"));
}

#[test]
fn whatever_is_cut_off_or_flipped_the_journal_opens_whole_or_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.redb");
    killed(&path);
    let length = std::fs::read(&path).unwrap().len();
    // Its head and where its records begin, byte by byte; the rest with wide steps.
    let places = (0..320).step_by(13).chain((320..16_384).step_by(1511));
    for place in places.chain((16_384..length).step_by(length / 8)) {
        for damage in [Damage::Cut, Damage::Flip] {
            let (grants, aside) = after(&path, |bytes| damage.to(bytes, place));
            assert!(
                grants == 20 || grants == 0 && aside || place == 0,
                "{damage:?} {place}: {grants}"
            );
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    Cut,
    Flip,
}

impl Damage {
    fn to(self, bytes: &mut Vec<u8>, place: usize) {
        match self {
            Self::Cut => bytes.truncate(place),
            Self::Flip => bytes[place] ^= 0x10,
        }
    }
}

#[test]
fn a_second_process_is_refused_and_nothing_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.redb");
    let _first = Journal::open(&path).unwrap().journal;
    assert!(Journal::open(&path).is_err());
    assert!(path.exists());
}
