//! What is spoken, to whom, and for how long.

use futures::{SinkExt as _, StreamExt as _};
use rustls::{AlertDescription, Error, NamedGroup, ProtocolVersion, version};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};
use wd_kernel::Duration;
use wd_server::local_authority;

use super::node::{Node, ask, client, folder, settings, trusting};

/// More than any limit of the listener.
const PATIENCE: Duration = Duration::from_secs(40);

#[tokio::test]
async fn tls_1_3_is_spoken_with_a_hybrid_key_exchange_and_tls_1_2_is_refused() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let authority = local_authority(folder.path());
    let stream = node.shake(trusting(&authority), "desk.example.org").await.unwrap();
    let session = stream.get_ref().1;
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(
        session.negotiated_key_exchange_group().unwrap().name(),
        NamedGroup::X25519MLKEM768
    );
    assert_eq!(session.alpn_protocol(), None);
    let answer = ask(stream).await;
    assert!(
        answer.contains("strict-transport-security: max-age=63072000"),
        "{answer}"
    );

    let old = client(&[&authority], &[&version::TLS12]);
    let refusal = node.shakes_not(old, "desk.example.org").await;
    assert_eq!(refusal, Error::AlertReceived(AlertDescription::ProtocolVersion));
    node.stop().await;
}

#[tokio::test]
async fn a_client_that_knows_no_hybrid_key_exchange_gets_in() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let mut older = rustls::crypto::aws_lc_rs::default_provider();
    older.kx_groups.retain(|group| group.name() == NamedGroup::X25519);
    let mut roots = rustls::RootCertStore::empty();
    let authority: rustls::pki_types::CertificateDer =
        rustls::pki_types::pem::PemObject::from_pem_file(local_authority(folder.path())).unwrap();
    roots.add(authority).unwrap();
    let older = rustls::ClientConfig::builder_with_provider(older.into())
        .with_protocol_versions(&[&version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    assert!(node.shake(older, "desk.example.org").await.is_ok());
    node.stop().await;
}

#[tokio::test]
async fn http_2_is_not_offered() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let mut modern = trusting(&local_authority(folder.path()));
    modern.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = node.shake(modern, "desk.example.org").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    node.stop().await;
}

#[tokio::test]
async fn a_socket_is_opened_over_tls() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let stream = node
        .shake(trusting(&local_authority(folder.path())), "desk.example.org")
        .await
        .unwrap();
    let mut request = "wss://desk.example.org/api/v1/widget/socket"
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("origin", "https://desk.example.org".parse().unwrap());
    let (mut socket, answer) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    assert_eq!(answer.status(), 101);
    // Whoever shows no token is shown the door: the node read the frame and answered.
    socket
        .send(Message::text(r#"{"type":"hello","token":"nobody's"}"#))
        .await
        .unwrap();
    let heard = timeout(PATIENCE, socket.next()).await.unwrap();
    assert!(
        matches!(heard, Some(Ok(Message::Text(_) | Message::Close(_)))),
        "{heard:?}"
    );
    node.stop().await;
}

/// Reads until the node closes, and answers what it said.
async fn closed(mut stream: TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    // A connection that was reset is closed, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut heard))
        .await
        .expect("the node closes it");
    heard
}

#[tokio::test]
async fn plain_http_to_the_port_of_tls_is_closed_at_once() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let mut stream = TcpStream::connect(("127.0.0.1", node.port)).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: desk.example.org\r\n\r\n")
        .await
        .unwrap();
    let heard = timeout(Duration::from_secs(5), closed(stream)).await.expect("at once");
    // At most an alert of TLS, which begins with a byte of 21.
    assert!(heard.is_empty() || heard[0] == 21, "{heard:?}");
    node.stop().await;
}

#[tokio::test]
async fn who_never_ends_the_handshake_or_the_head_is_cut_and_the_others_are_served_meanwhile() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let authority = local_authority(folder.path());
    let silent = TcpStream::connect(("127.0.0.1", node.port)).await.unwrap();
    let mut halting = TcpStream::connect(("127.0.0.1", node.port)).await.unwrap();
    // The beginning of a ClientHello of 512 bytes.
    halting.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]).await.unwrap();
    let mut headless = node.shake(trusting(&authority), "desk.example.org").await.unwrap();
    headless
        .write_all(b"POST /api/v1/session/password HTTP/1.1\r\nhost: ")
        .await
        .unwrap();

    let stream = node.shake(trusting(&authority), "desk.example.org").await.unwrap();
    assert!(ask(stream).await.starts_with("HTTP/1.1 200"));
    let mut rest = Vec::new();
    let (silent, halting, headless) = tokio::join!(closed(silent), closed(halting), async {
        // A connection that was reset is closed, too.
        let _ = timeout(PATIENCE, headless.read_to_end(&mut rest))
            .await
            .expect("the node closes it");
        rest
    });
    assert_eq!((silent.len(), halting.len()), (0, 0));
    let said = String::from_utf8(headless).unwrap();
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    node.stop().await;
}
