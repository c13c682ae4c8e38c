//! A client that does no more than it must: it may not take the time that the server is measured by.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A connection that is kept, with the headers of whoever calls.
pub(crate) struct Caller {
    reader: BufReader<TcpStream>,
    headers: String,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Caller {
    pub(crate) fn new(address: SocketAddr, headers: &[(&str, &str)]) -> Self {
        let connection = TcpStream::connect(address).unwrap();
        connection.set_nodelay(true).unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        Self {
            reader: BufReader::with_capacity(1 << 16, connection),
            headers: format!("host: {address}\r\n{}", headers.collect::<String>()),
        }
    }

    /// A caller with a machine's token.
    pub(crate) fn with_token(address: SocketAddr, token: &str) -> Self {
        Self::new(address, &[("authorization", &format!("Bearer {token}"))])
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, b"")
    }

    /// Ships a body, which has to be taken.
    pub(crate) fn ship(&mut self, body: &[u8]) {
        let answer = self.send_as("POST", "/v1/events", "application/x-ndjson", body);
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }

    /// Announces a hold, which has to be taken.
    pub(crate) fn announce(&mut self, request: &str) {
        let answer = self.send_as(
            "POST",
            "/v1/approvals",
            "application/json",
            request.as_bytes(),
        );
        assert_eq!(
            answer.status,
            202,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }

    fn send_as(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let head = format!("content-type: {content_type}\r\n");
        self.exchange(method, path, &head, body)
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.exchange(method, path, "", body)
    }

    fn exchange(&mut self, method: &str, path: &str, more: &str, body: &[u8]) -> Answer {
        self.begin(method, path, more, body);
        self.answer()
    }

    /// Asks, and does not wait for the answer.
    pub(crate) fn begin(&mut self, method: &str, path: &str, more: &str, body: &[u8]) {
        let Self { reader, headers } = self;
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\n{headers}{more}content-length: {length}\r\n\r\n");
        let connection = reader.get_mut();
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(body).unwrap();
    }

    /// Reads the answer to what was asked.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = Answer {
            status: 0,
            cookie: None,
            body: Vec::new(),
        };
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            if answer.status == 0 {
                answer.status = line.split(' ').nth(1).unwrap().parse().unwrap();
                continue;
            }
            let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "transfer-encoding" => chunked = value == "chunked",
                "set-cookie" => answer.cookie = value.split(';').next().map(str::to_owned),
                _ => {}
            }
        }
        if chunked {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).unwrap();
                self.take(size, &mut answer.body);
                self.line();
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut answer.body);
        }
        answer
    }

    fn take(&mut self, length: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + length, 0);
        self.reader.read_exact(&mut out[start..]).unwrap();
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).unwrap();
        assert!(read > 0, "the server hung up");
        line.trim_end().to_owned()
    }
}
