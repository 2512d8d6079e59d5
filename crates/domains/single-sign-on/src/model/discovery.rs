//! What a provider says about itself (OpenID Connect Discovery 1.0, RFC 8414).

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// The part of the document that Wardesk looks at.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Who it says it is.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: Url,
    /// Where a code becomes a token.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// How clients show who they are; `client_secret_basic` when it does not say.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// How codes are bound to who asked for them (RFC 7636).
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// How ID tokens are signed.
    pub id_token_signing_alg_values_supported: Option<Vec<String>>,
    /// What one may ask for.
    pub scopes_supported: Option<Vec<String>>,
    /// Whether its answers name it (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = FindingLevel)]
pub enum Level {
    /// As it should be.
    Good,
    /// Works, and could be better.
    Warning,
    /// Nobody can sign in like this.
    Problem,
}

/// Something that was found, in a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProviderFinding)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The sentence.
    pub text: String,
}

impl Finding {
    /// A finding.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self {
            level,
            text: text.into(),
        }
    }
}

/// The address of the document for an issuer.
pub fn address(issuer: &str) -> Option<Url> {
    Url::parse(&format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    ))
    .ok()
}

impl Metadata {
    /// What is right and wrong with the provider for this issuer and with these scopes. `permits` says which addresses
    /// Wardesk talks to.
    pub fn judge(&self, issuer: &str, scopes: &[String], permits: impl Fn(&Url) -> bool) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut say = |level, text: String| found.push(Finding { level, text });
        if self.issuer == issuer {
            say(Level::Good, format!("The provider calls itself {issuer}."));
        } else {
            let text = "The provider calls itself something else than the issuer that was entered. Copy the issuer from the provider, letter by letter, with or without the slash at its end.";
            say(Level::Problem, text.into());
        }
        for (what, url) in [
            ("sign-in page", &self.authorization_endpoint),
            ("token endpoint", &self.token_endpoint),
            ("key set", &self.jwks_uri),
        ] {
            if !permits(url) {
                say(
                    Level::Problem,
                    format!("The address of its {what} is not https. Correct it at the provider."),
                );
            }
        }
        match &self.code_challenge_methods_supported {
            Some(methods) if methods.iter().any(|method| method == "S256") => {
                say(
                    Level::Good,
                    "It binds codes to the browser that asked (PKCE with S256).".into(),
                );
            }
            Some(_) => say(
                Level::Problem,
                "It does not know PKCE with S256. Switch it on at the provider.".into(),
            ),
            None => {
                say(Level::Warning, "It does not say whether it knows PKCE with S256. Wardesk uses it; look into the provider's manual.".into());
            }
        }
        match &self.id_token_signing_alg_values_supported {
            Some(algorithms)
                if !algorithms
                    .iter()
                    .any(|alg| super::keys::Algorithm::parse(alg).is_some()) =>
            {
                say(Level::Problem, "It signs ID tokens in no way that Wardesk accepts. Choose RS256, PS256, ES256 or EdDSA at the provider.".into());
            }
            _ => {}
        }
        if self.authorization_response_iss_parameter_supported {
            say(Level::Good, "Its answers say who they are from (RFC 9207).".into());
        }
        if let Some(known) = &self.scopes_supported {
            for scope in scopes.iter().filter(|scope| !known.contains(scope)) {
                say(Level::Warning, format!("It does not list the scope “{scope}”."));
            }
        }
        found
    }

    /// Whether the secret goes into the form instead of the header.
    pub fn secret_in_form(&self) -> bool {
        let has = |name: &str| {
            self.token_endpoint_auth_methods_supported
                .as_ref()
                .is_some_and(|methods| methods.iter().any(|method| method == name))
        };
        has("client_secret_post") && !has("client_secret_basic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(change: impl FnOnce(&mut serde_json::Value)) -> Metadata {
        let mut document = serde_json::json!({
            "issuer": "https://id.example.org",
            "authorization_endpoint": "https://id.example.org/auth",
            "token_endpoint": "https://id.example.org/token",
            "jwks_uri": "https://id.example.org/keys",
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile"],
        });
        change(&mut document);
        serde_json::from_value(document).unwrap()
    }

    fn problems(change: impl FnOnce(&mut serde_json::Value)) -> usize {
        let found = metadata(change).judge("https://id.example.org", &["profile".into()], |url| {
            url.scheme() == "https"
        });
        found.iter().filter(|finding| finding.level == Level::Problem).count()
    }

    #[test]
    fn what_keeps_people_out_is_a_problem() {
        assert_eq!(problems(|_| ()), 0);
        assert_eq!(problems(|d| d["issuer"] = "https://id.example.org/".into()), 1);
        assert_eq!(
            problems(|d| d["token_endpoint"] = "http://id.example.org/token".into()),
            1
        );
        assert_eq!(
            problems(|d| d["code_challenge_methods_supported"] = serde_json::json!(["plain"])),
            1
        );
        assert_eq!(
            problems(|d| d["id_token_signing_alg_values_supported"] = serde_json::json!(["HS256", "none"])),
            1
        );
    }

    #[test]
    fn the_document_stands_under_the_issuer() {
        let at = |issuer: &str| address(issuer).unwrap().to_string();
        assert_eq!(
            at("https://id.example.org"),
            "https://id.example.org/.well-known/openid-configuration"
        );
        assert_eq!(
            at("https://id.example.org/t/"),
            "https://id.example.org/t/.well-known/openid-configuration"
        );
    }
}
