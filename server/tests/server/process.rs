//! The real binary as a process of its own: to be killed, to be started twice, to be run beside itself.

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;

/// Who a request comes from, as browsers say it.
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What a command was told and what it printed.
pub(crate) struct Machinaut<'a> {
    /// Its whole environment.
    pub(crate) environment: &'a [(&'a str, &'a str)],
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machinaut<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_machinaut"));
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().copied())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let ran = self
            .command(arguments)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        Ended {
            code: ran.status.code().unwrap(),
            out: String::from_utf8(ran.stdout).unwrap(),
            err: String::from_utf8(ran.stderr).unwrap(),
        }
    }

    /// Runs a command that has to succeed, and gives the last line that it printed.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.out.lines().last().unwrap().to_owned()
    }

    /// Starts a command, to read what it prints while it runs.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        let mut child = self.command(arguments).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    /// A machine token of this organisation.
    pub(crate) fn token(&self, organisation: &str, name: &str) -> String {
        let both = ["--grant", "ship", "--grant", "approvals"];
        let of = [
            "admin",
            "create-token",
            "--org",
            organisation,
            "--name",
            name,
        ];
        self.says(&[of.as_slice(), &both].concat())
    }

    /// Serves, until it is dropped.
    pub(crate) fn serve(&self) -> Process {
        let mut command = self.command(&["serve"]);
        let mut child = command
            .env("MACHINAUT_LISTEN", "127.0.0.1:0")
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        printed.read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap();
        let address = address.parse().unwrap_or_else(|_| panic!("{line:?}"));
        // Whatever else it prints has to go somewhere.
        std::thread::spawn(move || std::io::copy(&mut printed, &mut std::io::sink()));
        Process { child, address }
    }
}

/// A command that runs: the lines that it prints. It has to end well.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Iterator for Running {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let line = self.lines.next();
        if line.is_none() {
            assert!(self.child.wait().unwrap().success());
        }
        line.map(Result::unwrap)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that runs.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Asks it to stop, as an operator does, and gives its exit code.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> Option<i32> {
        let kill = format!("kill -TERM {}", self.child.id());
        let told = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }

    /// Sends a request and reads the whole answer: its status, its cookie and its body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> (u16, Option<String>, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .build()
            .into();
        let (parts, mut body) = agent
            .run(request.body(body.into()).unwrap())
            .unwrap()
            .into_parts();
        let cookie = parts.headers.get("set-cookie").map(|set| {
            let set = set.to_str().unwrap();
            set.split(';').next().unwrap().to_owned()
        });
        (
            parts.status.as_u16(),
            cookie,
            body.read_to_string().unwrap(),
        )
    }

    /// Calls a server function as a page does; it has to succeed.
    pub(crate) fn call(&self, cookie: &str, name: &str, form: &[(&str, &str)]) -> Value {
        let (status, body) = self.try_call(cookie, name, form);
        assert_eq!(status, 200, "{name}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{name}: {error}: {body}"))
    }

    /// Calls a server function as a page does, and gives the status and the answer.
    pub(crate) fn try_call(
        &self,
        cookie: &str,
        name: &str,
        form: &[(&str, &str)],
    ) -> (u16, String) {
        let headers = [
            FORM,
            OURS,
            ("accept", "application/json"),
            ("cookie", cookie),
        ];
        let (status, _, body) = self.send("POST", &format!("/api/{name}"), &headers, encoded(form));
        (status, body)
    }

    /// Comes in through a set-up link that the command line printed, and gives the cookie.
    pub(crate) fn set_up(&self, link: &str, email: &str) -> String {
        let secret = link
            .split("/setup/")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        let form = [
            ("secret", secret),
            ("name", "Ada"),
            ("email", email),
            ("password", "correct horse battery"),
        ];
        let headers = [FORM, OURS, ("accept", "application/json")];
        let (status, cookie, body) = self.send("POST", "/api/set_up", &headers, encoded(&form));
        assert_eq!(status, 200, "{body}");
        cookie.unwrap()
    }

    /// Ships a body, and gives the status and the answer.
    pub(crate) fn ship(&self, token: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("content-type", "application/x-ndjson"),
            ("authorization", &*bearer),
        ];
        let (status, _, body) = self.send("POST", "/v1/events", &headers, body);
        (status, serde_json::from_str(&body).unwrap())
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}
