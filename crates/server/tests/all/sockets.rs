//! What is pushed, to whom, and what a client does about what it missed.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};
use wd_client::{
    Frame, Socket,
    engine::wire::{ItemBody, LogItem, WelcomeBody},
};
use wd_kernel::{ConversationId, Duration};

use crate::support::{TestApp, frame, texts};

on_both_databases! {
    async fn items_are_pushed_to_exactly_those_who_may_see_them(app) {
        let mut desk = app.desk().await;
        let returns = desk.make_team("Returns").await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut ron = desk.somebody(&app, "ron", &["agent"], &[returns]).await;
        ron.enrol("browser", 1).await.unwrap();
        let mut visitor = app.visitor().await;
        let mut other = app.visitor().await;
        let mut seeing = [ready(visitor.socket()).await, ready(ada.socket()).await];
        let mut blind_customer = ready(other.socket()).await;
        let mut blind_staff = [ready(ron.socket()).await, ready(desk.administrator.socket()).await];

        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        ada.send(id, "good morning").await.unwrap();
        visitor.sync(id).await.unwrap();
        visitor.send(id, "it is about my parcel").await.unwrap();
        let last = visitor.view(id).unwrap().cursor();
        for socket in &mut seeing {
            let mut seqs = Vec::new();
            frame(socket, "the last item", |frame| match frame {
                Frame::Item { conversation, item } => {
                    assert_eq!(conversation, id);
                    seqs.push(item.seq);
                    (item.seq == last).then_some(())
                }
                _ => None,
            }).await;
            assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
        }

        // What happens later is pushed later: whoever hears of it and of nothing before was not told.
        let others = other.open("something else").await.unwrap();
        frame(&mut blind_customer, "an item of their own", |frame| match frame {
            Frame::Item { conversation, .. } => { assert_eq!(conversation, others); Some(()) }
            Frame::Receipt { .. } | Frame::Inbox { .. } => panic!("not theirs: {frame:?}"),
            _ => None,
        }).await;
        ron.make_team_key(returns).await.unwrap();
        frame(&mut blind_staff[0], "their team's key", |frame| match frame {
            Frame::TeamKey { team } if team == returns => Some(()),
            Frame::Item { .. } | Frame::Inbox { .. } | Frame::Note { .. } | Frame::Receipt { .. } => panic!("not theirs: {frame:?}"),
            _ => None,
        }).await;
        let eve = desk.somebody(&app, "eve", &["auditor"], &[]).await;
        let _eves = ready(eve.socket()).await;
        frame(&mut blind_staff[1], "a colleague who comes", |frame| match frame {
            Frame::Presence { staff, online: true } if staff == eve.me().id => Some(()),
            Frame::Item { .. } | Frame::Inbox { .. } | Frame::Note { .. } | Frame::Receipt { .. } => panic!("an administrator has no right to conversations: {frame:?}"),
            _ => None,
        }).await;
    }

    async fn a_gap_is_filled_once_and_in_order(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        visitor.sync(id).await.unwrap();
        let mut socket = ready(visitor.socket()).await;
        ada.send(id, "one").await.unwrap();
        let first = item_after(&mut socket, id, visitor.view(id).unwrap().cursor()).await;
        assert_eq!(lines(&visitor.offer(id, &first).await.unwrap()), ["one"]);

        // The connection breaks; three messages pass by.
        drop(socket);
        for text in ["two", "three", "four"] {
            ada.send(id, text).await.unwrap();
        }
        let mut socket = ready(visitor.socket()).await;
        assert_eq!(lines(&visitor.sync(id).await.unwrap()), ["two", "three", "four"]);

        // The next push fits; pushing it again changes nothing.
        ada.send(id, "five").await.unwrap();
        let fifth = item_after(&mut socket, id, visitor.view(id).unwrap().cursor()).await;
        assert_eq!(lines(&visitor.offer(id, &fifth).await.unwrap()), ["five"]);
        assert_eq!(lines(&visitor.offer(id, &fifth).await.unwrap()), Vec::<String>::new());

        // A push was lost: the one after it makes the client ask for both.
        ada.send(id, "six").await.unwrap();
        ada.send(id, "seven").await.unwrap();
        let lost = item_after(&mut socket, id, fifth.seq).await;
        let seventh = item_after(&mut socket, id, lost.seq).await;
        assert_eq!(lines(&visitor.offer(id, &seventh).await.unwrap()), ["six", "seven"]);
        assert_eq!(texts(visitor.view(id).unwrap()), texts(ada.view(id).unwrap()));
    }

    async fn typing_receipts_and_notes_reach_who_they_are_for(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        visitor.sync(id).await.unwrap();
        let mut adas = ready(ada.socket()).await;
        let mut theirs = ready(visitor.socket()).await;
        theirs.typing(id).await.unwrap();
        let who = frame(&mut adas, "the customer types", |frame| match frame {
            Frame::Typing { conversation, who } if conversation == id => Some(who),
            _ => None,
        }).await;
        assert_eq!(who, "customer");
        ada.note(id, "not for them").await.unwrap();
        frame(&mut adas, "a note", |frame| matches!(frame, Frame::Note { conversation, .. } if conversation == id).then_some(())).await;
        let cursor = ada.view(id).unwrap().cursor();
        ada.read_up_to(id, cursor).await.unwrap();
        frame(&mut theirs, "a receipt, and no note before it", |frame| match frame {
            Frame::Receipt { conversation, who, read, .. } if conversation == id && who == ada.me().id.to_string() => { assert_eq!(read, cursor); Some(()) }
            Frame::Note { .. } | Frame::Inbox { .. } | Frame::TeamKey { .. } | Frame::Presence { .. } => panic!("not for a customer: {frame:?}"),
            _ => None,
        }).await;
    }

    async fn a_pushed_welcome_shows_its_body_to_those_whose_devices_it_lets_in(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut ben = desk.agent(&app, "ben").await;
        ada.tend_team_keys().await.unwrap();
        ben.tend_team_keys().await.unwrap();
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        let mut adas = ready(ada.socket()).await;
        let mut bens = ready(ben.socket()).await;
        let mut theirs = ready(visitor.socket()).await;
        ada.add_colleague(id, ben.me().id).await.unwrap();
        let mut empty = Vec::new();
        for socket in [&mut adas, &mut bens, &mut theirs] {
            empty.push(frame(socket, "the welcome", |frame| match frame {
                Frame::Item { conversation, item } if conversation == id => match item.body {
                    ItemBody::Welcome(body) => Some(body == WelcomeBody::default()),
                    _ => None,
                },
                _ => None,
            }).await);
        }
        assert_eq!(empty, [true, false, true]);
    }

    async fn who_leaves_a_team_hears_nothing_of_what_happens_there_later(app) {
        let mut desk = app.desk().await;
        let returns = desk.make_team("Returns").await;
        let _ada = desk.agent(&app, "ada").await;
        let ben = desk.agent(&app, "ben").await;
        let mut bens = ready(ben.socket()).await;
        let path = format!("/api/v1/staff/{}/teams", ben.me().id);
        desk.administrator.put(&path, &serde_json::json!({ "teams": [returns] })).await.unwrap();
        let mut visitor = app.visitor().await;
        visitor.open("hello").await.unwrap();
        let eve = desk.somebody(&app, "eve", &["auditor"], &[]).await;
        let _eves = ready(eve.socket()).await;
        frame(&mut bens, "a colleague who comes", |frame| match frame {
            Frame::Presence { staff, online: true } if staff == eve.me().id => Some(()),
            Frame::Item { .. } | Frame::Inbox { .. } | Frame::Receipt { .. } => panic!("not theirs any more: {frame:?}"),
            _ => None,
        }).await;
    }
}

#[tokio::test]
async fn more_sockets_than_a_customer_or_a_session_may_have_are_refused_until_one_closes() {
    let app = TestApp::start(crate::support::On::Sqlite).await;
    let desk = app.desk().await;
    let visitor = app.visitor().await;
    let of_customer = || visitor.socket();
    let of_session = || desk.administrator.socket();
    let kinds: [&dyn Fn() -> Socket; 2] = [&of_customer, &of_session];
    for open in kinds {
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(ready(open()).await);
        }
        let mut one_more = open();
        let opening = frame(&mut one_more, "ready", |frame| (frame == Frame::Ready).then_some(()));
        assert!(
            tokio::time::timeout(Duration::from_secs(1), opening).await.is_err(),
            "there was no room for it"
        );
        held.pop();
        ready(one_more).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn more_widget_sockets_than_a_network_may_have_are_refused_with_a_problem() {
    let app = TestApp::start(crate::support::On::Sqlite).await;
    let mut held = Vec::new();
    for _ in 0..16 {
        let visitor = app.visitor().await;
        for _ in 0..16 {
            held.push(ready(visitor.socket()).await);
        }
    }
    let asked = app
        .nobody()
        .request(reqwest::Method::GET, "/api/v1/widget/socket")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = app.nobody().send(asked).await;
    assert_eq!((answer.status, answer.code()), (429, "rate-limited"));
    assert!(
        answer.body["retry_after"].as_u64().is_some_and(|seconds| seconds > 0),
        "{answer:?}"
    );
    // Another network is not kept out, and what closes makes room.
    assert_eq!(upgrade(&app, Ipv4Addr::new(127, 0, 0, 2)).await.0, 101);
    drop(held.pop());
    crate::support::until("room for another", || async {
        (upgrade(&app, Ipv4Addr::LOCALHOST).await.0 == 101).then_some(())
    })
    .await;
    drop(held);
    app.stop().await;
}

/// Asks for a widget's socket from an address of this machine: the status, and the connection.
async fn upgrade(app: &TestApp, from: Ipv4Addr) -> (u16, TcpStream) {
    let server: SocketAddr = app.base.strip_prefix("http://").unwrap().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.into(), 0)).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    let request = format!(
        "GET /api/v1/widget/socket HTTP/1.1\r\nhost: {server}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    let status = std::str::from_utf8(&start).unwrap().rsplit(' ').next().unwrap();
    (status.parse().unwrap(), stream)
}

async fn ready(mut socket: Socket) -> Socket {
    frame(&mut socket, "ready", |frame| (frame == Frame::Ready).then_some(())).await;
    socket
}

/// The next item after a place in the log; the relay may still be telling of those before it.
async fn item_after(socket: &mut Socket, id: ConversationId, seq: i64) -> LogItem {
    frame(socket, "an item", |frame| match frame {
        Frame::Item { conversation, item } if conversation == id && item.seq > seq => Some(*item),
        _ => None,
    })
    .await
}

fn lines(lines: &[wd_client::engine::Line]) -> Vec<String> {
    lines.iter().filter_map(|line| line.text()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_socket_from_another_site_is_refused() {
    let app = TestApp::start(crate::support::On::Sqlite).await;
    for path in ["/api/v1/socket", "/api/v1/widget/socket"] {
        let request = app
            .nobody()
            .request(reqwest::Method::GET, path)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("origin", "https://evil.example");
        let answer = app.nobody().send(request).await;
        assert_eq!((answer.status, answer.code()), (403, "csrf"), "{path}");
    }
    app.stop().await;
}
