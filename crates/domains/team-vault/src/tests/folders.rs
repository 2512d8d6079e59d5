use wd_db::both_databases;
use wd_kernel::{Denied, PageQuery};

use super::*;
use crate::FolderMembers;

both_databases! { ALL;
    async fn a_team_s_folder_is_there_for_its_people_and_nobody_else(test) {
        let bench = Bench::new(&test);
        let made = bench.folder().await;
        assert_eq!((made.role, made.rekey, made.waiting.len()), (Role::Share, false, 0));
        let ada = bench.seen(ADA).await;
        assert_eq!((ada.len(), ada[0].role), (1, Role::Change));
        assert_eq!(ada[0].share, Some(share(ADA).sealed), "everybody gets the share of their own device");
        assert!(bench.seen(ZOE).await.is_empty());
    }

    async fn who_is_no_member_is_told_there_is_nothing(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        bench.add(LEA, id, 1).await.unwrap();
        let zoe = bench.of(ZOE);
        let vault = &bench.vault;
        let nothing = |answer: Result<(), TeamVaultError>| assert!(matches!(answer, Err(TeamVaultError::NotFound)), "{answer:?}");
        nothing(vault.entries(&zoe, id, &PageQuery::default()).await.map(drop));
        nothing(vault.history(&zoe, entry_id(1)).await.map(drop));
        nothing(bench.open(ZOE, 1).await.map(drop));
        nothing(bench.add(ZOE, id, 2).await);
        nothing(vault.change_entry(&zoe, entry_id(1), &changed(2, 1, true)).await.map(drop));
        nothing(vault.delete_entry(&zoe, entry_id(1)).await);
        nothing(vault.rekey(&zoe, id, &bench.rekeying(id, 2, ZOE, &[ZOE])).await.map(drop));
        nothing(vault.unmoved(&zoe, id).await.map(drop));
        nothing(vault.delete_folder(&zoe, id).await);
        nothing(vault.set_members(&zoe, id, &FolderMembers { team_role: Role::Use, members: vec![] }).await);
        assert_eq!(bench.audited("team_vault.opened").await, 0);
    }

    async fn a_folder_for_another_team_cannot_be_made(test) {
        let bench = Bench::new(&test);
        let foreign = bench.new_folder(1, Some(team(2)), LEA, &[LEA]);
        assert!(matches!(bench.vault.create_folder(&bench.of(LEA), foreign).await, Err(TeamVaultError::NotFound)));
        let by_agent = bench.new_folder(1, Some(team(1)), ADA, &[ADA]);
        let refused = bench.vault.create_folder(&bench.of(ADA), by_agent).await;
        assert!(matches!(refused, Err(TeamVaultError::Denied(Denied::Forbidden("team_vault.manage")))), "{refused:?}");
    }

    async fn an_agent_shares_a_folder_with_named_people(test) {
        let bench = Bench::new(&test);
        let mut new = bench.new_folder(1, None, ADA, &[ADA, ZOE]);
        new.members.push(named(ZOE, Role::Use));
        let made = bench.vault.create_folder(&bench.of(ADA), new).await.unwrap();
        assert_eq!(made.role, Role::Share);
        assert_eq!(bench.seen(ZOE).await[0].role, Role::Use);
        assert!(bench.seen(BEN).await.is_empty(), "a colleague of the team is not named");
        assert!(matches!(bench.add(ZOE, made.id, 1).await, Err(TeamVaultError::Role)), "who may use may not change");
    }

    async fn a_repeated_create_gets_the_first_answer_and_another_one_is_refused(test) {
        let bench = Bench::new(&test);
        let new = bench.new_folder(1, Some(team(1)), LEA, &[LEA]);
        let first = bench.vault.create_folder(&bench.of(LEA), new.clone()).await.unwrap();
        assert_eq!(bench.vault.create_folder(&bench.of(LEA), new).await.unwrap(), first);
        assert_eq!(bench.audited("team_vault.folder_made").await, 1);
        let other = bench.new_folder(1, None, ADA, &[ADA]);
        assert!(matches!(bench.vault.create_folder(&bench.of(ADA), other).await, Err(TeamVaultError::Conflict(_))));
    }

    async fn a_key_counts_only_with_the_signature_of_the_own_device(test) {
        let bench = Bench::new(&test);
        let lea = bench.of(LEA);
        let mut forged = bench.new_folder(1, Some(team(1)), LEA, &[LEA]);
        forged.key.commitment = PublicKey([77; 32]);
        assert!(matches!(bench.vault.create_folder(&lea, forged).await, Err(TeamVaultError::Invalid { field: "signature", .. })));
        let foreign = bench.new_folder(1, Some(team(1)), ADA, &[LEA, ADA]);
        assert!(matches!(bench.vault.create_folder(&lea, foreign).await, Err(TeamVaultError::Conflict(_))), "another person's device");
        let stranger = bench.new_folder(1, Some(team(1)), LEA, &[LEA, ZOE]);
        assert!(matches!(bench.vault.create_folder(&lea, stranger).await, Err(TeamVaultError::Invalid { field: "shares", .. })), "a share for a stranger");
        let mut early = bench.new_folder(1, Some(team(1)), LEA, &[LEA]);
        early.key.at = i64::MIN;
        assert!(matches!(bench.vault.create_folder(&lea, early).await, Err(TeamVaultError::Invalid { field: "at", .. })));
        assert!(bench.seen(LEA).await.is_empty(), "nothing of it was kept");
    }

    async fn sharing_and_deleting_need_the_role_and_a_fresh_factor(test) {
        let bench = Bench::new(&test);
        let id = bench.folder().await.id;
        let wish = FolderMembers { team_role: Role::Use, members: vec![named(ZOE, Role::Change)] };
        assert!(matches!(bench.vault.set_members(&bench.of(ADA), id, &wish).await, Err(TeamVaultError::Role)));
        let stale = bench.with(LEA, None);
        assert!(matches!(bench.vault.set_members(&stale, id, &wish).await, Err(TeamVaultError::Denied(Denied::StepUp(_)))));
        assert!(matches!(bench.vault.delete_folder(&stale, id).await, Err(TeamVaultError::Denied(Denied::StepUp(_)))));
        bench.vault.set_members(&bench.of(LEA), id, &wish).await.unwrap();
        assert_eq!(bench.seen(ADA).await[0].role, Role::Use);
        let zoe = bench.seen(ZOE).await.remove(0);
        assert_eq!((zoe.role, zoe.share), (Role::Change, None), "a member waits until somebody hands the key on");
        let lea = bench.seen(LEA).await.remove(0);
        assert_eq!(lea.waiting.iter().map(|waiting| waiting.device).collect::<Vec<_>>(), [device(ZOE)]);
        bench.vault.delete_folder(&bench.of(LEA), id).await.unwrap();
        assert!(bench.seen(LEA).await.is_empty());
        assert_eq!((bench.audited("team_vault.shared").await, bench.audited("team_vault.folder_deleted").await), (1, 1));
    }

    async fn only_active_people_can_be_named_and_somebody_must_be_able_to_share(test) {
        let bench = Bench::new(&test);
        let id = bench.vault.create_folder(&bench.of(ADA), bench.new_folder(1, None, ADA, &[ADA])).await.unwrap().id;
        for members in [vec![named(77, Role::Share)], vec![named(BEN, Role::Share), named(BEN, Role::Use)], vec![named(BEN, Role::Change)]] {
            let wish = FolderMembers { team_role: Role::Use, members };
            let refused = bench.vault.set_members(&bench.of(ADA), id, &wish).await;
            assert!(matches!(refused, Err(TeamVaultError::Invalid { field: "members", .. })), "{refused:?}");
        }
        assert_eq!(bench.seen(ADA).await[0].role, Role::Share, "nothing changed");
    }
}
