//! Where a passkey was used. The widget stands in a frame on the company's sites, so browsers say `crossOrigin`, and some
//! say on whose page (`topOrigin`, WebAuthn Level 3, section 5.8.1).

use std::collections::BTreeMap;

use serde_cbor_2::Value as Cbor;
use serde_json::{Map, Value};
use webauthn_rs::prelude::RegisterPublicKeyCredential;

/// Whether the page around the frame is one that the widget may stand on. Not every browser says which it is; then the
/// policy of the widget's page is what keeps others from framing it. The frame's own origin is for the library to check.
pub(super) fn is_expected(client_data: &[u8], sites: &[String]) -> bool {
    let Ok(client) = serde_json::from_slice::<Map<String, Value>>(client_data) else {
        return false;
    };
    match (client.get("crossOrigin"), client.get("topOrigin")) {
        (_, None) => true,
        (Some(Value::Bool(true)), Some(Value::String(top))) => sites.iter().any(|site| site == top),
        _ => false,
    }
}

/// The answer with a new passkey, as the library takes it: it has no way to allow frames. The client data of a new
/// passkey are signed by nothing but a statement of its make, which nobody here asked for; so the statement is left out,
/// and the frame, which [`is_expected`] has seen. Challenge, origin and type stay for the library to check.
pub(super) fn unframed(mut answer: RegisterPublicKeyCredential) -> Option<RegisterPublicKeyCredential> {
    let response = &mut answer.response;
    let mut client: Map<String, Value> = serde_json::from_slice(&response.client_data_json).ok()?;
    client.remove("crossOrigin");
    client.remove("topOrigin");
    response.client_data_json = serde_json::to_vec(&client).ok()?;
    let Ok(Cbor::Map(mut object)) = serde_cbor_2::from_slice(&response.attestation_object) else {
        return None;
    };
    let key = |text: &str| Cbor::Text(text.to_owned());
    let data = object.remove(&key("authData"))?;
    let bare = Cbor::Map(BTreeMap::from([
        (key("fmt"), key("none")),
        (key("attStmt"), Cbor::Map(BTreeMap::new())),
        (key("authData"), data),
    ]));
    response.attestation_object = serde_cbor_2::to_vec(&bare).ok()?;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_the_browser_names_is_one_of_the_companys() {
        let sites = ["https://www.example.org".to_owned()];
        for (client, fine) in [
            ("{}", true),
            (r#"{"crossOrigin":false}"#, true),
            (r#"{"crossOrigin":true}"#, true),
            (r#"{"crossOrigin":true,"topOrigin":"https://www.example.org"}"#, true),
            (r#"{"crossOrigin":true,"topOrigin":"https://evil.example"}"#, false),
            (
                r#"{"crossOrigin":true,"topOrigin":"https://www.example.org.evil.example"}"#,
                false,
            ),
            (r#"{"crossOrigin":false,"topOrigin":"https://www.example.org"}"#, false),
            (r#"{"topOrigin":"https://www.example.org"}"#, false),
            (r#"{"crossOrigin":true,"topOrigin":null}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(is_expected(client.as_bytes(), &sites), fine, "{client}");
        }
    }
}
