use std::sync::Arc;

use serde_json::json;
use wd_db::both_databases;
use wd_kernel::{Clock, Duration, HandClock, SeededEntropy, Timestamp, World};

use super::*;
use crate::{DEVICE_TYPE, GRANT_TYPE, ItemKind};

/// A clock that goes on with every look at it.
struct Hurried(Arc<HandClock>);

impl Clock for Hurried {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_secs(1));
        self.0.now()
    }
}

both_databases! { ALL;
    async fn a_commit_that_is_taken_counts_at_the_time_of_its_item(test) {
        let s = Scene::talking(test).await;
        let mut taken = 0;
        for left in 1..10 {
            let mut other = s.org.device(&s.org.staff()).await;
            let grant = s.grant(Act::Join, &other.ctx, &[other.id]).await;
            let end = s.org.system().now().seconds() + 600;
            let enters = other.join(&s.group_info().await, &[grant]);
            s.org.clock.advance(Duration::from_secs(600 - left));
            let world = World {
                clock: Arc::new(Hurried(s.org.clock.clone())),
                entropy: Arc::new(SeededEntropy::new(left)),
                decide: s.org.rights.clone(),
            };
            if s.commit(&world.ctx(other.ctx.actor.clone()), &enters).await.is_ok() {
                let item = s.log(&s.agent.ctx, 0, 200).await.items.pop().unwrap();
                assert!(item.at.seconds() < end, "written {} s late", item.at.seconds() - end);
                taken += 1;
            }
        }
        assert!((1..9).contains(&taken), "{taken} of 9 were in time");
    }

    async fn before_somebody_takes_it_there_are_only_letters(test) {
        let mut s = Scene::waiting(test).await;
        s.letter().await.unwrap();
        let early = s.customer.message(s.conversation, "hello?");
        assert!(matches!(s.send(&s.customer.ctx, message(&early)).await, Err(ChannelsError::NotTaken)));
    }

    async fn of_two_who_take_at_once_one_wins(test) {
        let mut s = Scene::waiting(test).await;
        let mut other = s.org.device(&s.org.staff()).await;
        let info = s.group_info().await;
        let first = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        let second = s.grant(Act::Join, &other.ctx, &[other.id]).await;
        let first = s.agent.join(&info, &[first]);
        let second = other.join(&info, &[second]);
        let (a, b) = futures::join!(s.commit(&s.agent.ctx, &first), s.commit(&other.ctx, &second));
        let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
        assert!(won.is_ok());
        assert!(matches!(lost, Err(ChannelsError::EpochConflict)), "{lost:?}");
    }

    async fn a_changed_or_replayed_commit_is_refused(test) {
        let mut s = Scene::waiting(test).await;
        let info = s.group_info().await;
        let grant = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        let commit = s.agent.join(&info, &[grant]);
        for at in [40, 200, commit.commit.0.len() / 2, commit.commit.0.len() - 3] {
            let broken = Commit { commit: flip(&commit.commit, at), client_id: s.agent.client_id(), ..commit.clone() };
            assert!(s.commit(&s.agent.ctx, &broken).await.is_err(), "bit at {at}");
        }
        let answer = s.commit(&s.agent.ctx, &commit).await.unwrap();
        assert_eq!(s.commit(&s.agent.ctx, &commit).await.unwrap(), answer);
        let replayed = Commit { client_id: s.agent.client_id(), ..commit.clone() };
        assert!(matches!(s.commit(&s.agent.ctx, &replayed).await, Err(ChannelsError::EpochConflict)));
        let dressed_up = Commit { client_id: s.agent.client_id(), epoch: 1, ..commit };
        assert!(s.commit(&s.agent.ctx, &dressed_up).await.is_err());
    }

    async fn nobody_enters_without_a_grant_for_exactly_that(test) {
        let mut s = Scene::waiting(test).await;
        let info = s.group_info().await;
        let other = s.org.device(&s.org.staff()).await;
        let of_another = s.grant(Act::Join, &other.ctx, &[other.id]).await;
        let to_be_added = s.grant(Act::Add, &s.agent.ctx, &[s.agent.id]).await;
        let mut parts: Vec<String> = of_another.split('.').map(str::to_owned).collect();
        parts[2] = wd_kernel::b64u::encode([0; 64]);
        for grants in [vec![], vec![of_another], vec![to_be_added], vec![parts.join(".")], vec![s.agent.statement.clone()]] {
            let commit = s.agent.join(&info, &grants);
            assert!(matches!(s.commit(&s.agent.ctx, &commit).await, Err(ChannelsError::InvalidMls(_))), "{grants:?}");
        }
        let late = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        s.org.clock.advance(Duration::from_secs(601));
        let commit = s.agent.join(&info, &[late]);
        assert!(matches!(s.commit(&s.agent.ctx, &commit).await, Err(ChannelsError::InvalidMls("a grant is not valid at this time"))));
    }

    async fn a_leaf_with_anything_but_its_own_valid_statement_is_refused(test) {
        let mut s = Scene::waiting(test).await;
        let info = s.group_info().await;
        let other = s.org.device(&s.agent.ctx).await;
        let own = s.agent.statement.clone();
        let forger = wd_crypto::jws::SigningKey::from_seed(&[3; 32]).unwrap();
        let forged = forger.sign(DEVICE_TYPE, &s.agent.says()).unwrap();
        let grants = [s.grant(Act::Join, &s.agent.ctx, &[s.agent.id, other.id]).await];
        for statement in [other.statement.clone(), forged, "no statement".to_owned()] {
            s.agent.statement = statement;
            let commit = s.agent.join(&info, &grants);
            assert!(matches!(s.commit(&s.agent.ctx, &commit).await, Err(ChannelsError::InvalidMls(_))));
        }
        s.agent.statement = own;
        s.org.clock.advance(Duration::from_secs(8 * 24 * 3600));
        let grants = [s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await];
        let commit = s.agent.join(&info, &grants);
        assert!(matches!(s.commit(&s.agent.ctx, &commit).await, Err(ChannelsError::InvalidMls("a leaf's statement is not valid at this time"))));
    }

    async fn a_grant_that_somebody_else_signed_is_none(test) {
        let mut s = Scene::waiting(test).await;
        let info = s.group_info().await;
        let real = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        let payload: serde_json::Value = serde_json::from_slice(&wd_kernel::b64u::decode(real.split('.').nth(1).unwrap()).unwrap()).unwrap();
        let forged = wd_crypto::jws::SigningKey::from_seed(&[3; 32]).unwrap().sign(GRANT_TYPE, &payload).unwrap();
        let commit = s.agent.join(&info, &[forged]);
        assert!(matches!(s.commit(&s.agent.ctx, &commit).await, Err(ChannelsError::InvalidMls("a grant does not check"))));
    }

    async fn a_commit_with_the_group_info_of_another_state_is_refused(test) {
        let mut s = Scene::waiting(test).await;
        let info = s.group_info().await;
        let grant = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        let commit = s.agent.join(&info, &[grant]);
        let end = commit.group_info.0.len();
        let of_before = Commit { group_info: info.clone(), ..commit.clone() };
        assert!(matches!(s.commit(&s.agent.ctx, &of_before).await, Err(ChannelsError::InvalidMls(_))));
        let unsigned = Commit { group_info: flip(&commit.group_info, end - 2), ..commit.clone() };
        assert!(matches!(s.commit(&s.agent.ctx, &unsigned).await, Err(ChannelsError::InvalidMls("the GroupInfo's signature does not check"))));
        s.commit(&s.agent.ctx, &commit).await.unwrap();
    }

    async fn a_customers_device_renews_its_leaf_without_a_grant_and_removes_nobody(test) {
        let mut s = Scene::talking(test).await;
        let renewed = s.customer.change(&[], &[], &[]);
        s.commit(&s.customer.ctx, &renewed).await.unwrap();
        let thrown_out = s.customer.change(&[], &[s.agent.id], &[]);
        assert!(matches!(s.commit(&s.customer.ctx, &thrown_out).await, Err(ChannelsError::InvalidMls("no grant takes this device out"))));
    }

    async fn somebody_elses_device_does_not_commit_or_write_for_one(test) {
        let mut s = Scene::talking(test).await;
        let renewed = s.customer.change(&[], &[], &[]);
        assert!(matches!(s.commit(&s.agent.ctx, &renewed).await, Err(ChannelsError::InvalidMls(_))));
        let text = s.agent.message(s.conversation, "as you");
        assert!(matches!(s.send(&s.customer.ctx, message(&text)).await, Err(ChannelsError::NotFound)));
        let mut forged = s.agent.message(s.conversation, "x");
        forged.2.ciphertext.0[0] ^= 1;
        assert!(matches!(s.send(&s.agent.ctx, message(&forged)).await, Err(ChannelsError::Invalid { field: "record", .. })));
    }

    async fn while_a_revoked_device_is_in_the_group_nobody_writes(test) {
        let mut s = Scene::talking(test).await;
        let mut second = s.second_device().await;
        let offered = s.offer(&s.agent.ctx).await;
        let grant = s.grant(Act::Add, &s.agent.ctx, &[second.id]).await;
        let added = s.agent.change(&offered, &[], &[grant]);
        s.commit(&s.agent.ctx, &added).await.unwrap();
        s.customer.follow(&added.commit);
        second.welcomed(added.welcome.as_ref().unwrap());
        s.org.channels.revoke(&s.agent.ctx, second.id).await.unwrap();
        let text = s.customer.message(s.conversation, "x");
        assert!(matches!(s.send(&s.customer.ctx, message(&text)).await, Err(ChannelsError::RemovalPending)));
        let late = second.change(&[], &[], &[]);
        assert!(matches!(s.commit(&second.ctx, &late).await, Err(ChannelsError::Conflict("this device was revoked"))));
        let removal = s.log(&s.customer.ctx, 0, 50).await.items.pop().unwrap();
        assert_eq!(removal.kind, ItemKind::Removal);
        // However late: what counts is that the grant was valid when the server asked.
        s.org.clock.advance(Duration::from_secs(24 * 3600));
        let grant = removal.body["grant"].as_str().unwrap().to_owned();
        let removed = s.customer.change(&[], &[second.id], &[grant]);
        s.commit(&s.customer.ctx, &removed).await.unwrap();
        let text = s.customer.message(s.conversation, "y");
        s.send(&s.customer.ctx, message(&text)).await.unwrap();
        let keys = s.org.channels.team_keys(&s.agent.ctx, s.org.team, s.agent.id).await.unwrap();
        assert!(keys.current.is_some(), "the lost device had no share");
    }

    async fn a_lost_share_makes_the_generation_stale(test) {
        let s = Scene::waiting(test).await;
        let other = s.org.device(&s.agent.ctx).await;
        let waiting = s.org.channels.team_keys(&s.agent.ctx, s.org.team, s.agent.id).await.unwrap().waiting;
        assert_eq!(waiting.iter().map(|w| (w.device, w.generations.clone())).collect::<Vec<_>>(), [(other.id, vec![1])]);
        s.org.channels.revoke(&s.agent.ctx, s.agent.id).await.unwrap();
        let keys = s.org.channels.team_keys(&other.ctx, s.org.team, other.id).await.unwrap();
        assert_eq!((keys.current, keys.generations.len()), (None, 1));
        s.org.team_key(&other, 2).await.unwrap();
        assert!(matches!(s.org.team_key(&other, 2).await, Err(ChannelsError::Conflict(_))));
        assert!(s.org.channels.team_keys(&other.ctx, s.org.team, other.id).await.unwrap().current.is_some());
    }

    async fn a_welcome_is_shown_to_the_devices_it_is_for(test) {
        let mut s = Scene::talking(test).await;
        let mut second = s.org.device(&s.org.staff()).await;
        let new = NewKeyPackages { key_packages: vec![second.key_package(29, false)], last_resort: None };
        s.org.channels.add_key_packages(&second.ctx, second.id, &new).await.unwrap();
        let offered = s.offer(&second.ctx).await;
        let grant = s.grant(Act::Add, &second.ctx, &[second.id]).await;
        let added = s.agent.change(&offered, &[], &[grant]);
        let answer = s.commit(&s.agent.ctx, &added).await.unwrap();
        assert_eq!(answer.items.iter().map(|item| item.kind).collect::<Vec<_>>(), [ItemKind::Commit, ItemKind::Welcome]);
        assert_eq!(s.commit(&s.agent.ctx, &added).await.unwrap(), answer);
        assert_eq!(s.log(&s.customer.ctx, 4, 1).await.items[0].body, json!({}));
        assert_eq!(s.log(&s.agent.ctx, 4, 1).await.items[0].body, json!({}));
        let mls = s.log(&second.ctx, 4, 1).await.items[0].body["mls"].as_str().unwrap().to_owned();
        second.welcomed(&Bytes(wd_kernel::b64u::decode(mls).unwrap()));
        let text = second.message(s.conversation, "here I am");
        s.send(&second.ctx, message(&text)).await.unwrap();
        assert_eq!(s.agent.read(&text.1), "here I am");
    }

    async fn the_last_resort_is_used_again_and_the_others_once(test) {
        let s = Scene::talking(test).await;
        let second = s.second_device().await;
        let once = s.offer(&second.ctx).await;
        let resort = s.offer(&second.ctx).await;
        let again = s.offer(&second.ctx).await;
        assert_ne!(once[0].key_package, resort[0].key_package);
        assert_eq!(resort[0].key_package, again[0].key_package);
    }

    async fn a_key_package_that_lives_too_long_or_no_more_is_refused(test) {
        let s = Scene::waiting(test).await;
        let add = |package: Bytes, last_resort: Option<Bytes>| {
            let (channels, ctx, id) = (s.org.channels.clone(), s.agent.ctx.clone(), s.agent.id);
            async move { channels.add_key_packages(&ctx, id, &NewKeyPackages { key_packages: vec![package], last_resort }).await }
        };
        assert!(matches!(add(s.agent.key_package(40, false), None).await, Err(ChannelsError::InvalidMls("the key package lives longer than 30 days"))));
        assert!(matches!(add(s.agent.key_package(20, true), None).await, Err(ChannelsError::InvalidMls(_))));
        let of_another = s.org.device(&s.agent.ctx).await.key_package(20, false);
        assert!(matches!(add(of_another, None).await, Err(ChannelsError::InvalidMls(_))));
        add(s.agent.key_package(3, false), None).await.unwrap();
        s.org.clock.advance(Duration::from_secs(4 * 24 * 3600));
        assert!(s.offer(&s.agent.ctx).await.is_empty());
        assert!(matches!(add(s.agent.key_package(3, false), None).await, Err(ChannelsError::InvalidMls("the key package is not valid at this time"))));
    }

    async fn a_device_that_lost_its_state_takes_its_own_place(test) {
        let mut s = Scene::talking(test).await;
        let grant = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        let info = s.group_info().await;
        s.agent.group = None;
        let back = s.agent.join(&info, &[grant]);
        s.commit(&s.agent.ctx, &back).await.unwrap();
        let mut tx = s.db.db.snapshot().await.unwrap();
        assert_eq!(s.org.channels.group_in(&mut tx, &s.agent.ctx, s.conversation).await.unwrap().members.len(), 2);
    }

    async fn a_new_organisation_key_is_vouched_for_and_old_statements_still_count(test) {
        let mut s = Scene::waiting(test).await;
        s.org.channels.rotate_organisation_key(&s.org.system()).await.unwrap();
        let keys = s.org.channels.organisation_keys().await.unwrap();
        let signed = [b"wardesk-organisation-key-v1\0".as_slice(), &keys[0].public_key.0].concat();
        wd_crypto::jws::verify_raw(&keys[1].public_key.0, &signed, &keys[0].signed_by_previous.as_ref().unwrap().0).unwrap();
        assert_eq!(keys[0].fingerprint().len(), 49);
        let grant = s.grant(Act::Join, &s.agent.ctx, &[s.agent.id]).await;
        let commit = s.agent.join(&s.group_info().await, &[grant]);
        s.commit(&s.agent.ctx, &commit).await.unwrap();
    }

    async fn enrolling_needs_a_fresh_factor_and_the_private_key(test) {
        let org = Organisation::new(&test.db).await;
        let device = org.device(&org.staff()).await;
        let unlock = org.channels.unlock(&device.ctx, device.id).await.unwrap();
        assert_eq!(unlock.unlock_secret.0.len(), 32);
        assert!(matches!(org.channels.unlock(&org.staff(), device.id).await, Err(ChannelsError::NotFound)));
        org.clock.advance(Duration::from_secs(2_000_000_000));
        assert!(matches!(org.channels.renew_statement(&device.ctx, device.id).await, Err(ChannelsError::Denied(_))));
        assert!(matches!(org.channels.revoke(&device.ctx, device.id).await, Err(ChannelsError::Denied(_))));
    }
}
