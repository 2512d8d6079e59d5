//! Shared secrets: sealed by one device, opened by another, closed to who left.

use serde_json::{Value, json};
use wd_client::engine::{FolderKey, Refusal};
use wd_kernel::b64u;

use crate::support::{Shared, signed_key};

on_both_databases! {
    async fn a_team_s_secret_reaches_a_colleague_s_device_and_is_closed_to_who_left(app) {
        let mut desk = app.desk().await;
        let mut lea = desk.somebody(&app, "lea", &["team-lead"], &[desk.team]).await;
        lea.enrol("browser", 1).await.unwrap();
        let mut vault = Shared::new(&mut lea, Some(desk.team), "Carriers").await;
        let entry = vault.add(&mut lea, &json!({"title": "Parcel portal"}), &json!({"secret": "first"})).await;
        let folder = vault.id;

        // Ben's device comes later, waits, and is handed the key.
        let mut ben = desk.agent(&app, "ben").await;
        let own = ben.device().unwrap().id();
        let seen = ben.get(&format!("/api/v1/team-vault/folders?device={own}")).await.unwrap()["items"][0].clone();
        assert_eq!((&seen["share"], &seen["role"]), (&Value::Null, &json!("change")));
        let leas = lea.device().unwrap().id();
        let list = format!("/api/v1/team-vault/folders?device={leas}");
        let waiting = lea.get(&list).await.unwrap()["items"][0]["waiting"].clone();
        assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["device"]), (1, &json!(own)));
        let sealed = vault.key.share(ben.device().unwrap().statement()).unwrap();
        let body = json!({"version": 1, "device": leas, "shares": [{"device": own, "sealed": b64u::encode(sealed)}]});
        lea.post(&format!("/api/v1/team-vault/folders/{folder}/shares"), &body).await.unwrap();

        let seen = ben.get(&format!("/api/v1/team-vault/folders?device={own}")).await.unwrap()["items"][0].clone();
        let (signature, share) = (bytes(&seen["key"]["signature"]), bytes(&seen["share"]));
        let commitment = serde_json::from_value(seen["key"]["commitment"].clone()).unwrap();
        let made = (&commitment, seen["key"]["at"].as_i64().unwrap(), signature.as_slice());
        let maker = lea.device().unwrap().statement();
        let bens_key = FolderKey::open_share((folder, 1), (own, ben.device().unwrap().keys().hpke()), &share, maker, made).unwrap();
        assert_eq!(bens_key.open_name(&bytes(&seen["name"])).unwrap(), "Carriers");
        assert_eq!(vault.open(&mut ben, entry).await["secret"], "first");

        // Ben leaves: nothing is handed out to him, and the folder is to be re-keyed.
        desk.administrator.post(&format!("/api/v1/staff/{}/disable", ben.me().id), &json!({})).await.unwrap();
        let refused = ben.post(&format!("/api/v1/team-vault/entries/{entry}/open"), &json!({"device": own, "version": null})).await;
        assert!(refused.is_err_and(|error| error.is(&["unauthenticated"])));
        assert_eq!(lea.get(&list).await.unwrap()["items"][0]["rekey"], true);

        let next = FolderKey::generate(folder, 2, &vault.chance);
        let body = json!({
            "version": 2, "key": signed_key(&lea, &next, &[]),
            "previous": b64u::encode(next.seal_previous(&vault.key, &vault.chance).unwrap()),
            "name": b64u::encode(next.seal_name("Carriers", &vault.chance).unwrap()),
        });
        let after = lea.post(&format!("/api/v1/team-vault/folders/{folder}/keys"), &body).await.unwrap();
        assert_eq!((&after["rekey"], &after["unmoved"], &after["rotate"]), (&json!(false), &json!(1), &json!(1)));
        let moves = format!("/api/v1/team-vault/folders/{folder}/moves");
        let unmoved = lea.get(&moves).await.unwrap()["items"][0].clone();
        let wrapped = next.take_over(&vault.key, (entry, 1), &bytes(&unmoved["wrapped"]), &vault.chance).unwrap();
        let body = json!({"key_version": 2, "items": [{"entry": entry, "version": 1, "wrapped": b64u::encode(wrapped)}]});
        lea.post(&moves, &body).await.unwrap();

        // What lies there now is closed to the key that Ben has, and open to the new one.
        (vault.key, vault.key_version) = (next, 2);
        assert_eq!(vault.open(&mut lea, entry).await["secret"], "first");
        let listed = lea.get(&format!("/api/v1/team-vault/folders/{folder}/entries")).await.unwrap()["items"][0].clone();
        let parts = (bytes(&listed["wrapped"]), bytes(&listed["list"]));
        assert_eq!(bens_key.open_list::<Value>(entry, 1, (&parts.0, &parts.1)).unwrap_err(), Refusal::Undecryptable);
        assert_eq!((&listed["rotate"], &listed["last_used_by"]), (&json!(true), &json!(lea.me().id)));
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    b64u::decode(value.as_str().unwrap()).unwrap()
}
