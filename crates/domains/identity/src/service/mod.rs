//! What one can do, one use case per file.

mod accept_invitation;
mod attempts;
mod authenticate;
mod blind_scan;
mod breached_passwords;
mod browsers;
mod change_password;
mod concerned;
mod factor_coverage;
mod factor_policy;
mod factors;
mod history;
mod invite;
mod mail_address;
mod password_hashing;
mod password_policy;
mod passwords;
mod re_proofing;
mod remembered;
mod rename;
mod session_policy;
mod sessions;
mod sign_in;
mod sign_in_risk;
mod sms;
mod staff;
mod state;
mod step_up;
mod sweep;
mod touched;
mod waves;

pub use accept_invitation::{InvitationError, InvitationView};
pub use authenticate::{AuthenticatedSession, Use};
#[cfg(test)]
pub(crate) use blind_scan::Claimed;
pub use blind_scan::{BlindScan, BlindScanChange, BlindScanDecision, BlindScanError, BlindScanRun};
pub use breached_passwords::{BreachDay, BreachError, BreachReport, FoundPassword, UnseenPassword};
pub use browsers::BrowserView;
pub use change_password::ChangePasswordError;
pub use concerned::{Concerned, ConcernedPerson, Consequence};
pub use factor_coverage::{Coverage, CoverageDay, CoverageQuery, CoveredPerson, Figures, RoleCoverage};
pub use factor_policy::{FactorPolicyChange, FactorPolicyError, FactorReach, LeftBehind, RoleFactors};
pub use factors::{EnrolmentOptions, FactorAdded, FactorError, FactorView, NumberToConfirm, TotpSecret};
pub use history::HistoryView;
pub use invite::{EnableError, InviteError, Invited};
pub use mail_address::{MAIL_CODE_FOR, MailAddressError, MailAddressView, MailProof};
pub use password_hashing::{HashingError, PasswordHashing};
pub use password_policy::{Decision, PolicyError, PolicyPreview, PolicyReach, RolePolicy};
pub use passwords::{CheckError, PasswordOpinion, PasswordRules};
pub(crate) use re_proofing::refusal_words;
pub use re_proofing::{
    Answer, OwnCase, OwnReProofing, ReProofingError, ReProofingTold, ReProofingView, Somebody, WaitsView,
};
pub use session_policy::{
    RoleSessions, SessionDecision, SessionPolicyChange, SessionPolicyError, SessionPreview, SessionReach,
};
pub use sessions::{SessionError, SessionView};
pub use sign_in::{CEREMONY_FOR, Lacking, PasskeyOptions, ProviderProof, ProviderSignInError, SignInError, SignedIn};
pub use sign_in_risk::{
    ReviewError, ReviewView, RiskPolicyError, RiskPolicyView, SignInAdvisers, SignInRiskError, SignalView,
};
pub use sms::{SmsCodeSent, SmsError};
pub use staff::{DisableError, EndedOfAll, StaffError, StaffView};
pub use state::{EnrolmentDue, Me, PasswordDue, SessionLife, SessionState, SignInState, TeamName};
pub use waves::{Named, ProposedPerson, ProposedWave, WaveChange, WaveError, WavePreview, WaveTier, WaveView, Waves};
