use std::sync::Arc;

use wd_db::both_databases;
use wd_kernel::{
    Actor, Ctx, CustomerId, Decide, HandClock, Id, Scope, SecretBytes, SecretString, SeededEntropy, Timestamp, World,
};

use crate::{KeyFile, MIGRATIONS, Unlock, Vault, VaultError};

struct No;
impl Decide for No {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

fn ctx() -> Ctx {
    let world = World {
        clock: Arc::new(HandClock::at(Timestamp::from_seconds(5))),
        entropy: Arc::new(SeededEntropy::new(1)),
        decide: Arc::new(No),
    };
    world.ctx(Actor::System("test"))
}

fn key(byte: u8) -> Unlock {
    Unlock::Key(SecretBytes::new(vec![byte; 32]))
}

#[test]
fn a_key_file_opens_with_what_made_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    let phrase = |text: &str| Unlock::Passphrase(SecretString::new(text));
    let made = KeyFile::open_or_create(&path, &phrase("correct horse"), &SeededEntropy::new(1)).unwrap();
    let again = KeyFile::open_or_create(&path, &phrase("correct horse"), &SeededEntropy::new(2)).unwrap();
    assert_eq!(made.kek.expose(), again.kek.expose());
    assert!(matches!(
        KeyFile::open_or_create(&path, &phrase("wrong"), &SeededEntropy::new(2)),
        Err(VaultError::WrongPassphrase)
    ));
    assert!(matches!(
        KeyFile::open_or_create(&path, &key(1), &SeededEntropy::new(2)),
        Err(VaultError::WrongPassphrase)
    ));
}

#[test]
fn a_damaged_key_file_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    std::fs::write(&path, "{").unwrap();
    assert!(matches!(
        KeyFile::open_or_create(&path, &key(1), &SeededEntropy::new(1)),
        Err(VaultError::KeyFile(_))
    ));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
}

both_databases! { &[MIGRATIONS];
    async fn a_database_under_another_key_file_is_refused(test) {
        let file = KeyFile::open_or_create(&test.folder().join("a.json"), &key(1), &SeededEntropy::new(1)).unwrap();
        let other = KeyFile::open_or_create(&test.folder().join("b.json"), &key(1), &SeededEntropy::new(2)).unwrap();
        let vault = Vault::open(&test.db, &file, &SeededEntropy::new(3)).await.unwrap();
        let again = Vault::open(&test.db, &file, &SeededEntropy::new(4)).await.unwrap();
        assert_eq!(vault.organisation(), again.organisation());
        assert!(matches!(Vault::open(&test.db, &other, &SeededEntropy::new(3)).await, Err(VaultError::OtherKek)));
    }

    async fn a_value_of_one_customer_does_not_open_with_the_key_of_another(test) {
        let file = KeyFile::open_or_create(&test.folder().join("a.json"), &key(1), &SeededEntropy::new(1)).unwrap();
        let vault = Vault::open(&test.db, &file, &SeededEntropy::new(3)).await.unwrap();
        let ctx = ctx();
        let (ada, bob): (CustomerId, CustomerId) = (ctx.id(), ctx.id());
        let mut tx = test.db.begin().await.unwrap();
        let ada_key = vault.create_subject_key(&mut tx, &ctx, ada).await.unwrap();
        let bob_key = vault.create_subject_key(&mut tx, &ctx, bob).await.unwrap();
        let sealed = ada_key.seal(ctx.entropy(), "customer", "mail", ada.uuid().as_bytes(), b"ada@example.org").unwrap();
        assert!(bob_key.open("customer", "mail", ada.uuid().as_bytes(), &sealed).is_err());
        let loaded = vault.subject_key(&mut tx, ada).await.unwrap();
        assert_eq!(loaded.open("customer", "mail", ada.uuid().as_bytes(), &sealed).unwrap().expose(), b"ada@example.org");
    }

    async fn a_shredded_key_is_gone(test) {
        let file = KeyFile::open_or_create(&test.folder().join("a.json"), &key(1), &SeededEntropy::new(1)).unwrap();
        let vault = Vault::open(&test.db, &file, &SeededEntropy::new(3)).await.unwrap();
        let ctx = ctx();
        let ada: CustomerId = ctx.id();
        let mut tx = test.db.begin().await.unwrap();
        vault.create_subject_key(&mut tx, &ctx, ada).await.unwrap();
        vault.shred_subject_key(&mut tx, ada).await.unwrap();
        assert!(matches!(vault.subject_key(&mut tx, ada).await, Err(VaultError::NoKey)));
    }
}
