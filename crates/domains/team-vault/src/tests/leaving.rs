use wd_db::both_databases;

use super::*;
use crate::{FolderMembers, Move, Moves};

impl Bench {
    fn leaves_the_team(&self, number: u128) {
        self.town.crew().teams.get_mut(&team(1)).unwrap().remove(&staff(number));
    }

    /// Which entries of a folder are marked, in their order.
    async fn marked(&self, id: VaultFolderId) -> Vec<bool> {
        let page = self
            .vault
            .entries(&self.of(ADA), id, &PageQuery::default())
            .await
            .unwrap();
        page.items.iter().map(|one| one.rotate).collect()
    }

    /// Gives a folder its next key, for the devices that are named, and moves everything to it.
    async fn rekeyed(&self, id: VaultFolderId, version: i64, devices: &[u128]) {
        let new = self.rekeying(id, version, ADA, devices);
        self.vault.rekey(&self.of(ADA), id, &new).await.unwrap();
        let unmoved = self.vault.unmoved(&self.of(ADA), id).await.unwrap().items;
        let items = unmoved.iter().map(|one| Move {
            entry: one.entry,
            version: one.version,
            wrapped: bytes(99, 60),
        });
        let moves = Moves {
            key_version: version,
            items: items.collect(),
        };
        self.vault.move_keys(&self.of(ADA), id, &moves).await.unwrap();
    }

    async fn sweep(&self) {
        let sweep = self.world.ctx(Actor::System("sweep"));
        self.vault.remind(&sweep).await.unwrap();
    }
}

both_databases! { ALL;
    async fn what_a_leaver_added_is_marked_though_they_never_opened_it(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(BEN, id, 1).await.unwrap();
        bench.add(ADA, id, 2).await.unwrap();
        bench.leaves_the_team(BEN);
        let after = bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[ADA, LEA])).await.unwrap();
        assert_eq!(after.rotate, 1);
        assert_eq!(bench.marked(id).await, [true, false]);
        assert_eq!(bench.audited("team_vault.marked").await, 1);
    }

    async fn a_secret_that_a_leaver_changed_is_marked_until_somebody_else_changes_it(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        for number in [1, 2, 3] {
            bench.add(ADA, id, number).await.unwrap();
        }
        for number in [1, 2] {
            bench.vault.change_entry(&bench.of(BEN), entry_id(number), &changed(2, 1, true)).await.unwrap();
        }
        bench.vault.change_entry(&bench.of(ADA), entry_id(2), &changed(3, 1, true)).await.unwrap();
        bench.leaves_the_team(BEN);
        bench.rekeyed(id, 2, &[ADA, LEA]).await;
        assert_eq!(bench.marked(id).await, [true, false, false]);
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(3, 2, true)).await.unwrap();
        assert_eq!(bench.seen(ADA).await[0].rotate, 0);
    }

    async fn a_leaver_knows_a_secret_whose_author_s_version_is_long_forgotten(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(BEN, id, 1).await.unwrap();
        for version in 2..=12 {
            bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(version, 1, false)).await.unwrap();
        }
        bench.leaves_the_team(BEN);
        bench.rekeyed(id, 2, &[ADA, LEA]).await;
        assert_eq!(bench.marked(id).await, [true]);
    }

    async fn who_had_no_share_of_the_newest_key_is_a_leaver_all_the_same(test) {
        let bench = Bench::new(&test);
        let mut new = bench.new_folder(1, Some(team(1)), LEA, &[LEA, ADA, BEN, ZOE]);
        new.members.push(named(ZOE, Role::Use));
        let id = bench.vault.create_folder(&bench.of(LEA), new).await.unwrap().id;
        for number in [1, 2] {
            bench.add(ADA, id, number).await.unwrap();
        }
        bench.add(BEN, id, 3).await.unwrap();
        bench.open(BEN, 1).await.unwrap();
        // Ben is away for so long that his statement ends. Zoe leaves, and the next key is not for his device.
        bench.town.crew().away.insert(BEN);
        let without_zoe = FolderMembers { team_role: Role::Change, members: vec![] };
        bench.vault.set_members(&bench.of(LEA), id, &without_zoe).await.unwrap();
        bench.rekeyed(id, 2, &[ADA, LEA]).await;
        assert_eq!(bench.seen(ADA).await[0].rotate, 0, "who is away has not left");

        bench.town.crew().active.remove(&staff(BEN));
        let seen = bench.seen(ADA).await.remove(0);
        assert_eq!((seen.rekey, seen.rotate), (false, 2), "his key opens nothing, but he knows what he saw and wrote");
        assert_eq!(bench.marked(id).await, [true, false, true]);
        assert_eq!(bench.audited("team_vault.marked").await, 1);
        bench.seen(ADA).await;
        assert_eq!(bench.audited("team_vault.marked").await, 1, "and once is enough");
    }

    async fn what_a_leaver_knows_is_marked_without_anybody_looking(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.open(BEN, 1).await.unwrap();
        bench.sweep().await;
        assert_eq!(bench.marked(id).await, [false]);
        bench.town.crew().active.remove(&staff(BEN));
        bench.sweep().await;
        assert_eq!(bench.marked(id).await, [true]);
    }

    async fn who_comes_back_and_leaves_again_is_a_leaver_again(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        for number in [1, 2] {
            bench.add(ADA, id, number).await.unwrap();
        }
        bench.open(BEN, 1).await.unwrap();
        bench.leaves_the_team(BEN);
        assert_eq!(bench.seen(ADA).await[0].rotate, 1);
        bench.town.crew().teams.get_mut(&team(1)).unwrap().insert(staff(BEN));
        bench.open(BEN, 2).await.unwrap();
        bench.add(BEN, id, 3).await.unwrap();
        assert_eq!(bench.seen(ADA).await[0].rotate, 1);
        bench.leaves_the_team(BEN);
        assert_eq!(bench.seen(ADA).await[0].rotate, 3);
    }

    async fn a_revoked_device_marks_what_was_opened_on_it_and_not_what_its_owner_wrote(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(BEN, id, 1).await.unwrap();
        bench.add(ADA, id, 2).await.unwrap();
        bench.open(BEN, 2).await.unwrap();
        bench.town.crew().devices.insert(staff(BEN), vec![30]);
        assert_eq!(bench.seen(ADA).await[0].rotate, 1);
        assert_eq!(bench.marked(id).await, [false, true]);
    }

    async fn what_is_deleted_leaves_nothing_of_who_knew_it(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(BEN, id, 1).await.unwrap();
        bench.open(BEN, 1).await.unwrap();
        bench.vault.delete_entry(&bench.of(ADA), entry_id(1)).await.unwrap();
        bench.add(BEN, id, 2).await.unwrap();
        bench.open(BEN, 2).await.unwrap();
        bench.vault.delete_folder(&bench.of(LEA), id).await.unwrap();
        let mut tx = bench.vault.db.snapshot().await.unwrap();
        for rows in [
            wd_db::sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM team_vault_written").await,
            wd_db::sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM team_vault_opener").await,
        ] {
            assert_eq!(rows.unwrap().0, 0);
        }
    }
}
