//! Rules of sign-in as functions of values: no database, no clock.

mod attempt;
mod factor;
mod factor_policy;
mod guessing;
mod login;
mod make;
mod password;
mod policy;
mod re_proofing;
mod re_proofing_privilege;
mod re_proofing_procedure;
mod re_proofing_text;
mod risk;
mod session;
mod session_policy;
mod sign_in_risk;
mod sms;
mod wave;

pub use attempt::{Bucket, MOST_FAILURES, Tally};
pub use factor::{FactorKind, PasskeyKept, recovery};
pub use factor_policy::{
    Demand, FactorPolicy, FactorStrength, REMEMBERED, first_due, fresh_for, next_due, own_strength, strength,
    strength_shown,
};
pub use login::{BadLogin, BadName, Login, shown_name};
pub use make::{Aaguid, BadAaguid, Grade, Makes};
pub use password::{Context, Opinion, judge, normalised};
pub use policy::{
    BadPolicy, ChangeReason, Composition, Deviation, MOST_HISTORY, PRESETS, PasswordPolicy, Preset, classes,
};
pub use re_proofing::{
    Case, MOST_REQUESTS, Move, REQUEST_FOR, REQUESTS_WITHIN, ReProofingReason, ReProofingState, ReProofingStep,
    Refusal, Waits, approval,
};
pub use re_proofing_privilege::Privilege;
pub use re_proofing_procedure::{
    Answers, BadAnswers, PROCEDURE, ProcedureChoice, ProcedureStep, Verdict, judge_answers,
};
pub use re_proofing_text::re_proofing_text;
pub use risk::{Exposure, OF_LATE, Risk, RiskReason, worth_of};
pub use session::{CHANGE_FOR, ENROL_FOR, FULL_FOR, MOST_SESSIONS, PENDING_FOR, STEP_UP_FOR, SessionKind, lives_until};
pub use session_policy::{BadSessionLimits, SessionDeviation, SessionLimits};
pub use sign_in_risk::{
    DOUBTED_FOR, MANY_FAILURES, REVIEW_FOR, RISK_SIGNALS, RiskAnswer, RiskDecision, RiskSignal, is_asked_about,
    is_impossible_travel, known_since, usual_decision,
};
pub use sms::{MOST_NUMBERS, SMS_CODE_FOR, SMS_HELD_FOR, SmsFailures, SmsSendings, TextMessageOffer, sms_text};
pub use wave::{BadWave, Reminder, WaveState, WaveTerms, wave_name};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// The word in the database and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        // The derive does not see words that come out of a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),*]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl wd_db::Column for $name {
            fn bind(&self) -> wd_db::Bound {
                wd_db::Bound::Text(Some(self.as_str().to_owned()))
            }
            fn null() -> wd_db::Bound {
                wd_db::Bound::Text(None)
            }
            fn read(row: &wd_db::Row, at: wd_db::Place<'_>) -> Result<Option<Self>, wd_db::DbError> {
                match String::read(row, at)?.as_deref() {
                    None => Ok(None),
                    $(Some($word) => Ok(Some(Self::$variant)),)*
                    Some(_) => Err(wd_db::DbError::Column { column: stringify!($name).to_owned() }),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a staff member stands.
    StaffState {
        /// Has a link, has not finished setting up.
        Invited = "invited",
        /// Can sign in.
        Active = "active",
        /// Left.
        Disabled = "disabled",
    }
}

words! {
    /// What was done to a wave.
    WaveStep {
        /// It is new.
        Made = "made",
        /// It asks at least as much as before, not later, and of nobody less.
        Changed = "changed",
        /// It asks for less, or later, or of fewer people.
        Lowered = "lowered",
        /// Nobody is asked by it any more.
        Ended = "ended",
    }
}

words! {
    /// What an invitation link is for.
    Purpose {
        /// The first set-up of an account.
        Join = "join",
        /// A new start for somebody who lost the way in: password and factors are set anew.
        Recover = "recover",
    }
}

words! {
    /// What a WebAuthn ceremony is for.
    CeremonyPurpose {
        /// Signing in with a passkey alone.
        SignIn = "sign-in",
        /// The second factor after the password.
        SecondFactor = "second-factor",
        /// A fresh factor in a session.
        StepUp = "step-up",
        /// A new passkey.
        Enrol = "enrol",
    }
}

words! {
    /// What happened to an account, as its owner is told.
    Touch {
        /// There is a new password.
        PasswordChanged = "password-changed",
        /// A hundred wrong passwords: it works in known browsers only.
        PasswordStopped = "password-stopped",
        /// The password was found in a breach: it must be changed, and all sessions have ended.
        PasswordBreached = "password-breached",
        /// A scan found the password in a breach: the same follows.
        PasswordFoundByScan = "password-found-by-scan",
        /// The newest list of breached passwords has not seen the password: signing in with it checks it.
        PasswordCheckAsked = "password-check-asked",
        /// One more second factor.
        FactorAdded = "factor-added",
        /// One second factor less.
        FactorRemoved = "factor-removed",
        /// A hundred wrong codes: a factor does not work any more.
        FactorStopped = "factor-stopped",
        /// A passkey answered like a copy: it does not work any more, and all sessions have ended.
        PasskeyCopied = "passkey-copied",
        /// A recovery code was spent.
        RecoveryCodeUsed = "recovery-code-used",
        /// There are new recovery codes; the old ones do not work.
        RecoveryCodesMade = "recovery-codes-made",
        /// Somebody signed in from a browser that was not known.
        NewBrowser = "new-browser",
        /// Something speaks against a sign-in; they were let in.
        UnusualSignIn = "unusual-sign-in",
        /// So much speaks against a sign-in that they were not let in.
        SignInRefused = "sign-in-refused",
        /// The owner said that a sign-in was not theirs.
        SignInDisowned = "sign-in-disowned",
        /// A remembered browser was copied: it is forgotten, and its sessions have ended.
        BrowserCopied = "browser-copied",
        /// A link was made with which the account starts over.
        LinkMade = "link-made",
        /// The account was enabled again.
        Enabled = "enabled",
        /// Somebody else ended all sessions.
        SessionsEnded = "sessions-ended",
        /// Somebody else had one browser forgotten, and the sessions in it ended.
        BrowserForgotten = "browser-forgotten",
        /// An account at the sign-in provider was bound: it signs in from now on.
        ProviderBound = "provider-bound",
        /// No account at the sign-in provider is bound any more.
        ProviderUnbound = "provider-unbound",
        /// Notices go to another mail address now.
        MailAddressChanged = "mail-address-changed",
    }
}
