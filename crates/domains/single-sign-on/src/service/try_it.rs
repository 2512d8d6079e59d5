//! Asking a provider who it is, before anybody must sign in through it.

use wd_kernel::{Ctx, Denied, Scope};

use crate::{
    SingleSignOn,
    model::discovery::{Finding, Level},
    outbound::OutboundError,
    permissions::SingleSignOnChange,
};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Whether people can sign in like this, as far as one can tell without doing it.
    pub usable: bool,
    /// One sentence each.
    pub findings: Vec<Finding>,
}

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum TryError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl SingleSignOn {
    /// Reads the provider's description and keys, and says what is right and wrong. Nothing is stored.
    pub async fn try_provider(&self, ctx: &Ctx, issuer: &str, scopes: &[String]) -> Result<Trial, TryError> {
        ctx.require::<SingleSignOnChange>(Scope::ORGANISATION)?;
        let findings = match self.ask(issuer.trim()).await {
            Ok((metadata, keys)) => {
                let mut findings = metadata.judge(issuer.trim(), scopes, |url| self.outbound.permits(url));
                findings.push(match keys.len() {
                    0 => Finding::new(
                        Level::Problem,
                        "It publishes no key that Wardesk can check signatures with.",
                    ),
                    n => Finding::new(
                        Level::Good,
                        format!("It publishes {n} keys that Wardesk can check signatures with."),
                    ),
                });
                findings
            }
            Err(error) => vec![Finding::new(Level::Problem, what_to_do(&error))],
        };
        Ok(Trial {
            usable: findings.iter().all(|finding| finding.level != Level::Problem),
            findings,
        })
    }
}

/// Nothing of an answer is repeated: the address may be one inside the company's network.
fn what_to_do(error: &OutboundError) -> String {
    match error {
        OutboundError::Address => "The issuer must begin with https://.".into(),
        OutboundError::Unreachable(_) => {
            "Nothing answers there, or without a certificate of a known authority. Check the address, and that this server may reach it.".into()
        }
        OutboundError::Status(status) => {
            format!("There is an answer, but no description of a provider (status {}). Check the issuer.", status.as_u16())
        }
        OutboundError::TooLarge | OutboundError::Unreadable(_) => {
            "There is an answer, but it is no description of a provider. Check the issuer.".into()
        }
    }
}
