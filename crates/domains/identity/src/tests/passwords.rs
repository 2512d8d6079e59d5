use wd_db::both_databases;

use super::{PASSWORD, SCHEMA, client, desk, secret};
use crate::CheckError;

both_databases! { SCHEMA;
    async fn who_floods_the_judging_of_passwords_does_not_keep_anybody_from_signing_in(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let invited = desk.identity.invite(&desk.admin(), "mallory", "Mallory").await.unwrap();
        // Every turn is taken and every place in the queue too.
        let turn = desk.identity.judge.turns().next().await.unwrap();
        let ask = |address: [u8; 4]| {
            let (identity, ctx, link) = (desk.identity.clone(), desk.nobody(), secret(invited.token.expose()));
            let from = crate::Client { address: address.into(), ..client() };
            async move { identity.check_password(&ctx, Some(&link), secret("marble"), &from).await }
        };
        let waiting: Vec<_> = (0..32).map(|n| tokio::spawn(ask([203, 0, 113, n]))).collect();
        while desk.identity.judge.turns().waiting() < 32 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(ask([203, 0, 113, 99]).await, Err(CheckError::Overloaded(_))));
        desk.password("grace", PASSWORD).await.unwrap();
        drop(turn);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
    }

    async fn one_network_asks_for_judgements_so_often_and_no_more(test) {
        let desk = desk(&test.db).await;
        let ask = async || desk.identity.check_password(&desk.nobody(), Some(&secret("made up")), secret("x"), &client()).await;
        for _ in 0..180 {
            assert!(matches!(ask().await, Err(CheckError::NotFound)));
        }
        assert!(matches!(ask().await, Err(CheckError::RateLimited(_))));
        desk.wait(60);
        assert!(matches!(ask().await, Err(CheckError::NotFound)));
    }
}
