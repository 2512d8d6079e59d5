use wd_db::both_databases;
use wd_kernel::Duration;

use super::*;

both_databases! { ALL;
    async fn a_customer_changes_the_group_so_often_and_no_more(test) {
        let mut s = Scene::talking(test).await;
        for _ in 0..60 {
            let renewed = s.customer.change(&[], &[], &[]);
            s.commit(&s.customer.ctx, &renewed).await.unwrap();
            s.agent.follow(&renewed.commit);
        }
        let more = s.customer.propose(&[], &[], &[]);
        let refused = s.commit(&s.customer.ctx, &more).await;
        assert!(matches!(refused, Err(ChannelsError::RateLimited { retry_after: 60 })), "{refused:?}");
        let of_staff = s.agent.change(&[], &[], &[]);
        s.commit(&s.agent.ctx, &of_staff).await.unwrap();
        s.customer.follow(&of_staff.commit);
        s.org.clock.advance(Duration::from_secs(60));
        let again = s.customer.change(&[], &[], &[]);
        s.commit(&s.customer.ctx, &again).await.unwrap();
        let head = s.log(&s.customer.ctx, 0, 1).await.head;
        s.commit(&s.customer.ctx, &again).await.unwrap();
        assert_eq!(s.log(&s.customer.ctx, 0, 1).await.head, head, "a repeated request costs nothing");
    }

    async fn a_customer_enrols_and_renews_so_often_and_no_more(test) {
        let org = Organisation::new(&test.db).await;
        let device = org.device(&org.customer()).await;
        for _ in 1..30 {
            org.channels.renew_statement(&device.ctx, device.id).await.unwrap();
        }
        let refused = org.channels.renew_statement(&device.ctx, device.id).await;
        assert!(matches!(refused, Err(ChannelsError::RateLimited { retry_after: 120 })));
        // To take a device out is always possible.
        org.channels.revoke(&device.ctx, device.id).await.unwrap();
        let other = org.device(&org.customer()).await;
        org.channels.renew_statement(&other.ctx, other.id).await.unwrap();
    }

    async fn a_commit_padded_beyond_what_grants_need_is_refused(test) {
        let mut s = Scene::talking(test).await;
        let padded: Vec<String> = (0..16).map(|n| format!("{n}{}", "x".repeat(2_000))).collect();
        let large = s.agent.propose(&[], &[], &padded);
        assert!(matches!(s.commit(&s.agent.ctx, &large).await, Err(ChannelsError::TooLarge)));
        let large = s.customer.propose(&[], &[], &padded);
        assert!(matches!(s.commit(&s.customer.ctx, &large).await, Err(ChannelsError::TooLarge)));
        let honest = s.customer.propose(&[], &[], &[]);
        s.commit(&s.customer.ctx, &honest).await.unwrap();
    }
}
