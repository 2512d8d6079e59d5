//! What speaks against a sign-in being its owner's, and what follows from it.

use wd_geoip::Spot;
use wd_kernel::{Duration, Timestamp};

use super::words;

words! {
    /// Something that speaks against a sign-in being its owner's.
    #[derive(PartialOrd, Ord)]
    RiskSignal {
        /// The browser has not been signed in from before, or not for half a year.
        NewBrowser = "new-browser",
        /// The network has not been signed in from in the last 90 days.
        NewNetwork = "new-network",
        /// The country has not been signed in from in the last 90 days.
        NewCountry = "new-country",
        /// Nobody gets from the place of the sign-in before to this one in the time between.
        ImpossibleTravel = "impossible-travel",
        /// There were wrong passwords or codes just before.
        Failures = "failures",
        /// The password is known to be in a breach.
        BreachedPassword = "breached-password",
        /// Signs of fraud elsewhere.
        Fraud = "fraud",
        /// The device is not in the state it has to be in.
        DevicePosture = "device-posture",
    }
}

words! {
    /// What is decided about a sign-in. The order is the order of strictness.
    #[derive(PartialOrd, Ord)]
    RiskDecision {
        /// It is a sign-in like any other.
        Allow = "allow",
        /// The strongest factor must be shown, and what a false page could have passed on opens no dangerous act.
        StepUp = "step-up",
        /// Nobody gets in like this.
        Refuse = "refuse",
    }
}

words! {
    /// What the owner says of a sign-in.
    RiskAnswer {
        /// It was theirs.
        Me = "me",
        /// It was not.
        NotMe = "not-me",
    }
}

/// All signals there are.
pub const RISK_SIGNALS: [RiskSignal; 8] = [
    RiskSignal::NewBrowser,
    RiskSignal::NewNetwork,
    RiskSignal::NewCountry,
    RiskSignal::ImpossibleTravel,
    RiskSignal::Failures,
    RiskSignal::BreachedPassword,
    RiskSignal::Fraud,
    RiskSignal::DevicePosture,
];

/// So many wrong ones in a row, and it was more than a slip of the finger.
pub const MANY_FAILURES: i64 = 5;

/// For how long a network or a country stays known without a sign-in from there.
pub const PLACE_KNOWN_FOR: Duration = Duration::from_hours(90 * 24);

/// For how long the owner can say of a sign-in whose it was, and sees it.
pub const REVIEW_FOR: Duration = Duration::from_hours(90 * 24);

/// For how long a browser that was merely new cannot speak for its owner: they have been told, and asked in every other
/// browser of theirs.
pub const DOUBTED_FOR: Duration = Duration::from_hours(14 * 24);

/// Faster nobody travels: an airliner's cruise with the wind behind it.
const FASTEST_KM_AN_HOUR: f64 = 1000.0;

/// Distances below this are what databases of addresses err by.
const NEAR_KM: f64 = 500.0;

/// What a signal leads to, as long as the organisation has not decided otherwise.
pub const fn usual_decision(signal: RiskSignal) -> RiskDecision {
    match signal {
        RiskSignal::NewBrowser | RiskSignal::NewNetwork => RiskDecision::Allow,
        RiskSignal::NewCountry
        | RiskSignal::ImpossibleTravel
        | RiskSignal::Failures
        | RiskSignal::BreachedPassword
        | RiskSignal::DevicePosture => RiskDecision::StepUp,
        RiskSignal::Fraud => RiskDecision::Refuse,
    }
}

/// Whether the owner is asked if it was them. A known browser in another network is what every journey looks like.
pub fn is_asked_about(signals: &[RiskSignal], decision: RiskDecision) -> bool {
    decision > RiskDecision::Allow || signals.contains(&RiskSignal::NewBrowser)
}

/// Whether nobody gets from one place to the other in this time, even if both are as near to each other as the database
/// leaves open.
pub fn is_impossible_travel(from: &Spot, to: &Spot, within: Duration) -> bool {
    let way = from.distance_km(to) - from.radius_km - to.radius_km;
    let hours = within.as_secs_f64() / 3600.0;
    way > NEAR_KM && way > hours * FASTEST_KM_AN_HOUR
}

/// Since when a sign-in counts as lately.
pub fn known_since(now: Timestamp) -> Timestamp {
    now - PLACE_KNOWN_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARIS: Spot = spot(48.85, 2.35, 20.0);
    const LYON: Spot = spot(45.76, 4.84, 20.0);
    const NEW_YORK: Spot = spot(40.71, -74.0, 50.0);

    const fn spot(latitude: f64, longitude: f64, radius_km: f64) -> Spot {
        Spot {
            latitude,
            longitude,
            radius_km,
        }
    }

    #[test]
    fn nobody_is_in_paris_and_in_new_york_within_five_hours() {
        let table = [
            (PARIS, NEW_YORK, 5, true),
            (NEW_YORK, PARIS, 0, true),
            (PARIS, NEW_YORK, 6, false),
            (PARIS, LYON, 0, false),
            (PARIS, PARIS, 0, false),
            // The database may be wrong by half the world.
            (PARIS, spot(40.71, -74.0, 6000.0), 0, false),
        ];
        for (from, to, hours, impossible) in table {
            let within = Duration::from_hours(hours);
            assert_eq!(
                is_impossible_travel(&from, &to, within),
                impossible,
                "{from:?} {to:?} {hours}"
            );
        }
    }

    #[test]
    fn a_new_browser_is_asked_about_and_a_known_one_on_a_journey_is_not() {
        use RiskDecision::{Allow, StepUp};
        use RiskSignal::{NewBrowser, NewCountry, NewNetwork};
        assert!(is_asked_about(&[NewBrowser], Allow));
        assert!(is_asked_about(&[NewNetwork, NewCountry], StepUp));
        assert!(!is_asked_about(&[NewNetwork], Allow));
        assert!(!is_asked_about(&[], Allow));
    }

    #[test]
    fn every_signal_is_listed_once() {
        for (at, signal) in RISK_SIGNALS.iter().enumerate() {
            assert_eq!(RISK_SIGNALS.iter().position(|other| other == signal), Some(at));
        }
    }
}
