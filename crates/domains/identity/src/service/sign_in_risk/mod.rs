//! Weighing what speaks against a sign-in. It is done when a factor was shown: before, everybody gets the same answers,
//! and afterwards it is decided whether that was enough.

mod policy;
mod review;

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_geoip::{Country, Location};
use wd_kernel::{BrowserId, Ctx, FactorId, Id as _, SessionId, StaffId};
use wd_vault::VaultError;

use super::{sessions::Place, touched::touched};
use crate::{
    Client, Identity, Touch,
    events::SignInRefused,
    model::{
        MANY_FAILURES, RiskDecision, RiskSignal, is_asked_about, is_impossible_travel, known_since, usual_decision,
    },
    store::{
        sign_in_risk::{self, PlaceKind, ReviewRow},
        staff,
    },
};

pub use policy::{RiskPolicyError, RiskPolicyView, SignalView};
pub use review::{ReviewError, ReviewView};

const TABLE: &str = "sign_in_review";
const LAST: &str = "last_place";

/// What other domains know that speaks against a sign-in: fraud, the state of a device.
#[async_trait]
pub trait SignInAdvisers: Send + Sync {
    /// The signals about this person and this browser, each with what at least is to be decided.
    async fn advise(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        client: &Client,
    ) -> Result<Vec<(RiskSignal, RiskDecision)>, DbError>;
}

/// What speaks against a sign-in, and what is decided.
#[derive(Debug, Clone)]
pub(crate) struct Weighed {
    pub signals: Vec<RiskSignal>,
    pub decision: RiskDecision,
    location: Option<Location>,
}

/// Who signs in, from where.
pub(crate) struct Weighing<'a> {
    pub staff: StaffId,
    pub client: &'a Client,
    pub known_device: Option<&'a [u8]>,
    /// The step before.
    pub pending: Option<SessionId>,
    /// What this step found out besides.
    pub besides: &'a [RiskSignal],
}

/// A sign-in that is written down.
pub(crate) struct Seen<'a> {
    pub weighed: &'a Weighed,
    pub client: &'a Client,
    pub staff: StaffId,
    pub by: &'static str,
    pub factor: Option<FactorId>,
    pub session: Option<SessionId>,
    pub browser: Option<BrowserId>,
}

/// Where a sign-in came from, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptPlace {
    user_agent: String,
    network: String,
    country: Option<Country>,
}

impl Weighed {
    /// Whether it comes from where its owner has not been.
    pub fn is_far(&self) -> bool {
        let far = |signal: &RiskSignal| matches!(signal, RiskSignal::NewCountry | RiskSignal::ImpossibleTravel);
        self.signals.iter().any(far)
    }
}

impl Identity {
    /// Asks others, too, what speaks against a sign-in.
    #[must_use]
    pub fn advised_by(mut self, advisers: std::sync::Arc<dyn SignInAdvisers>) -> Self {
        self.advisers = Some(advisers);
        self
    }

    /// Knows where addresses are. Without it countries and journeys say nothing.
    #[must_use]
    pub fn locating_by(mut self, geography: std::sync::Arc<dyn wd_geoip::Geography>) -> Self {
        self.geography = Some(geography);
        self
    }

    pub(crate) async fn weigh(&self, tx: &mut Tx, ctx: &Ctx, asked: Weighing<'_>) -> Result<Weighed, SignInRiskError> {
        let Weighing {
            staff,
            client,
            known_device,
            pending,
            besides,
        } = asked;
        let mut signals = besides.to_vec();
        if let Some(pending) = pending
            && let Some((found, _)) = sign_in_risk::of_session(tx, pending).await?
        {
            signals.extend(found);
        }
        if known_device.is_none() {
            signals.push(RiskSignal::NewBrowser);
        }
        let location = self
            .geography
            .as_ref()
            .and_then(|geography| geography.locate(client.address));
        signals.extend(self.elsewhere(tx, ctx, staff, client.address, location).await?);
        let policy = sign_in_risk::decisions(tx).await?;
        let mut decision = signals
            .iter()
            .map(|signal| decided(&policy, *signal))
            .max()
            .unwrap_or(RiskDecision::Allow);
        if let Some(advisers) = &self.advisers {
            for (signal, at_least) in advisers.advise(tx, ctx, staff, client).await? {
                decision = decision.max(at_least).max(decided(&policy, signal));
                signals.push(signal);
            }
        }
        signals.sort_unstable();
        signals.dedup();
        Ok(Weighed {
            signals,
            decision,
            location,
        })
    }

    /// What is new about the place. Somebody of whom no place is known is nowhere anew.
    async fn elsewhere(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        address: IpAddr,
        location: Option<Location>,
    ) -> Result<Vec<RiskSignal>, SignInRiskError> {
        let mut signals = Vec::new();
        let since = known_since(ctx.now());
        let places = sign_in_risk::places(tx, staff, PlaceKind::Network, since).await?;
        if !places.is_empty() && !places.contains(&self.network_key(address)) {
            signals.push(RiskSignal::NewNetwork);
        }
        let Some(location) = location else { return Ok(signals) };
        let places = sign_in_risk::places(tx, staff, PlaceKind::Country, since).await?;
        if !places.is_empty() && !places.contains(&self.country_key(location.country)) {
            signals.push(RiskSignal::NewCountry);
        }
        if let Some((sealed, at)) = sign_in_risk::last_place(tx, staff).await? {
            let clear = self.vault.unseal(LAST, "place", staff.uuid().as_bytes(), &sealed)?;
            let before: Option<Location> = serde_json::from_slice(clear.expose()).ok();
            let spots = before.and_then(|before| before.spot).zip(location.spot);
            if spots.is_some_and(|(from, to)| is_impossible_travel(&from, &to, ctx.now().since(at))) {
                signals.push(RiskSignal::ImpossibleTravel);
            }
        }
        Ok(signals)
    }

    /// What was found out when the password was right, for the next step.
    pub(crate) fn password_signals(failures: i64, breached: bool) -> Vec<RiskSignal> {
        let many = (failures >= MANY_FAILURES).then_some(RiskSignal::Failures);
        let breached = breached.then_some(RiskSignal::BreachedPassword);
        many.into_iter().chain(breached).collect()
    }

    /// From here somebody was let in.
    pub(crate) async fn note_place(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        client: &Client,
        weighed: &Weighed,
    ) -> Result<(), SignInRiskError> {
        let now = ctx.now();
        let network = self.network_key(client.address);
        sign_in_risk::saw(tx, staff, PlaceKind::Network, &network, now).await?;
        if let Some(location) = weighed.location {
            let country = self.country_key(location.country);
            sign_in_risk::saw(tx, staff, PlaceKind::Country, &country, now).await?;
            let clear = serde_json::to_vec(&location).map_err(SignInRiskError::State)?;
            let sealed = self
                .vault
                .seal(ctx.entropy(), LAST, "place", staff.uuid().as_bytes(), &clear)?;
            sign_in_risk::set_last_place(tx, staff, &sealed, now).await?;
        }
        Ok(())
    }

    /// The owner says that they were there.
    async fn confirm_place(&self, tx: &mut Tx, ctx: &Ctx, row: &ReviewRow) -> Result<(), ReviewError> {
        let Some(place) = self.kept_place(row)? else {
            return Ok(());
        };
        if let Some(address) = address_of(&place.network) {
            let network = self.network_key(address);
            sign_in_risk::saw(tx, row.staff, PlaceKind::Network, &network, ctx.now()).await?;
        }
        if let Some(country) = place.country {
            let country = self.country_key(country);
            sign_in_risk::saw(tx, row.staff, PlaceKind::Country, &country, ctx.now()).await?;
        }
        Ok(())
    }

    /// In which country a network is, as a place is kept.
    pub(crate) fn country_of(&self, network: &str) -> Option<String> {
        let address = address_of(network)?;
        let location = self.geography.as_ref()?.locate(address)?;
        Some(location.country.into())
    }

    fn kept_place(&self, row: &ReviewRow) -> Result<Option<KeptPlace>, VaultError> {
        let clear = self
            .vault
            .unseal(TABLE, "place", row.id.uuid().as_bytes(), &row.place)?;
        Ok(serde_json::from_slice(clear.expose()).ok())
    }

    /// Writes down that something spoke against a sign-in, and tells its owner where they would want to know.
    pub(crate) async fn note_sign_in(&self, tx: &mut Tx, ctx: &Ctx, seen: Seen<'_>) -> Result<(), SignInRiskError> {
        let Seen {
            weighed,
            client,
            staff,
            by,
            factor,
            session,
            browser,
        } = seen;
        if weighed.signals.is_empty() {
            return Ok(());
        }
        let id = ctx.id();
        let Place { user_agent, network } = Place::of(client);
        let place = KeptPlace {
            user_agent: user_agent.to_owned(),
            network: network.unwrap_or_default(),
            country: weighed.location.map(|location| location.country),
        };
        let clear = serde_json::to_vec(&place).map_err(SignInRiskError::State)?;
        let row = ReviewRow {
            id,
            staff,
            session,
            factor,
            browser,
            shown_by: by.to_owned(),
            at: ctx.now(),
            decision: weighed.decision,
            signals: sign_in_risk::written(&weighed.signals),
            asked: i64::from(is_asked_about(&weighed.signals, weighed.decision)),
            place: self
                .vault
                .seal(ctx.entropy(), TABLE, "place", id.uuid().as_bytes(), &clear)?,
            answer: None,
            answered_at: None,
        };
        sign_in_risk::insert(tx, &row).await?;
        let refused = weighed.decision == RiskDecision::Refuse;
        let entry = if refused {
            Entry::refused("sign-in.weighed")
        } else {
            Entry::done("sign-in.weighed")
        };
        let entry = Place::of(client)
            .tell(entry)
            .target(staff)
            .detail("by", by)
            .detail("decision", weighed.decision.as_str())
            .detail("signals", row.signals.as_str());
        tx.audit(ctx, entry).await?;
        if refused {
            tx.emit(
                ctx,
                &SignInRefused {
                    staff,
                    signals: weighed.signals.clone(),
                },
            )
            .await?;
        }
        let told = match weighed.decision {
            RiskDecision::Refuse => Some(Touch::SignInRefused),
            RiskDecision::StepUp => Some(Touch::UnusualSignIn),
            RiskDecision::Allow => weighed
                .signals
                .contains(&RiskSignal::NewBrowser)
                .then_some(Touch::NewBrowser),
        };
        if let Some(told) = told {
            touched(tx, ctx, staff, told).await?;
        }
        Ok(())
    }

    /// The part of the network that a provider gives one customer after the other: 16 bits of IPv4, 32 of IPv6. Narrower,
    /// and every new address at home would be a new network.
    fn network_key(&self, address: IpAddr) -> Vec<u8> {
        let block = match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                format!("{a}.{b}.0.0/16")
            }
            IpAddr::V6(v6) => {
                let [a, b, ..] = v6.segments();
                format!("{a:x}:{b:x}::/32")
            }
        };
        self.vault.blind_index("seen_place", "network").of(&block)
    }

    fn country_key(&self, country: Country) -> Vec<u8> {
        self.vault
            .blind_index("seen_place", "country")
            .of(&String::from(country))
    }

    /// Wrong passwords in a row: those of this browser if it is known, of strangers otherwise.
    pub(crate) async fn password_failures(
        &self,
        tx: &mut Tx,
        staff: StaffId,
        device: Option<&[u8]>,
    ) -> Result<i64, DbError> {
        match device {
            Some(device) => crate::store::known_device::failures(tx, device).await,
            None => staff::password_failures(tx, staff).await,
        }
    }
}

/// Why a sign-in was not weighed.
#[derive(Debug, thiserror::Error)]
pub enum SignInRiskError {
    /// What is kept could not be written.
    #[error("the place of a sign-in cannot be written")]
    State(#[source] serde_json::Error),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

fn address_of(network: &str) -> Option<IpAddr> {
    network.trim_end_matches("/64").parse().ok()
}

fn decided(policy: &[(RiskSignal, RiskDecision)], signal: RiskSignal) -> RiskDecision {
    let found = policy.iter().find(|(other, _)| *other == signal);
    found.map_or_else(|| usual_decision(signal), |(_, decision)| *decision)
}
