//! A server of HTTP that answers what a test wants.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use wd_config::{SmsDriver, SmsHttp, SmsMethod, SmsTwilio};

use super::secret;

#[derive(Clone)]
pub(super) struct Server {
    pub(super) url: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
pub(super) enum Answer {
    /// Status line and headers of one's own, and a body.
    Of(&'static str, String),
    /// A body that never ends.
    Endless,
    /// Nothing, while the connection stays.
    Silence,
    /// The end of the connection.
    Cut,
}

impl Server {
    /// The answers come in this order; when there is none left, connections are cut.
    pub(super) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        server
    }

    pub(super) fn then(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    /// What was asked, whole, each as text.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(asked) = read(&mut stream).await else { return };
        self.asked.lock().unwrap().push(asked);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Cut);
        match answer {
            Answer::Of(head, body) => {
                let length = body.len();
                let whole = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
                drop(stream.write_all(whole.as_bytes()).await);
            }
            Answer::Endless => {
                drop(
                    stream
                        .write_all(b"HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n{\"sid\": \"")
                        .await,
                );
                while stream.write_all(&[b'a'; 4096]).await.is_ok() {}
            }
            Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
            Answer::Cut => {}
        }
    }

    pub(super) fn twilio(&self, name: &str) -> SmsDriver {
        SmsDriver::Twilio(SmsTwilio {
            name: name.into(),
            url: self.url.clone(),
            account: "AC0001".into(),
            user: None,
            token: secret("a token of the test"),
            from: "Wardesk".into(),
            ca: None,
        })
    }

    pub(super) fn form(&self, name: &str, method: SmsMethod) -> SmsDriver {
        let pairs = [("to", "{number}"), ("text", "{text}"), ("from", "Wardesk")];
        SmsDriver::Http(SmsHttp {
            name: name.into(),
            url: format!("{}/send", self.url),
            method,
            parameters: pairs.map(|(name, value)| (name.into(), value.into())).into(),
            secrets: [("password".into(), secret("a secret & more"))].into(),
            authorization: Some(secret("Bearer a-token")),
            success: Some("0: Accepted".into()),
            ca: None,
        })
    }
}

pub(super) fn taken(sid: &str) -> Answer {
    message(sid, "queued")
}

pub(super) fn message(sid: &str, status: &str) -> Answer {
    Answer::Of(
        "201 Created",
        format!("{{\"sid\": \"{sid}\", \"status\": \"{status}\", \"to\": \"+49\"}}"),
    )
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut asked = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        asked.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&asked).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_ascii_lowercase()
                .lines()
                .find_map(|line| {
                    line.strip_prefix("content-length: ")
                        .map(|length| length.parse::<usize>().unwrap())
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
    }
}
