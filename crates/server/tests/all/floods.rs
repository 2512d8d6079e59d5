//! What costs the server something is bounded for everybody, whether it is theirs or not.

use wd_client::Frame;
use wd_kernel::{ConversationId, Duration};

use crate::support::frame;

on_both_databases! {
    async fn frames_about_what_is_not_theirs_count_like_their_own(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        let mut adas = ada.socket();
        let mut theirs = visitor.socket();
        for socket in [&mut adas, &mut theirs] {
            frame(socket, "ready", |frame| (frame == Frame::Ready).then_some(())).await;
        }
        let made_up: ConversationId = "cnv_00000000000000000000000000000000".parse().unwrap();
        theirs.typing(made_up).await.unwrap();
        theirs.typing(id).await.unwrap();
        theirs.ping().await.unwrap();
        frame(&mut theirs, "an answer to the frame after those", |frame| (frame == Frame::Pong).then_some(())).await;
        let told = async {
            frame(&mut adas, "typing", |frame| matches!(frame, Frame::Typing { .. }).then_some(())).await;
        };
        assert!(tokio::time::timeout(Duration::from_secs(1), told).await.is_err(), "the second frame was looked at too");
    }
}
