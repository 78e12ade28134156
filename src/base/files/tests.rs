use super::*;
use std::io::Write;
use std::path::{Path, PathBuf};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_partial_file_is_never_anybody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let leftover = folder.path().join(".a.AbCd1234.partial");
    for other in [".a.AbCd1234.parti", ".a.short.partial", ".b.AbCd1234.partial", "a.partial"] {
        std::fs::write(folder.path().join(other), "mine").unwrap();
    }
    std::fs::write(&leftover, "half").unwrap();
    let before = names(folder.path()).len();
    // Two partial files at a time have different names; only leftovers are removed.
    let first = Partial::new(&path).unwrap();
    assert!(!leftover.exists());
    let second = Partial::new(&path).unwrap();
    assert_eq!(names(folder.path()).len(), before + 1);
    for (partial, text) in [(first, "1"), (second, "2")] {
        let mut file = partial.create().unwrap();
        file.write_all(text.as_bytes()).and_then(|()| sync(file)).unwrap();
        partial.appear().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    drop(Partial::new(&path).unwrap());
    assert_eq!(names(folder.path()).len(), before);
}

#[test]
fn files_that_belong_together_come_together() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("old"), "old").unwrap();
    std::fs::create_dir(at("b")).unwrap();
    let files: [(PathBuf, &[u8]); 2] = [(at("a"), b"1"), (at("b"), b"2")];
    assert!(write_together(&files, &[at("old")]).is_err());
    assert_eq!(names(folder.path()), ["b", "old"]);
    std::fs::remove_dir(at("b")).unwrap();
    write_together(&files, &[at("old"), at("never")]).unwrap();
    assert_eq!(names(folder.path()), ["a", "b"]);
}

#[test]
fn what_is_replaced_keeps_its_rights_and_results_are_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.svg");
    write_output(&path, b"<svg").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        write_output(&path, b"<svg/>").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    let tensors = [&8_u64.to_le_bytes()[..], b"{\"a\":{}}"].concat();
    for results in [&b"\x89HDF\r\n\x1a\n"[..], b"PK\x03\x04", b"\x93NUMPY\x01\0", &tensors] {
        std::fs::write(&path, results).unwrap();
        let error = write_output(&path, b"<svg/>").unwrap_err().to_string();
        assert!(error.contains("a.svg: cannot write: is a recording, weights or"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), results);
    }
    let error = Hold::new(&path, "simulate").unwrap_err().to_string();
    assert!(error.ends_with("cannot write here: is a file, not a folder"), "{error}");
    let error = Partial::new(&path.join("b")).unwrap_err().to_string();
    assert!(error.contains("is a file, not a folder"), "{error}");
}

#[test]
fn a_folder_is_held_by_one() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("x/y");
    let hold = Hold::new(&folder, "simulate").unwrap();
    let error = Hold::new(&folder, "train").unwrap_err();
    let owner = format!("is in use by spikefuse simulate, process {}", std::process::id());
    assert!(error.to_string().ends_with(&owner), "{error}");
    drop(hold);
    assert!(names(root.path()).is_empty(), "folders that were made for it are gone");
    // Leftovers of a killed process stay known until a later process is done with the folder.
    std::fs::create_dir_all(&folder).unwrap();
    let lock = folder.join(LOCK);
    let left = "spikefuse simulate, process 1\n";
    std::fs::write(&lock, left).unwrap();
    for _ in 0..2 {
        let hold = Hold::new(&folder, "train").unwrap();
        assert!(hold.was_left_by("simulate") && !hold.was_left_by("train") && !hold.was_left_by("sim"));
        drop(hold);
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), left);
    }
    Hold::new(&folder, "simulate").unwrap().done();
    assert!(names(&folder).is_empty());
    for _ in 0..3 {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let folder = folder.clone();
                std::thread::spawn(move || Hold::new(&folder, "simulate").map(Hold::done).is_ok())
            })
            .collect();
        let taken: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(taken.contains(&true));
        assert!(names(&folder).is_empty());
    }
}
