//! An authenticator that others wrote: `oathtool` of the OATH Toolkit (RFC 6238).

use std::process::Command;

use wd_db::both_databases;
use wd_kernel::Clock as _;

use super::{Desk, SCHEMA, client, desk, secret};
use crate::SignInError;

/// The code that oathtool shows for this secret at the desk's time.
fn shown(desk: &Desk, base32: &str) -> wd_kernel::SecretString {
    let now = format!("@{}", desk.clock.now().seconds());
    let told = Command::new("oathtool")
        .args(["--totp", "--base32", "--now", &now, base32])
        .output()
        .expect("oathtool is installed by cargo xtask test");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    secret(String::from_utf8(told.stdout).unwrap().trim())
}

both_databases! { SCHEMA;
    async fn codes_of_oathtool_enrol_and_sign_in_once_each(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&enrol)).await.unwrap();
        let base32 = made.secret.expose().to_owned();
        desk.identity.confirm_totp(&desk.nobody(), Some(&enrol), made.id, &shown(&desk, &base32)).await.unwrap();
        for _ in 0..20 {
            desk.wait(30);
            let code = shown(&desk, &base32);
            let pending = desk.pending("grace").await;
            desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &client()).await.unwrap();
        }
        let pending = desk.pending("grace").await;
        let again = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &shown(&desk, &base32), &client()).await;
        assert!(matches!(again, Err(SignInError::WrongCode)), "the last code was used");
    }
}
