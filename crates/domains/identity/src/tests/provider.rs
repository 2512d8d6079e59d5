//! Who could come in without a sign-in provider.

use wd_db::{both_databases, sql};
use wd_kernel::StaffId;

use super::{Desk, SCHEMA, desk};
use crate::Lacking;

impl Desk {
    async fn lacks(&self, id: StaffId) -> Option<Lacking> {
        let (mut tx, ctx) = (self.db.snapshot().await.unwrap(), self.nobody());
        let lacks = self.identity.lacks_to_enter_alone_in(&mut tx, &ctx, id).await;
        lacks.unwrap()
    }
}

both_databases! { SCHEMA;
    async fn who_has_a_password_and_an_app_needs_no_provider(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert_eq!(desk.lacks(person.id).await, None);
    }

    async fn recovery_codes_alone_are_soon_used_up(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE factor SET disabled_at = 1 WHERE kind = 'totp'").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(desk.identity.has_factor_in(&mut tx, person.id).await.unwrap(), "the codes are there");
        drop(tx);
        assert_eq!(desk.lacks(person.id).await, Some(Lacking::Factor));
    }

    async fn without_a_password_that_works_there_is_no_way_in(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE staff SET password_disabled_at = 1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.lacks(person.id).await, Some(Lacking::Password), "it was stopped");
        let mut tx = test.db.begin().await.unwrap();
        let brought = desk.identity.provision_in(&mut tx, &desk.admin(), "ada", "Ada").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.lacks(brought).await, Some(Lacking::Password), "there never was one");
    }
}
