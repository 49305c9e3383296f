//! Pages that programs serve over HTTP. Whoever asks must be where the server is: in the
//! mounts of its socket, or in the network of its address.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Longest wait for a server, and for each part of its answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of a longer answer this many bytes are read.
const LONGEST: u64 = 4 << 20;

/// Where a page is served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServedAt {
    /// On a unix socket.
    Socket(PathBuf),
    /// On an address.
    Address(SocketAddr),
}

/// Asks for a page, such as `/metrics`; none where nobody serves it.
pub fn page(at: &ServedAt, path: &str) -> Option<String> {
    let answer = match at {
        ServedAt::Socket(socket) => UnixStream::connect(socket).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            ask(stream, path)
        }),
        ServedAt::Address(address) => {
            TcpStream::connect_timeout(address, PATIENCE).and_then(|stream| {
                stream.set_read_timeout(Some(PATIENCE))?;
                ask(stream, path)
            })
        }
    };
    body(&answer.ok()?)
}

/// HTTP/1.0, in which an answer ends with its connection.
fn ask(mut stream: impl Read + Write, path: &str) -> io::Result<String> {
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: node\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What follows the head of an answer that says 200.
fn body(answer: &str) -> Option<String> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?;
    (status == "200").then(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\na 1\n";

    fn serve(mut stream: impl Read + Write) -> String {
        let mut asked = [0; 256];
        let length = stream.read(&mut asked).unwrap();
        stream.write_all(ANSWER).unwrap();
        String::from_utf8_lossy(&asked[..length]).into_owned()
    }

    #[test]
    fn a_page_is_read_from_an_address_and_from_a_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = ServedAt::Address(listener.local_addr().unwrap());
        let server = std::thread::spawn(move || serve(listener.accept().unwrap().0));
        assert_eq!(page(&at, "/metrics").as_deref(), Some("a 1\n"));
        assert!(server.join().unwrap().starts_with("GET /metrics HTTP/1.0\r\n"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || serve(listener.accept().unwrap().0));
        assert_eq!(page(&ServedAt::Socket(path), "/").as_deref(), Some("a 1\n"));
        server.join().unwrap();
    }

    #[test]
    fn no_server_and_no_success_are_no_page() {
        assert_eq!(page(&ServedAt::Socket("/nonexistent/socket".into()), "/metrics"), None);
        assert_eq!(body("HTTP/1.1 404 Not Found\r\n\r\na 1\n"), None);
        assert_eq!(body("HTTP/1.1 200 OK\r\n"), None);
    }
}
