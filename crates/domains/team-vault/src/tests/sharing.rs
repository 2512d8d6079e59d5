use wd_db::both_databases;

use super::*;
use crate::NewShares;

/// Something of the right length that is no key for the device.
fn garbage(number: u128) -> DeviceShare {
    DeviceShare {
        sealed: bytes(0, 80),
        ..share(number)
    }
}

impl Bench {
    async fn share(&self, who: u128, id: VaultFolderId, shares: Vec<DeviceShare>) -> Result<(), TeamVaultError> {
        let new = NewShares {
            version: 1,
            device: device(who),
            shares,
        };
        self.vault.share_key(&self.of(who), id, &new).await
    }

    async fn as_device(&self, who: u128, number: u128) -> Folder {
        let mut folders = self.vault.folders(&self.of(who), device(number)).await.unwrap();
        folders.remove(0)
    }
}

both_databases! { ALL;
    async fn who_gave_which_device_its_share_is_written_down_once(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.town.crew().devices.insert(staff(ADA), vec![ADA, 20]);
        bench.share(BEN, id, vec![share(20)]).await.unwrap();
        bench.share(LEA, id, vec![garbage(20)]).await.unwrap();
        assert_eq!(bench.as_device(ADA, 20).await.share, Some(share(20).sealed), "the first one counts");
        let mut tx = bench.vault.db.begin().await.unwrap();
        let filter = AuditFilter { action: Some("team_vault.key_shared".into()), ..AuditFilter::default() };
        let page = wd_audit_log::list(&mut tx, &filter, &PageQuery::default()).await.unwrap();
        assert_eq!(page.items.len(), 1);
        let told = format!("{:?}", page.items);
        assert!(told.contains(&device(20).to_string()) && told.contains(&device(BEN).to_string()), "{told}");
    }

    async fn a_share_that_does_not_open_is_discarded_and_another_member_gives_it_anew(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(ADA, id, 1).await.unwrap();
        bench.town.crew().devices.insert(staff(ADA), vec![ADA, 20]);
        bench.share(BEN, id, vec![garbage(20)]).await.unwrap();
        assert!(bench.as_device(LEA, LEA).await.waiting.is_empty());

        bench.vault.discard_share(&bench.of(ADA), id, device(20)).await.unwrap();
        assert_eq!(bench.audited("team_vault.share_discarded").await, 1);
        assert_eq!(bench.as_device(ADA, 20).await.share, None);
        let waiting: Vec<_> = bench.as_device(LEA, LEA).await.waiting.iter().map(|one| one.device).collect();
        assert_eq!(waiting, [device(20)]);
        let wish = Opening { device: device(20), version: None };
        assert!(matches!(bench.vault.open_entry(&bench.of(ADA), entry_id(1), &wish).await, Err(TeamVaultError::Conflict(_))), "it has no key");
        let from_it = NewShares { version: 1, device: device(20), shares: vec![] };
        assert!(matches!(bench.vault.share_key(&bench.of(ADA), id, &from_it).await, Err(TeamVaultError::Conflict(_))));
        assert!(matches!(bench.vault.discard_share(&bench.of(ADA), id, device(20)).await, Err(TeamVaultError::NotFound)), "once");

        bench.share(LEA, id, vec![share(20)]).await.unwrap();
        assert_eq!(bench.as_device(ADA, 20).await.share, Some(share(20).sealed));
        bench.share(BEN, id, vec![garbage(20)]).await.unwrap();
        assert_eq!(bench.as_device(ADA, 20).await.share, Some(share(20).sealed), "what counts again is not replaced");
        assert_eq!(bench.audited("team_vault.key_shared").await, 2);
    }

    async fn nobody_discards_the_share_of_another_person_or_the_last_one(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        assert!(matches!(bench.vault.discard_share(&bench.of(BEN), id, device(ADA)).await, Err(TeamVaultError::Conflict(_))));
        assert!(matches!(bench.vault.discard_share(&bench.of(ZOE), id, device(ADA)).await, Err(TeamVaultError::NotFound)));
        let alone = bench.new_folder(2, None, ADA, &[ADA]);
        let alone = bench.vault.create_folder(&bench.of(ADA), alone).await.unwrap().id;
        assert!(matches!(bench.vault.discard_share(&bench.of(ADA), alone, device(ADA)).await, Err(TeamVaultError::Conflict(_))));
        assert!(bench.as_device(ADA, ADA).await.share.is_some());
        assert_eq!(bench.audited("team_vault.share_discarded").await, 0);
    }

    async fn who_discards_their_share_and_leaves_had_the_key_all_the_same(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.vault.discard_share(&bench.of(BEN), id, device(BEN)).await.unwrap();
        assert!(!bench.seen(ADA).await[0].rekey);
        bench.town.crew().teams.get_mut(&team(1)).unwrap().remove(&staff(BEN));
        assert!(bench.seen(ADA).await[0].rekey);
        assert!(matches!(bench.add(ADA, id, 1).await, Err(TeamVaultError::Conflict(_))));
    }
}
