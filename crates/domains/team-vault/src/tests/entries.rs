use wd_db::{both_databases, sql};

use super::*;

both_databases! { ALL;
    async fn an_entry_is_listed_without_its_secret_and_opened_by_a_request_of_its_own(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        let page = bench.vault.entries(&bench.of(BEN), id, &PageQuery::default()).await.unwrap();
        assert_eq!(page.items.len(), 1);
        assert_eq!((page.items[0].changed_by, page.items[0].last_used_by), (staff(ADA), None));
        let opened = bench.open(BEN, 1).await.unwrap();
        assert_eq!(opened.secret, entry(1).secret);
        assert_eq!(bench.audited("team_vault.opened").await, 1);
        let page = bench.vault.entries(&bench.of(ADA), id, &PageQuery::default()).await.unwrap();
        assert_eq!((page.items[0].last_used_by, page.items[0].last_used_at), (Some(staff(BEN)), Some(Timestamp::from_seconds(START))));
        let history = bench.vault.history(&bench.of(ADA), entry_id(1)).await.unwrap();
        assert_eq!(history.uses.iter().map(|one| (one.staff, one.device)).collect::<Vec<_>>(), [(staff(BEN), device(BEN))]);
    }

    async fn only_an_own_device_with_the_key_opens(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        let wish = Opening { device: device(BEN), version: None };
        assert!(matches!(bench.vault.open_entry(&bench.of(ADA), entry_id(1), &wish).await, Err(TeamVaultError::Conflict(_))), "a colleague's device");
        bench.town.crew().devices.insert(staff(ADA), vec![ADA, 20]);
        let wish = Opening { device: device(20), version: None };
        assert!(matches!(bench.vault.open_entry(&bench.of(ADA), entry_id(1), &wish).await, Err(TeamVaultError::Conflict(_))), "a device without the key");
        assert_eq!(bench.audited("team_vault.opened").await, 0);
    }

    async fn a_replayed_request_adds_once_and_changes_once(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.add(ADA, id, 1).await.unwrap();
        assert_eq!((bench.seen(ADA).await[0].entries, bench.audited("team_vault.added").await), (1, 1));
        assert!(matches!(bench.add(BEN, id, 1).await, Err(TeamVaultError::Conflict(_))), "somebody else's id");
        let second = changed(2, 1, true);
        for _ in 0..2 {
            let now = bench.vault.change_entry(&bench.of(ADA), entry_id(1), &second).await.unwrap();
            assert_eq!(now.version, 2);
        }
        assert_eq!(bench.audited("team_vault.changed").await, 1);
    }

    async fn of_two_changes_at_once_one_wins(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(2, 1, true)).await.unwrap();
        for version in [1, 2, 4] {
            let late = bench.vault.change_entry(&bench.of(BEN), entry_id(1), &changed(version, 1, true)).await;
            assert!(matches!(late, Err(TeamVaultError::Stale)), "version {version}: {late:?}");
        }
    }

    async fn the_last_ten_versions_are_kept(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        for version in 2..=12 {
            bench.vault.change_entry(&bench.of(ADA), entry_id(1), &changed(version, 1, true)).await.unwrap();
        }
        let history = bench.vault.history(&bench.of(ADA), entry_id(1)).await.unwrap();
        let kept: Vec<i64> = history.versions.iter().map(|one| one.version).collect();
        assert_eq!(kept, (3..=12).rev().collect::<Vec<_>>());
        let old = Opening { device: device(ADA), version: Some(5) };
        assert_eq!(bench.vault.open_entry(&bench.of(ADA), entry_id(1), &old).await.unwrap().secret, bytes(5, 540));
        let gone = Opening { device: device(ADA), version: Some(2) };
        assert!(matches!(bench.vault.open_entry(&bench.of(ADA), entry_id(1), &gone).await, Err(TeamVaultError::NotFound)));
    }

    async fn what_is_too_large_or_no_sealed_thing_is_refused_and_nothing_is_kept(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        let huge = NewEntry { secret: bytes(1, 64 * 1024), ..entry(1) };
        let wide = NewEntry { list: bytes(1, 8 * 1024 + 1), ..entry(1) };
        let short = NewEntry { secret: bytes(1, 28), ..entry(1) };
        let bare = NewEntry { wrapped: bytes(1, 32), ..entry(1) };
        let never = NewEntry { due_on: Some(i64::MAX), ..entry(1) };
        for (wrong, large) in [(huge, true), (wide, true), (short, false), (bare, false), (never, false)] {
            let new = NewEntries { key_version: 1, entries: vec![entry(2), wrong] };
            let refused = bench.vault.add_entries(&bench.of(ADA), id, &new).await.unwrap_err();
            assert_eq!(matches!(refused, TeamVaultError::TooLarge), large, "{refused:?}");
        }
        let many = NewEntries { key_version: 1, entries: (0..101).map(entry).collect() };
        assert!(matches!(bench.vault.add_entries(&bench.of(ADA), id, &many).await, Err(TeamVaultError::TooLarge)));
        assert_eq!(bench.seen(ADA).await[0].entries, 0);
    }

    async fn a_folder_takes_ten_thousand_entries(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        let mut tx = bench.vault.db.begin().await.unwrap();
        // As many rows as it takes, without 100 requests: ids are doubled up from the first.
        for number in 2..=10_000_u128 {
            sql!(
                tx,
                execute,
                "INSERT INTO team_vault_entry (id, folder, version, secret_since, rotate, made_at) VALUES ($1, $2, 1, 1, $3, 0)",
                entry_id(number),
                id,
                false
            )
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        assert!(matches!(bench.add(ADA, id, 10_001).await, Err(TeamVaultError::TooLarge)));
        bench.vault.delete_entry(&bench.of(ADA), entry_id(7)).await.unwrap();
        bench.add(ADA, id, 10_001).await.unwrap();
    }

    async fn what_is_due_is_counted_by_the_day(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        let today = START / 86_400;
        let due = |number, day| NewEntry { due_on: Some(day), ..entry(number) };
        let new = NewEntries { key_version: 1, entries: vec![due(1, today - 1), due(2, today), due(3, today + 1), entry(4)] };
        bench.vault.add_entries(&bench.of(ADA), id, &new).await.unwrap();
        assert_eq!(bench.seen(ADA).await[0].due, 2);
        for _ in 0..24 {
            bench.clock.advance(HOUR);
        }
        assert_eq!(bench.seen(ADA).await[0].due, 3);
    }
}
