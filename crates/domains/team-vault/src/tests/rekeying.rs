use wd_db::both_databases;

use super::*;
use crate::{Move, Moves, NewShares};

both_databases! { ALL;
    async fn who_leaves_the_team_is_shut_out_and_nothing_new_is_written_before_the_re_key(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.add(ADA, id, 2).await.unwrap();
        bench.open(BEN, 1).await.unwrap();
        bench.town.crew().teams.get_mut(&team(1)).unwrap().remove(&staff(BEN));
        assert!(matches!(bench.open(BEN, 1).await, Err(TeamVaultError::NotFound)));
        assert!(bench.seen(ADA).await[0].rekey);
        assert!(matches!(bench.add(ADA, id, 3).await, Err(TeamVaultError::Conflict(_))));
        assert!(matches!(bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(2, 1, true)).await, Err(TeamVaultError::Conflict(_))));

        let with_ben = bench.rekeying(id, 2, ADA, &[ADA, LEA, BEN]);
        assert!(matches!(bench.vault.rekey(&bench.of(ADA), id, &with_ben).await, Err(TeamVaultError::Invalid { field: "shares", .. })), "the leaver gets no new key");
        let after = bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[ADA, LEA])).await.unwrap();
        assert_eq!((after.key.version, after.rekey, after.unmoved, after.rotate), (2, false, 2, 1));
        let page = bench.vault.entries(&bench.of(ADA), id, &PageQuery::default()).await.unwrap();
        assert_eq!(page.items.iter().map(|one| one.rotate).collect::<Vec<_>>(), [true, false], "only what Ben opened is to be rotated");

        let moves = |key_version| async move { Moves { key_version, items: vec![] } };
        assert!(matches!(bench.vault.move_keys(&bench.of(ADA), id, &moves(1).await).await, Err(TeamVaultError::Stale)));
        let unmoved = bench.vault.unmoved(&bench.of(ADA), id).await.unwrap().items;
        assert_eq!(unmoved.len(), 2);
        let items = unmoved.iter().map(|one| Move { entry: one.entry, version: one.version, wrapped: bytes(99, 60) }).collect();
        bench.vault.move_keys(&bench.of(ADA), id, &Moves { key_version: 2, items }).await.unwrap();
        let lea = bench.seen(LEA).await.remove(0);
        assert_eq!((lea.unmoved, lea.previous), (0, None), "the key before is forgotten");
        assert_eq!(bench.open(LEA, 2).await.unwrap().wrapped, bytes(99, 60));
        assert_eq!(bench.audited("team_vault.rekeyed").await, 1);

        let under_old = NewEntries { key_version: 1, entries: vec![entry(3)] };
        assert!(matches!(bench.vault.add_entries(&bench.of(ADA), id, &under_old).await, Err(TeamVaultError::Stale)));
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(2, 2, true)).await.unwrap();
        assert_eq!(bench.seen(ADA).await[0].rotate, 0, "a new secret takes the mark off");
    }

    async fn a_revoked_device_makes_its_owner_s_folders_wait_for_a_re_key(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.open(BEN, 1).await.unwrap();
        // Ben lost the laptop and has a new one; he is still in the team.
        bench.town.crew().devices.insert(staff(BEN), vec![30]);
        let seen = bench.vault.folders(&bench.of(BEN), device(30)).await.unwrap().remove(0);
        assert_eq!((seen.share, seen.rekey), (None, true));
        let after = bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[ADA, LEA, 30])).await.unwrap();
        assert_eq!((after.rekey, after.rotate), (false, 1));
        assert!(bench.vault.folders(&bench.of(BEN), device(30)).await.unwrap()[0].share.is_some());
    }

    async fn a_person_who_is_not_active_any_more_is_in_no_folder(test) {
        let bench = Bench::new(&test);
        let mut new = bench.new_folder(1, None, ADA, &[ADA, BEN]);
        new.members.push(named(BEN, Role::Share));
        let id = bench.vault.create_folder(&bench.of(ADA), new).await.unwrap().id;
        bench.town.crew().active.remove(&staff(BEN));
        assert!(bench.vault.folders(&bench.of(BEN), device(BEN)).await.unwrap().is_empty());
        let ada = bench.seen(ADA).await.remove(0);
        assert_eq!((ada.rekey, ada.members.len()), (true, 1));
        bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[ADA])).await.unwrap();
    }

    async fn a_secret_that_was_changed_after_the_leaver_saw_it_is_not_marked(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        for number in [1, 2] {
            bench.add(ADA, id, number).await.unwrap();
            bench.open(BEN, number).await.unwrap();
        }
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(2, 1, true)).await.unwrap();
        bench.vault.change_entry(&bench.of(ADA), entry_id(2), &changed(2, 1, false)).await.unwrap();
        bench.town.crew().teams.get_mut(&team(1)).unwrap().remove(&staff(BEN));
        bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[ADA, LEA])).await.unwrap();
        let page = bench.vault.entries(&bench.of(ADA), id, &PageQuery::default()).await.unwrap();
        assert_eq!(page.items.iter().map(|one| one.rotate).collect::<Vec<_>>(), [false, true]);
    }

    async fn of_two_re_keys_one_wins_and_the_next_waits_for_the_moves(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[ADA, LEA, BEN])).await.unwrap();
        assert!(matches!(bench.vault.rekey(&bench.of(LEA), id, &bench.rekeying(id, 2, LEA, &[LEA])).await, Err(TeamVaultError::Stale)));
        assert!(matches!(bench.vault.rekey(&bench.of(LEA), id, &bench.rekeying(id, 3, LEA, &[LEA])).await, Err(TeamVaultError::Conflict(_))));
    }

    async fn a_device_that_came_later_gets_the_key_from_one_that_has_it(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.town.crew().devices.insert(staff(ADA), vec![ADA, 20]);
        let shares = |from| NewShares { version: 1, device: device(from), shares: vec![share(20)] };
        assert!(matches!(bench.vault.share_key(&bench.of(ADA), id, &shares(20)).await, Err(TeamVaultError::Conflict(_))), "it has no key to share");
        bench.vault.share_key(&bench.of(LEA), id, &shares(LEA)).await.unwrap();
        assert_eq!(bench.vault.folders(&bench.of(ADA), device(20)).await.unwrap()[0].share, Some(share(20).sealed));
        let to_stranger = NewShares { version: 1, device: device(LEA), shares: vec![share(ZOE)] };
        assert!(matches!(bench.vault.share_key(&bench.of(LEA), id, &to_stranger).await, Err(TeamVaultError::Invalid { field: "shares", .. })));
        let old = NewShares { version: 2, ..shares(LEA) };
        assert!(matches!(bench.vault.share_key(&bench.of(LEA), id, &old).await, Err(TeamVaultError::Stale)));
    }
}
