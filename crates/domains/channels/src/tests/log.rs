use proptest::prelude::*;
use serde_json::json;
use wd_db::both_databases;
use wd_kernel::Duration;

use super::*;
use crate::{ItemKind, NewNote, SealedNoteKey};

both_databases! { ALL;
    async fn a_conversation_goes_from_letters_to_messages_both_ways(test) {
        let mut s = Scene::talking(test).await;
        assert!(matches!(s.letter().await, Err(ChannelsError::Taken)));
        let hello = s.agent.message(s.conversation, "hello");
        assert_eq!(s.send(&s.agent.ctx, message(&hello)).await.unwrap().appended.items[0].kind, ItemKind::Message);
        assert_eq!(s.customer.read(&hello.1), "hello");
        let answer = s.customer.message(s.conversation, "good day");
        s.send(&s.customer.ctx, message(&answer)).await.unwrap();
        assert_eq!(s.agent.read(&answer.1), "good day");
        let log = s.log(&s.customer.ctx, 0, 50).await;
        let kinds: Vec<_> = log.items.iter().map(|item| item.kind).collect();
        assert_eq!(kinds, [ItemKind::Opened, ItemKind::Letter, ItemKind::Commit, ItemKind::Message, ItemKind::Message]);
        assert_eq!(log.items[2].body["joined"][0]["device"], json!(s.agent.id));
        assert_eq!(log.items[3].statement.as_deref(), Some(s.agent.statement.as_str()));
        assert_eq!((log.head, log.next_after), (5, 5));
    }

    async fn a_message_of_an_epoch_long_past_is_refused(test) {
        let mut s = Scene::talking(test).await;
        let (recent, old) = (s.agent.message(s.conversation, "a"), s.agent.message(s.conversation, "b"));
        for _ in 0..3 {
            let renewed = s.agent.change(&[], &[], &[]);
            s.commit(&s.agent.ctx, &renewed).await.unwrap();
        }
        s.send(&s.agent.ctx, message(&recent)).await.unwrap();
        let renewed = s.agent.change(&[], &[], &[]);
        s.commit(&s.agent.ctx, &renewed).await.unwrap();
        assert!(matches!(s.send(&s.agent.ctx, message(&old)).await, Err(ChannelsError::EpochConflict)));
    }

    async fn a_text_beyond_the_limit_is_too_large(test) {
        let mut s = Scene::talking(test).await;
        let mut text = s.agent.message(s.conversation, "x");
        text.2.ciphertext.0 = vec![0; 91 * 1024];
        assert!(matches!(s.send(&s.agent.ctx, message(&text)).await, Err(ChannelsError::TooLarge)));
    }

    async fn a_repeated_client_id_gets_the_first_answer_also_at_once(test) {
        let mut s = Scene::talking(test).await;
        let text = s.agent.message(s.conversation, "once");
        let (a, b) = futures::join!(s.send(&s.agent.ctx, message(&text)), s.send(&s.agent.ctx, message(&text)));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a.appended, b.appended);
        assert!(a.repeated != b.repeated);
        assert_eq!(s.log(&s.agent.ctx, 0, 50).await.head, 4);
        let mut taken = s.customer.message(s.conversation, "mine");
        taken.2 = s.customer.record(RecordType::Archive, s.conversation, &text.0, 1);
        taken.0 = text.0;
        assert!(matches!(s.send(&s.customer.ctx, message(&taken)).await, Err(ChannelsError::Conflict(_))));
    }

    async fn numbers_have_no_gaps_when_twenty_send_at_once(test) {
        let mut s = Scene::talking(test).await;
        let texts: Vec<_> = (0..20).map(|n| s.agent.message(s.conversation, &n.to_string())).collect();
        let sent = futures::future::join_all(texts.iter().map(|text| s.send(&s.agent.ctx, message(text)))).await;
        let mut numbers: Vec<i64> = sent.into_iter().map(|sent| sent.unwrap().appended.last()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (4..24).collect::<Vec<_>>());
        let log = s.log(&s.customer.ctx, 0, 200).await;
        assert_eq!(log.items.iter().map(|item| item.seq).collect::<Vec<_>>(), (1..24).collect::<Vec<_>>());
    }

    async fn a_customer_sees_neither_notes_nor_keys_nor_strangers_conversations(test) {
        let s = Scene::talking(test).await;
        let stranger = s.org.customer();
        let mut tx = s.db.db.begin().await.unwrap();
        assert!(matches!(s.org.channels.log_in(&mut tx, &stranger, s.conversation, None, 0, 50).await, Err(ChannelsError::NotFound)));
        assert!(matches!(s.org.channels.group_in(&mut tx, &stranger, s.conversation).await, Err(ChannelsError::NotFound)));
        assert!(matches!(s.org.channels.receive_in(&mut tx, &stranger, s.conversation, 1, 1).await, Err(ChannelsError::NotFound)));
        let key = SealedNoteKey { number: 1, generation: 1, team: s.org.team, sealed: Bytes(vec![0; 80]) };
        s.org.channels.add_note_key_in(&mut tx, &s.agent.ctx, s.conversation, &key).await.unwrap();
        assert!(matches!(s.org.channels.add_note_key_in(&mut tx, &s.agent.ctx, s.conversation, &key).await, Err(ChannelsError::Conflict(_))));
        let client_id = s.agent.client_id();
        let note = NewNote { record: s.agent.record(RecordType::Note, s.conversation, &client_id, 1), client_id };
        assert_eq!(s.org.channels.write_note_in(&mut tx, &s.agent.ctx, s.conversation, &note).await.unwrap().seq, 1);
        assert_eq!(s.org.channels.write_note_in(&mut tx, &s.agent.ctx, s.conversation, &note).await.unwrap().seq, 1);
        assert_eq!(s.org.channels.notes_in(&mut tx, &s.agent.ctx, s.conversation, 0, 50).await.unwrap().len(), 1);
        let own = &s.customer.ctx;
        assert!(matches!(s.org.channels.notes_in(&mut tx, own, s.conversation, 0, 50).await, Err(ChannelsError::Denied(_))));
        assert!(matches!(s.org.channels.note_keys_in(&mut tx, own, s.conversation).await, Err(ChannelsError::Denied(_))));
        assert!(matches!(s.org.channels.history_keys_in(&mut tx, own, s.conversation).await, Err(ChannelsError::Denied(_))));
        assert!(matches!(s.org.channels.write_note_in(&mut tx, own, s.conversation, &note).await, Err(ChannelsError::Denied(_))));
    }

    async fn a_receipt_never_goes_back_or_beyond_the_log(test) {
        let s = Scene::talking(test).await;
        let mut tx = s.db.db.begin().await.unwrap();
        s.org.channels.receive_in(&mut tx, &s.customer.ctx, s.conversation, 99, 2).await.unwrap();
        s.org.channels.receive_in(&mut tx, &s.customer.ctx, s.conversation, 1, 1).await.unwrap();
        let receipts = s.org.channels.receipts_in(&mut tx, &s.agent.ctx, s.conversation).await.unwrap();
        assert_eq!((receipts[0].who.as_str(), receipts[0].delivered, receipts[0].read), ("customer", 3, 2));
        let positions = s.org.channels.positions_in(&mut tx, subject(&s.customer.ctx), &[s.conversation]).await.unwrap();
        assert_eq!((positions[0].seq, positions[0].read_seq, positions[0].epoch, positions[0].removal_pending), (3, 2, 1, false));
    }

    async fn a_visitor_writes_thirty_letters_a_minute(test) {
        let s = Scene::waiting(test).await;
        for _ in 1..30 {
            s.letter().await.unwrap();
        }
        assert!(matches!(s.letter().await, Err(ChannelsError::RateLimited { retry_after: 2 })));
        s.org.clock.advance(Duration::from_secs(2));
        s.letter().await.unwrap();
    }
}

/// Reads the log with limits of any size, as items come in between: nothing is missed, nothing comes twice.
#[test]
fn a_cursor_misses_nothing_and_repeats_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(async { Scene::waiting(TestDb::sqlite(ALL).await).await });
    proptest!(ProptestConfig::with_cases(16), |(steps in prop::collection::vec((0_u8..3, 1_i64..5), 1..12))| {
        runtime.block_on(async {
            let (mut cursor, mut seen) = (0, Vec::new());
            for (letters, limit) in steps {
                scene.org.clock.advance(Duration::from_secs(120));
                for _ in 0..letters {
                    scene.letter().await.unwrap();
                }
                let page = scene.log(&scene.customer.ctx, cursor, limit).await;
                seen.extend(page.items.iter().map(|item| item.seq));
                cursor = page.next_after;
            }
            loop {
                let page = scene.log(&scene.customer.ctx, cursor, 7).await;
                seen.extend(page.items.iter().map(|item| item.seq));
                cursor = page.next_after;
                if cursor == page.head {
                    break;
                }
            }
            assert_eq!(seen, (1..=cursor).collect::<Vec<_>>());
        });
    });
}
