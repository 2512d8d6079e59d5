use wd_db::{both_databases, sql};
use wd_kernel::{Denied, Event as _};

use super::*;
use crate::{
    WishForAll,
    events::{ManyOpened, Purpose},
};

fn export(number: u128) -> WishForAll {
    WishForAll {
        device: device(number),
        purpose: Purpose::Export,
    }
}

impl Bench {
    async fn filled(&self, entries: u128) -> VaultFolderId {
        let id = self.folder().await.id;
        let all: Vec<_> = (1..=entries).map(entry).collect();
        for some in all.chunks(50) {
            let new = NewEntries {
                key_version: 1,
                entries: some.to_vec(),
            };
            self.vault.add_entries(&self.of(LEA), id, &new).await.unwrap();
        }
        id
    }

    async fn alarms(&self) -> i64 {
        let mut tx = self.vault.db.snapshot().await.unwrap();
        let kind = ManyOpened::KIND;
        let count = sql!(
            &mut tx,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM outbox WHERE kind = $1",
            kind
        );
        count.await.unwrap().0
    }
}

both_databases! { ALL;
    async fn sixty_entries_are_opened_within_an_hour_and_no_more(test) {
        let bench = Bench::new(&test);
        bench.filled(62).await;
        for number in 1..=60 {
            bench.open(ADA, number).await.unwrap();
        }
        assert_eq!(bench.alarms().await, 1, "security hears of it once");
        let more = bench.open(ADA, 61).await;
        assert!(matches!(more, Err(TeamVaultError::TooMany(3600))), "{more:?}");
        assert_eq!(bench.audited("team_vault.opened").await, 50, "a page of the sixty");
        bench.open(ADA, 5).await.unwrap();
        bench.open(BEN, 61).await.unwrap();
        bench.town.crew().devices.insert(staff(ADA), vec![ADA, 20]);
        assert!(bench.open(ADA, 61).await.is_err(), "a further device has no count of its own");
        bench.clock.advance(Duration::from_hours(1));
        bench.open(ADA, 61).await.unwrap();
        assert_eq!(bench.alarms().await, 1);
    }

    async fn the_hour_s_count_holds_for_openings_in_several_folders_at_once(test) {
        let bench = Bench::new(&test);
        bench.filled(61).await;
        let other = bench.new_folder(2, Some(team(1)), LEA, &[LEA, ADA, BEN]);
        let other = bench.vault.create_folder(&bench.of(LEA), other).await.unwrap().id;
        for number in [101, 102] {
            bench.add(LEA, other, number).await.unwrap();
        }
        for number in 1..=59 {
            bench.open(ADA, number).await.unwrap();
        }
        let opened = tokio::join!(bench.open(ADA, 60), bench.open(ADA, 101), bench.open(ADA, 61), bench.open(ADA, 102));
        let opened = [opened.0, opened.1, opened.2, opened.3];
        assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1, "{opened:?}");
        assert!(opened.iter().all(|opened| matches!(opened, Ok(_) | Err(TeamVaultError::TooMany(_)))), "{opened:?}");
        assert_eq!(bench.alarms().await, 1, "the last one that is allowed is told");
    }

    async fn a_whole_folder_opens_for_a_quarter_of_an_hour_and_security_hears_of_it(test) {
        let bench = Bench::new(&test);
        let id = bench.filled(71).await;
        let until = bench.vault.open_all(&bench.of(LEA), id, &export(LEA)).await.unwrap().expires_at;
        assert_eq!(until, Timestamp::from_seconds(START + 900));
        assert_eq!((bench.alarms().await, bench.audited("team_vault.opened_all").await), (1, 1));
        for number in 1..=70 {
            bench.open(LEA, number).await.unwrap();
        }
        let history = bench.vault.history(&bench.of(LEA), entry_id(70)).await.unwrap();
        assert_eq!(history.uses.len(), 1, "each is recorded as ever");
        bench.clock.advance(Duration::from_mins(15));
        assert!(matches!(bench.open(LEA, 71).await, Err(TeamVaultError::TooMany(_))));
        assert_eq!(bench.alarms().await, 1, "what was told is not told again");
    }

    async fn who_may_not_share_or_shows_no_fresh_factor_opens_no_whole_folder(test) {
        let bench = Bench::new(&test);
        let id = bench.filled(1).await;
        assert!(matches!(bench.vault.open_all(&bench.of(ADA), id, &export(ADA)).await, Err(TeamVaultError::Role)));
        let stale = bench.vault.open_all(&bench.with(LEA, None), id, &export(LEA)).await;
        assert!(matches!(stale, Err(TeamVaultError::Denied(Denied::StepUp(_)))), "{stale:?}");
        assert!(matches!(bench.vault.open_all(&bench.of(ZOE), id, &export(ZOE)).await, Err(TeamVaultError::NotFound)));
        assert!(matches!(bench.vault.open_all(&bench.of(LEA), id, &export(ADA)).await, Err(TeamVaultError::Conflict(_))));
        assert_eq!((bench.alarms().await, bench.audited("team_vault.opened_all").await), (0, 0));
    }

    async fn a_whole_folder_opens_nothing_in_another_one(test) {
        let bench = Bench::new(&test);
        bench.filled(61).await;
        let other = bench.new_folder(2, Some(team(1)), LEA, &[LEA, ADA, BEN]);
        let other = bench.vault.create_folder(&bench.of(LEA), other).await.unwrap().id;
        bench.vault.open_all(&bench.of(LEA), other, &export(LEA)).await.unwrap();
        for number in 1..=60 {
            bench.open(LEA, number).await.unwrap();
        }
        assert!(matches!(bench.open(LEA, 61).await, Err(TeamVaultError::TooMany(_))));
    }
}
