//! Requests, codes and proofs. Pure.

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, Ctx, CustomerId, DeviceId, Duration, ProofRequestId, SmsId, StaffId, Timestamp};

/// How often codes of one request may be tried.
pub const TRIES: i64 = 5;
/// How many wrong answers of one customer, over all requests and conversations of a day, stop their codes. Whoever guesses
/// has an agent ask again and again: with ten a day, a code of six digits is found in a hundred thousand days.
pub const WRONG: i64 = 10;
/// How many codes one request may send.
pub const CODES: i64 = 3;
/// How often a limit may stop the codes of one request.
pub const REFUSED: i64 = 5;
/// How long a proof counts.
pub const VALID: Duration = Duration::from_secs(15 * 60);
/// How long nothing is proved by an address after it changed, and by a passkey after it was added.
pub const HOLD: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a code counts, and a question for a passkey.
pub const CODE: Duration = Duration::from_secs(10 * 60);
/// How long a wrong answer counts, from the end of its request.
pub(crate) const WRONG_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a request waits for its customer.
pub(crate) const REQUEST: Duration = Duration::from_secs(30 * 60);

/// By what a customer proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProofChannel)]
pub enum Channel {
    /// A one-time code to the mail address on file.
    MailCode,
    /// A one-time code to the telephone number on file.
    PhoneCode,
    /// A passkey of the customer's own.
    Passkey,
}

/// How much a proof says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProofStrength)]
pub enum Strength {
    /// Whoever reads the mail can give it. NIST SP 800-63B-4 does not count mail as an authenticator.
    WeakToMedium,
    /// Whoever reads the messages of the number can give it: networks, and who takes the number over. NIST SP 800-63B-4
    /// counts it, as a restricted authenticator.
    Medium,
    /// It resists phishing, and the device verified who used it: AAL2 of NIST SP 800-63B-4.
    Strong,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MailCode, Self::PhoneCode, Self::Passkey];

    /// The word, as in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MailCode => "mail_code",
            Self::PhoneCode => "phone_code",
            Self::Passkey => "passkey",
        }
    }

    /// From the word in the database.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }

    /// How much a proof by it says.
    pub const fn strength(self) -> Strength {
        match self {
            Self::MailCode => Strength::WeakToMedium,
            Self::PhoneCode => Strength::Medium,
            Self::Passkey => Strength::Strong,
        }
    }
}

/// Where a request stands, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for the customer, unless its time is over.
    Asked,
    /// It was answered.
    Proved,
    /// All tries were wrong.
    Failed,
    /// A newer request took its place.
    Replaced,
}

impl State {
    /// From the word in the database.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "asked" => Self::Asked,
            "proved" => Self::Proved,
            "failed" => Self::Failed,
            "replaced" => Self::Replaced,
            _ => return None,
        })
    }
}

/// The device and session that ask or answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The device.
    pub device: DeviceId,
    /// The hash of the session's token.
    pub session: Vec<u8>,
}

impl Asking {
    /// From the token of a widget's session.
    pub fn new(device: DeviceId, token: &str) -> Self {
        Self {
            device,
            session: wd_crypto::token_hash(token).to_vec(),
        }
    }
}

/// A wish for a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: ProofRequestId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Of whom.
    pub customer: CustomerId,
    /// Who asked.
    pub asked_by: StaffId,
    /// By what it is answered.
    pub channel: Channel,
    /// Where it stands.
    pub state: State,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when it waits.
    pub ends_at: Timestamp,
    /// Who began to answer, and may go on.
    pub begun_by: Option<Asking>,
    /// How many codes were sent.
    pub codes: i64,
    /// How many tries were made.
    pub tries: i64,
    /// Until when the newest code counts, or the newest question for a passkey.
    pub code_ends_at: Option<Timestamp>,
    /// The text message that the newest code went out in.
    pub message: Option<SmsId>,
    /// When it was answered.
    pub proved_at: Option<Timestamp>,
    /// When the last try was wrong.
    pub failed_at: Option<Timestamp>,
}

impl Request {
    /// Whether it still waits for its customer.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.state == State::Asked && self.ends_at > now
    }

    /// Whether this device and session may begin or go on.
    pub fn is_for(&self, asking: &Asking) -> bool {
        self.begun_by.as_ref().is_none_or(|begun| begun == asking)
    }
}

/// A proof that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// By what.
    pub channel: Channel,
    /// Who gave it: it counts while these do.
    pub given_by: Asking,
    /// When.
    pub proved_at: Timestamp,
    /// Until when it counts.
    pub valid_until: Timestamp,
}

/// How many tries are left: of a request that had so many, and for codes of what its customer answered wrong within a day.
/// A passkey's answer is not to be guessed, so that a day of wrong ones does not keep its owner from it.
pub(crate) fn left(channel: Channel, tries: i64, wrong: i64) -> i64 {
    let of_request = TRIES - tries;
    let left = match channel {
        Channel::MailCode | Channel::PhoneCode => of_request.min(WRONG - wrong),
        Channel::Passkey => of_request,
    };
    left.max(0)
}

/// Whether an address changed so lately that nothing is proved by it.
pub fn is_held(changed_at: Option<Timestamp>, now: Timestamp) -> bool {
    changed_at.is_some_and(|at| at + HOLD > now)
}

/// Whether this has the form of a code: six digits.
pub fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Six digits, each as likely as the other: numbers beyond the last full million are drawn again.
pub(crate) fn draw(ctx: &Ctx) -> String {
    const FULL: u32 = u32::MAX / 1_000_000 * 1_000_000;
    loop {
        let number = u32::from_be_bytes(ctx.random());
        if number < FULL {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

/// A mail address as its owner knows it again and nobody else can use it: `m…@e….org`.
pub fn masked(mail: &str) -> String {
    let (local, domain) = mail.rsplit_once('@').unwrap_or((mail, ""));
    let (name, end) = domain.rsplit_once('.').unwrap_or((domain, ""));
    let first = |text: &str| text.chars().take(1).collect::<String>();
    format!("{}…@{}….{end}", first(local), first(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_shows_two_letters_and_the_end() {
        assert_eq!(masked("mia.keller@example.org"), "m…@e….org");
        assert_eq!(masked("ö@sub.ärger.co.uk"), "ö…@s….uk");
    }

    #[test]
    fn a_code_is_six_ascii_digits() {
        for (text, fine) in [
            ("012345", true),
            ("12345", false),
            ("1234567", false),
            ("12345٣", false),
            ("12 456", false),
        ] {
            assert_eq!(is_code(text), fine, "{text}");
        }
    }

    #[test]
    fn of_the_tries_of_a_request_and_of_a_day_the_fewer_are_left() {
        for (channel, tries, wrong, expected) in [
            (Channel::MailCode, 0, 0, 5),
            (Channel::MailCode, 2, 2, 3),
            (Channel::PhoneCode, 1, 8, 2),
            (Channel::PhoneCode, 0, 10, 0),
            (Channel::MailCode, 0, 12, 0),
            (Channel::Passkey, 1, 12, 4),
            (Channel::Passkey, 5, 5, 0),
        ] {
            assert_eq!(left(channel, tries, wrong), expected, "{channel:?} {tries} {wrong}");
        }
    }

    #[test]
    fn an_address_is_held_for_a_day_after_it_changed() {
        let at = Timestamp::from_seconds(1_000);
        let after = |seconds| at + Duration::from_secs(seconds);
        assert!(!is_held(None, at));
        assert!(is_held(Some(at), after(86_399)));
        assert!(!is_held(Some(at), after(86_400)));
    }
}
