use wd_db::{both_databases, outbox};

use super::*;
use crate::events::SecretsWanted;

const DAY: u64 = 86_400;

/// Who was told since the last look: how many are due, how many somebody left with, in how many folders.
async fn told(bench: &Bench) -> BTreeMap<StaffId, (i64, i64, i64)> {
    let mut tx = bench.vault.db.begin().await.unwrap();
    let mut told = BTreeMap::new();
    for event in outbox::waiting(&mut tx, 1000).await.unwrap() {
        outbox::done(&mut tx, event.id).await.unwrap();
        if let Some(SecretsWanted {
            staff,
            due,
            left,
            folders,
        }) = event.read()
        {
            assert!(told.insert(staff, (due, left, folders)).is_none(), "once each");
        }
    }
    tx.commit().await.unwrap();
    told
}

async fn reminded(bench: &Bench) -> BTreeMap<StaffId, (i64, i64, i64)> {
    bench
        .vault
        .remind(&bench.world.ctx(Actor::System("sweep")))
        .await
        .unwrap();
    told(bench).await
}

both_databases! { ALL;
    async fn who_may_change_a_folder_hears_of_what_is_due_once_and_again_after_a_week(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        let today = START / 86_400;
        let due = |number, day| NewEntry { due_on: Some(day), ..entry(number) };
        let entries = vec![due(1, today), due(2, today + 1), entry(3)];
        bench.vault.add_entries(&bench.of(ADA), id, &NewEntries { key_version: 1, entries }).await.unwrap();
        bench.town.crew().active.remove(&staff(BEN));
        told(&bench).await;

        let everybody = |figures| BTreeMap::from([LEA, ADA].map(|number| (staff(number), figures)));
        assert_eq!(reminded(&bench).await, everybody((1, 0, 1)));
        assert_eq!(reminded(&bench).await, BTreeMap::new(), "once a day is enough");
        bench.clock.advance(Duration::from_secs(DAY));
        assert_eq!(reminded(&bench).await, everybody((1, 0, 1)), "of the second one alone");
        bench.clock.advance(Duration::from_secs(6 * DAY));
        assert_eq!(reminded(&bench).await, everybody((1, 0, 1)), "the first one again");
        bench.clock.advance(Duration::from_secs(DAY));
        assert_eq!(reminded(&bench).await, everybody((1, 0, 1)), "and the second one");
    }

    async fn a_new_secret_needs_a_day_to_come_or_none_and_is_not_due_again_before(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        let today = START / 86_400;
        let due = NewEntry { due_on: Some(today), ..entry(1) };
        bench.vault.add_entries(&bench.of(ADA), id, &NewEntries { key_version: 1, entries: vec![due] }).await.unwrap();
        told(&bench).await;
        assert_eq!(reminded(&bench).await[&staff(ADA)], (1, 0, 1));
        let change = |version, day, new_secret| crate::ChangedEntry { due_on: day, ..changed(version, 1, new_secret) };
        for day in [today - 3, today] {
            let refused = bench.vault.change_entry(&bench.of(ADA), entry_id(1), &change(2, Some(day), true)).await;
            assert!(matches!(refused, Err(TeamVaultError::Invalid { field: "due_on", .. })), "{refused:?}");
        }
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &change(2, Some(today), false)).await.unwrap();
        assert_eq!(bench.seen(ADA).await[0].due, 1, "another title is no new secret");
        let done = change(3, Some(today + 1), true);
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &done).await.unwrap();
        told(&bench).await;
        assert_eq!((bench.seen(ADA).await[0].due, reminded(&bench).await), (0, BTreeMap::new()));
        bench.clock.advance(Duration::from_secs(DAY));
        assert_eq!(reminded(&bench).await[&staff(ADA)], (1, 0, 1), "the day after is another one");
        assert_eq!(bench.vault.change_entry(&bench.of(ADA), entry_id(1), &done).await.unwrap().version, 3, "a repeated request gets its answer also then");
        bench.vault.change_entry(&bench.of(ADA), entry_id(1), &change(4, None, true)).await.unwrap();
        bench.clock.advance(Duration::from_secs(30 * DAY));
        told(&bench).await;
        assert_eq!(reminded(&bench).await, BTreeMap::new());
    }

    async fn who_only_uses_a_folder_is_not_reminded_and_folders_are_counted_together(test) {
        let bench = Bench::new(&test);
        let today = START / 86_400;
        for (id, role) in [(1, Role::Change), (2, Role::Use)] {
            let new = NewFolder { team_role: role, ..bench.new_folder(id, Some(team(1)), LEA, &[LEA, ADA, BEN]) };
            let made = bench.vault.create_folder(&bench.of(LEA), new).await.unwrap();
            let entries = vec![NewEntry { due_on: Some(today - 3), ..entry(id) }];
            bench.vault.add_entries(&bench.of(LEA), made.id, &NewEntries { key_version: 1, entries }).await.unwrap();
        }
        told(&bench).await;
        let heard = reminded(&bench).await;
        assert_eq!(heard[&staff(ADA)], (1, 0, 1));
        assert_eq!(heard.get(&staff(ZOE)), None);
    }

    async fn what_somebody_opened_who_left_is_wanted_anew(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.open(BEN, 1).await.unwrap();
        let today = START / 86_400;
        let due = NewEntry { due_on: Some(today), ..entry(2) };
        bench.vault.add_entries(&bench.of(ADA), id, &NewEntries { key_version: 1, entries: vec![due] }).await.unwrap();
        bench.open(BEN, 2).await.unwrap();
        told(&bench).await;
        assert_eq!(reminded(&bench).await[&staff(ADA)], (1, 0, 1));
        bench.town.crew().active.remove(&staff(BEN));
        bench.vault.rekey(&bench.of(ADA), id, &bench.rekeying(id, 2, ADA, &[LEA, ADA])).await.unwrap();
        told(&bench).await;
        assert_eq!(reminded(&bench).await[&staff(ADA)], (0, 2, 1), "also of what was told as due today");
    }

    async fn of_two_nodes_one_reminds(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        let entries = vec![NewEntry { due_on: Some(0), ..entry(1) }];
        bench.vault.add_entries(&bench.of(ADA), id, &NewEntries { key_version: 1, entries }).await.unwrap();
        told(&bench).await;
        let sweep = bench.world.ctx(Actor::System("sweep"));
        let (one, other) = tokio::join!(bench.vault.remind(&sweep), bench.vault.remind(&sweep));
        one.unwrap();
        other.unwrap();
        assert_eq!(told(&bench).await.len(), 3, "each of three people once");
    }
}
