//! The tables of this domain.

pub(crate) mod attempt;
pub(crate) mod blind_scan;
pub(crate) mod breach;
pub(crate) mod browser;
pub(crate) mod ceremony;
pub(crate) mod factor;
pub(crate) mod factor_coverage;
pub(crate) mod factor_policy;
pub(crate) mod invitation;
pub(crate) mod known_device;
pub(crate) mod mail_address;
pub(crate) mod password_hashing;
pub(crate) mod password_history;
pub(crate) mod password_policy;
pub(crate) mod re_proofing;
pub(crate) mod session;
pub(crate) mod session_policy;
pub(crate) mod sign_in_risk;
pub(crate) mod sms_code;
pub(crate) mod staff;
pub(crate) mod wave;
