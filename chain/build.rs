//! Hands the conformance data of Lodestar to the tests, if it is there.
//!
//! Tests that run in a browser have no files, so the data is compiled into them. Where it is absent
//! they get an empty list and say so. The crate itself does not depend on it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=MACHINAUT_LODESTAR_DATA");
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = env::var_os("MACHINAUT_LODESTAR_DATA")
        .map_or_else(|| manifest.join("../../shared/lodestar"), PathBuf::from);
    println!("cargo::rerun-if-changed=build.rs");
    // A path that is not there would make cargo build this crate anew every time.
    if root.is_dir() {
        println!("cargo::rerun-if-changed={}", root.display());
    }
    let mut files = Vec::new();
    for folder in ["canonical", "approvals", "ship/bad", "sessions", "load"] {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .unwrap_or(file)
            .display()
            .to_string();
        writeln!(
            list,
            "    ({name:?}, include_bytes!({:?})),",
            file.display().to_string()
        )
        .map_err(io::Error::other)?;
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("lodestar.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
