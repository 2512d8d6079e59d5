//! The socket: a faster way than asking. Whoever sees a gap in the sequence asks the log.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config, connect_async_tls_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, StatusCode, header},
    },
};
use wd_kernel::{ConversationId, StaffId, TeamId};
use zeroize::Zeroizing;

use crate::{
    ClientError, Server, Surroundings,
    engine::wire::LogItem,
    http::{Credentials, cookie_header},
};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What the server says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Frame {
    /// Connected, or connected again: ask the logs for what was missed.
    Ready,
    /// A new item of a log.
    Item {
        /// Whose log.
        conversation: ConversationId,
        /// The item.
        item: Box<LogItem>,
    },
    /// Somebody received and read this far.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// `customer` or `stf_…`.
        who: String,
        /// The last item received.
        delivered: i64,
        /// The last item read.
        read: i64,
    },
    /// A new note.
    Note {
        /// Where.
        conversation: ConversationId,
        /// Its place among the notes.
        seq: i64,
    },
    /// A row of the inbox changed.
    Inbox {
        /// Which.
        conversation: ConversationId,
    },
    /// A team has a new key, or a device waits for one.
    TeamKey {
        /// Which team.
        team: TeamId,
    },
    /// Somebody types.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// `customer` or `stf_…`.
        who: String,
    },
    /// A colleague came or went.
    Presence {
        /// Who.
        staff: StaffId,
        /// Whether they are there.
        online: bool,
    },
    /// The answer to a ping.
    Pong,
    /// The session is over: nothing more comes.
    Ended,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Saying<'a> {
    Hello { token: &'a str },
    Typing { conversation: ConversationId },
    Ping,
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket that comes back by itself.
pub struct Socket {
    server: Server,
    credentials: Credentials,
    around: Surroundings,
    stream: Option<Stream>,
    pause: Duration,
    over: bool,
}

impl Socket {
    pub(crate) fn new(server: Server, credentials: Credentials, around: Surroundings) -> Self {
        Self {
            server,
            credentials,
            around,
            stream: None,
            pause: Duration::ZERO,
            over: false,
        }
    }

    /// The next frame; none once the session is over. Connects, and connects again with growing pauses.
    /// A frame that cannot be read is passed over: the log has what it said.
    pub async fn next(&mut self) -> Option<Frame> {
        while !self.over {
            if self.stream.is_none() {
                tokio::time::sleep(self.jittered()).await;
                match self.connect().await {
                    Ok(stream) => self.stream = Some(stream),
                    Err(error) if refused(&error) => return Some(self.end()),
                    Err(_) => {
                        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                        continue;
                    }
                }
            }
            let message = self.stream.as_mut()?.next().await;
            match message {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(Frame::Ended) => return Some(self.end()),
                    Ok(frame) => {
                        self.pause = Duration::ZERO;
                        return Some(frame);
                    }
                    Err(_) => {}
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    self.stream = None;
                    self.pause = self.pause.max(FIRST_PAUSE);
                }
                Some(Ok(_)) => {}
            }
        }
        None
    }

    /// Tells the others that somebody types here.
    pub async fn typing(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.say(&Saying::Typing { conversation }).await
    }

    /// Asks for a [`Frame::Pong`].
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        self.say(&Saying::Ping).await
    }

    async fn say(&mut self, saying: &Saying<'_>) -> Result<(), ClientError> {
        // Without a connection there is nobody to tell; it is a courtesy only.
        let Some(stream) = &mut self.stream else { return Ok(()) };
        stream
            .send(text(saying))
            .await
            .map_err(|error| ClientError::Socket(Box::new(error)))
    }

    async fn connect(&self) -> Result<Stream, Error> {
        let path = match self.credentials {
            Credentials::Bearer(_) => "/api/v1/widget/socket",
            _ => "/api/v1/socket",
        };
        let mut request = self.server.socket_address(path).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(header::ORIGIN, HeaderValue::from_str(self.server.base())?);
        if let Credentials::Cookie(value) = &self.credentials {
            headers.insert(
                header::COOKIE,
                HeaderValue::from_str(&Zeroizing::new(cookie_header(value)))?,
            );
        }
        let connector = self.server.tls().cloned().map(Connector::Rustls);
        let (mut stream, _) = match self.server.source() {
            None => connect_async_tls_with_config(request, None, false, connector).await?,
            Some(source) => {
                let stream = self.connect_from(source).await?;
                client_async_tls_with_config(request, stream, None, connector).await?
            }
        };
        if let Credentials::Bearer(token) = &self.credentials {
            stream.send(text(&Saying::Hello { token })).await?;
        }
        Ok(stream)
    }

    /// A connection from that address of the machine.
    async fn connect_from(&self, source: IpAddr) -> Result<TcpStream, Error> {
        let base = self.server.base();
        let (_, host) = base.split_once("://").unwrap_or(("", base));
        let port = if base.starts_with("https") { 443 } else { 80 };
        let found: Vec<SocketAddr> = if host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        {
            lookup_host(host).await?.collect()
        } else {
            lookup_host((host, port)).await?.collect()
        };
        let server = found
            .into_iter()
            .find(|address| address.is_ipv4() == source.is_ipv4())
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::AddrNotAvailable))?;
        let socket = if source.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.bind(SocketAddr::new(source, 0))?;
        Ok(socket.connect(server).await?)
    }

    fn end(&mut self) -> Frame {
        self.over = true;
        self.stream = None;
        Frame::Ended
    }

    /// Between half and all of the pause, so that a thousand clients do not come back at once.
    fn jittered(&self) -> Duration {
        let mut byte = [0];
        self.around.entropy.fill(&mut byte);
        let [byte] = byte;
        self.pause / 2 + self.pause / 512 * u32::from(byte)
    }
}

fn text(saying: &Saying<'_>) -> Message {
    Message::text(serde_json::to_string(saying).unwrap_or_default())
}

/// The server answered and does not want this session.
fn refused(error: &Error) -> bool {
    matches!(error, Error::Http(answer) if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status()))
}
