//! The `machinaut` command as it is released, serving in a process of its own over its default database.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::http::Caller;
use crate::table::folder;

/// A server with an organisation and a machine's token.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    metrics: SocketAddr,
    token: String,
    #[allow(dead_code, reason = "it is removed when it is dropped")]
    folder: TempDir,
}

impl Process {
    pub(crate) fn start() -> Self {
        let folder = folder();
        let metrics = free_address();
        let mut child = command(folder.path())
            .env("MACHINAUT_METRICS_LISTEN", metrics.to_string())
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let (_, address) = said.trim().split_once("http://").unwrap();
        administer(folder.path(), &["create-org", "acme"]);
        let token = administer(
            folder.path(),
            &[
                "create-token",
                "--org",
                "acme",
                "--grant",
                "ship",
                "--name",
                "bench",
            ],
        );
        Self {
            child,
            address: address.parse().unwrap(),
            metrics,
            token: token.lines().last().unwrap().to_owned(),
            folder,
        }
    }

    /// A caller with the machine's token.
    pub(crate) fn caller(&self) -> Caller {
        Caller::with_token(self.address, &self.token)
    }

    /// Waits until everything that was shipped can be found.
    pub(crate) fn until_found(&self) {
        let mut caller = Caller::new(self.metrics, &[]);
        loop {
            let figures = caller.get("/metrics").body;
            let figures = String::from_utf8(figures).unwrap();
            if figures.contains("\nmachinaut_search_changes_waiting 0\n")
                && figures.contains("\nmachinaut_search_index_complete 1\n")
            {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// What the system says about the process under this name, in mebibytes.
    pub(crate) fn mebibytes(&self, name: &str) -> u32 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kibibytes: u32 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes / 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_machinaut"));
    command
        .env_clear()
        .current_dir(folder)
        .env("MACHINAUT_LISTEN", "127.0.0.1:0")
        .env("MACHINAUT_LOG", "warn");
    command
}

/// Runs `machinaut admin` beside the server, and tells what it printed.
fn administer(folder: &Path, arguments: &[&str]) -> String {
    let mut admin = command(folder);
    let done = admin.arg("admin").args(arguments).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
