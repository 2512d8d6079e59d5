//! What happens here, for those who react to it.

use serde::{Deserialize, Serialize};
use wd_kernel::{BrowserId, Event, FactorId, FactorWaveId, ReProofingId, SessionId, StaffId, Timestamp};

use crate::model::{FactorKind, FactorStrength, ReProofingStep, RiskSignal, SessionKind, Touch, WaveStep};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty),* }

        impl Event for $name {
            const KIND: &'static str = $kind;
        }
    )*};
}

events! {
    /// Somebody was invited, or got a new link.
    StaffInvited = "identity.staff-invited" {
        /// Who.
        staff: StaffId,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// Somebody finished setting up the account.
    StaffActivated = "identity.staff-activated" {
        /// Who.
        staff: StaffId,
    }
    /// Somebody left: sessions have ended, devices are revoked.
    StaffDisabled = "identity.staff-disabled" {
        /// Who.
        staff: StaffId,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// A password was found in a breach: all sessions have ended, and it must be changed.
    PasswordBreached = "identity.password-breached" {
        /// Whose.
        staff: StaffId,
        /// Whether a scan found it; otherwise somebody has just signed in with it.
        #[serde(default)]
        by_scan: bool,
    }
    /// Whether passwords are tested without sign-in was decided.
    BlindScanSwitched = "identity.blind-scan-switched" {
        /// Counts the decisions.
        version: i64,
        /// Whether they are from now on.
        enabled: bool,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        by: Option<StaffId>,
    }
    /// Name, password and factor were right, and so much speaks against the sign-in that nobody was let in.
    SignInRefused = "identity.sign-in-refused" {
        /// Whose account.
        staff: StaffId,
        /// What speaks against it.
        signals: Vec<RiskSignal>,
    }
    /// Somebody said that a sign-in was not theirs: sessions have ended, and what was signed in with is locked.
    SignInDisowned = "identity.sign-in-disowned" {
        /// Whose account.
        staff: StaffId,
        /// With what it was done: a kind of factor, or `provider`.
        by: String,
    }
    /// What follows from signals against a sign-in was changed.
    RiskPolicyChanged = "identity.risk-policy-changed" {
        /// The signals that lead to less than before.
        lowered: Vec<RiskSignal>,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        by: Option<StaffId>,
    }
    /// A session began. Only the kind `full` gives rights.
    SessionStarted = "identity.session-started" {
        /// The session.
        session: SessionId,
        /// Whose.
        staff: StaffId,
        /// What it is good for.
        kind: SessionKind,
    }
    /// A session ended; its sockets must close.
    SessionEnded = "identity.session-ended" {
        /// The session.
        session: SessionId,
        /// Whose.
        staff: StaffId,
    }
    /// Somebody has one more second factor.
    FactorAdded = "identity.factor-added" {
        /// The factor.
        factor: FactorId,
        /// Whose.
        staff: StaffId,
        /// Of which kind.
        kind: FactorKind,
    }
    /// Somebody has one second factor less.
    FactorRemoved = "identity.factor-removed" {
        /// The factor.
        factor: FactorId,
        /// Whose.
        staff: StaffId,
        /// Of which kind.
        kind: FactorKind,
    }
    /// A hundred wrong codes in a row: a factor does not work any more. Its owner is to be told.
    FactorDisabled = "identity.factor-disabled" {
        /// The factor.
        factor: FactorId,
        /// Whose.
        staff: StaffId,
        /// Of which kind.
        kind: FactorKind,
    }
    /// A passkey answered with a counter that it had shown before: somebody has a copy. It does not work any more, and all
    /// sessions of its owner have ended.
    PasskeyCopied = "identity.passkey-copied" {
        /// The factor.
        factor: FactorId,
        /// Whose.
        staff: StaffId,
    }
    /// A remembered browser showed a token that had been replaced: somebody has a copy. It is forgotten, and what began in
    /// it has ended.
    BrowserCopied = "identity.browser-copied" {
        /// The browser.
        browser: BrowserId,
        /// Whose.
        staff: StaffId,
    }
    /// What a role asks of second factors has changed.
    FactorPolicyChanged = "identity.factor-policy-changed" {
        /// The name of the role.
        role: String,
        /// The policy's version from now on.
        version: i64,
        /// Whether it asks for less than before, or later.
        #[serde(default)]
        lowered: bool,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// How long the sessions of a role last has changed.
    SessionPolicyChanged = "identity.session-policy-changed" {
        /// The name of the role.
        role: String,
        /// The policy's version from now on.
        version: i64,
        /// Whether sessions may last longer than before, with or without use.
        #[serde(default)]
        lowered: bool,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// A wave of a roll-out of second factors was made, changed or ended.
    FactorWaveMoved = "identity.factor-wave-moved" {
        /// Which one.
        wave: FactorWaveId,
        /// Its version from now on.
        version: i64,
        /// What was done to it.
        step: WaveStep,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// Somebody who is left by a wave is to be reminded, wherever they can be reached.
    FactorReminder = "identity.factor-reminder" {
        /// The wave.
        wave: FactorWaveId,
        /// Who.
        staff: StaffId,
        /// What they must have.
        asks: FactorStrength,
        /// From when on they can do nothing else without it.
        due_at: Timestamp,
    }
    /// A hundred wrong passwords in a row: the password does not work any more. Its owner is to be told.
    PasswordDisabled = "identity.password-disabled" {
        /// Whose.
        staff: StaffId,
    }
    /// Somebody has a new password; all other sessions have ended. Its owner is to be told.
    PasswordChanged = "identity.password-changed" {
        /// Whose.
        staff: StaffId,
    }
    /// What the passwords of a role must be has changed.
    PasswordPolicyChanged = "identity.password-policy-changed" {
        /// The name of the role.
        role: String,
        /// The policy's version from now on.
        version: i64,
        /// Whether it lets pass what it did not before.
        #[serde(default)]
        lowered: bool,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// Somebody who had left may come back, with a new link and none of the old factors.
    StaffEnabled = "identity.staff-enabled" {
        /// Who.
        staff: StaffId,
        /// By whom of the staff; `None` is the command line, or Wardesk itself.
        #[serde(default)]
        by: Option<StaffId>,
    }
    /// Something happened to an account that its owner is to be told of, wherever they can be reached.
    AccountTouched = "identity.account-touched" {
        /// Whose.
        staff: StaffId,
        /// What.
        what: Touch,
        /// In which session of theirs, if in one.
        session: Option<SessionId>,
        /// By whom else of the staff, if by somebody.
        by: Option<StaffId>,
    }
    /// A recovery code was spent. Its owner is to be told of each.
    RecoveryCodeUsed = "identity.recovery-code-used" {
        /// Whose.
        staff: StaffId,
        /// How many are left.
        remaining: i64,
    }
    /// The case of somebody who lost all factors went on. Its owner and security are to be told of each step.
    ReProofingMoved = "identity.re-proofing-moved" {
        /// The case.
        case: ReProofingId,
        /// Whose account it is about.
        staff: StaffId,
        /// What happened.
        step: ReProofingStep,
        /// By whom of the staff; `None` is Wardesk itself, or the person before the second factor.
        by: Option<StaffId>,
    }
    /// How long those who lost all factors wait was changed.
    ReProofingWaitsChanged = "identity.re-proofing-waits-changed" {
        /// By whom; `None` is the command line.
        by: Option<StaffId>,
        /// Hours for most people.
        ordinary_hours: i64,
        /// Hours for those with administrative rights.
        administrative_hours: i64,
    }
}
