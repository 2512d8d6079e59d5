use std::collections::BTreeSet;

use wd_db::both_databases;

use super::*;
use crate::{HandOver, ItemKind, Signature};

impl Scene {
    /// A conversation in which everything happened that can.
    async fn eventful(db: TestDb) -> (Self, TestDevice) {
        let mut s = Self::talking(db).await;
        let text = s.agent.message(s.conversation, "hello");
        s.send(&s.agent.ctx, message(&text)).await.unwrap();
        let tablet = s.second_device().await;
        let offered = s.offer(&s.agent.ctx).await;
        let grant = s.grant(Act::Add, &s.agent.ctx, &[tablet.id]).await;
        let added = s.agent.change(&offered, &[], &[grant]);
        s.commit(&s.agent.ctx, &added).await.unwrap();
        let mut laptop = s.org.device(&s.customer.ctx).await;
        let grant = s.grant(Act::Join, &laptop.ctx, &[laptop.id]).await;
        let enters = laptop.join(&s.group_info().await, &[grant]);
        s.commit(&laptop.ctx, &enters).await.unwrap();
        let sealed = [7; 100].as_slice();
        let place = format!("{}|{}|{}|", s.conversation, s.customer.id, laptop.id);
        let signed = [b"wardesk-own-history-v1\0".as_slice(), place.as_bytes(), sealed].concat();
        let handed = HandOver {
            client_id: s.customer.client_id(),
            device: s.customer.id,
            to: laptop.id,
            sealed: Bytes(sealed.to_vec()),
            signature: Signature(s.customer.sign(&signed).try_into().unwrap()),
        };
        let mut tx = s.db.db.begin().await.unwrap();
        let channels = &s.org.channels;
        channels
            .hand_over_in(&mut tx, &s.customer.ctx, s.conversation, &handed)
            .await
            .unwrap();
        for kind in [ItemKind::Closed, ItemKind::Reopened] {
            channels
                .mark_in(&mut tx, &s.agent.ctx, s.conversation, kind)
                .await
                .unwrap();
        }
        channels
            .ask_removal_in(&mut tx, &s.agent.ctx, s.conversation, &[tablet.id], "test")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        (s, laptop)
    }
}

both_databases! { ALL;
    async fn what_is_pushed_to_somebody_is_what_the_log_shows_them(test) {
        let (s, _) = Box::pin(Scene::eventful(test)).await;
        let colleague = s.org.staff();
        let head = s.log(&s.agent.ctx, 0, 200).await.head;
        let places: Vec<_> = (1..=head).map(|seq| (s.conversation, seq)).collect();
        let mut tx = s.db.db.snapshot().await.unwrap();
        let pushed = s.org.channels.items_of_many_in(&mut tx, &places).await.unwrap();
        drop(tx);
        let mut kinds = BTreeSet::new();
        for reader in [&s.agent.ctx, &colleague, &s.customer.ctx] {
            for shown in s.log(reader, 0, 200).await.items {
                let item = &pushed[&(s.conversation, shown.seq)];
                kinds.insert(shown.kind.as_str());
                if item.body_is_for(reader) {
                    assert_eq!(item.whole(), &shown);
                } else {
                    assert_eq!(item.without_body(), shown);
                }
            }
        }
        let all: BTreeSet<_> = ItemKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(all.difference(&kinds).collect::<Vec<_>>(), [&"tombstone"]);
    }

    async fn what_was_sealed_for_a_customers_device_is_not_pushed_to_staff(test) {
        let (s, laptop) = Box::pin(Scene::eventful(test)).await;
        let log = s.log(&s.customer.ctx, 0, 200).await;
        let shown = log.items.into_iter().find(|item| item.kind == ItemKind::History).unwrap();
        let place = (s.conversation, shown.seq);
        let mut tx = s.db.db.snapshot().await.unwrap();
        let pushed = s.org.channels.items_of_many_in(&mut tx, &[place]).await.unwrap();
        let item = &pushed[&place];
        assert!(item.body_is_for(&s.customer.ctx) && item.whole().body.get("sealed").is_some());
        assert!(!item.body_is_for(&s.agent.ctx));
        assert_eq!(item.without_body().body, serde_json::json!({ "to": laptop.id }));
    }
}
