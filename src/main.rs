//! The `spikefuse` program: parse, run, exit code.
//!
//! 0: done. 1: a check that was asked for failed. 2: bad usage or bad input.

mod cli;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            let mut message = format!("error: {}\n", cli::shown(&error.to_string()));
            if let Some(hint) = error.hint() {
                message += &format!("hint: {}\n", cli::shown(hint));
            }
            // Where nobody can be told, the exit code is all there is.
            let _ = std::io::stderr().write_all(message.as_bytes());
            ExitCode::from(2)
        }
    }
}
