//! Ctrl-C: partial files are removed, and the user is told how to go on.

use super::talk;
use spikefuse::base::files::give_up;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::exit;

/// Exit code of a program that SIGINT ended, as shells have it.
const INTERRUPTED: i32 = 130;
/// The file from which `--resume` goes on.
const CHECKPOINT: &str = "checkpoint.safetensors";

/// From now on, Ctrl-C ends the program without leaving partial files. A checkpoint in the folder
/// `kept` is one to go on from.
pub fn catch(kept: Option<&Path>) {
    let checkpoint: Option<PathBuf> = kept.map(|folder| folder.join(CHECKPOINT));
    // Where no handler can be set, Ctrl-C kills: what that leaves, the next run removes.
    let _ = ctrlc::set_handler(move || {
        give_up();
        // Behind the bar.
        if std::io::stderr().is_terminal() {
            talk::line("");
        }
        talk::line("interrupted");
        talk::line(match &checkpoint {
            Some(checkpoint) if checkpoint.exists() => {
                "hint: the same command with --resume goes on from its checkpoint"
            }
            Some(_) => "hint: there was no checkpoint yet; the same command begins anew",
            None => "hint: nothing was kept to go on from",
        });
        exit(INTERRUPTED);
    });
}
