use wd_channels::ChannelsError;
use wd_customer_proof::{PasskeyError, ProofError};
use wd_db::DbError;
use wd_desk::DeskError;
use wd_kernel::{Denied, Problem, ProblemCode};
use wd_mail::{BadMail, OutgoingError};
use wd_sms::{BadText, TextsError, Trouble};
use wd_web::Fails;

/// Why a use case refuses, or fails.
#[derive(Debug, thiserror::Error)]
pub enum CustomerProofError {
    /// The right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The state does not allow it.
    #[error("{0}")]
    Conflict(&'static str),
    /// The code is wrong, and was counted.
    #[error("the code is wrong")]
    Wrong {
        /// How many tries are left.
        left: i64,
    },
    /// The passkey's answer is not accepted, and was counted.
    #[error("the passkey's answer is not accepted")]
    WrongPasskey {
        /// How many tries are left.
        left: i64,
    },
    /// The new passkey is not accepted.
    #[error("the new passkey is not accepted")]
    NoPasskey,
    /// Neither the company's site nor a proof says who the customer is.
    #[error("neither the site nor a proof says who this is")]
    NotKnown,
    /// It has not the form of a code, and was not counted.
    #[error("this is not a code")]
    NoCode,
    /// The device is not named, or not one of the customer's in the conversation.
    #[error("the device is not in the conversation")]
    NotThisDevice,
    /// The address had too many mails within an hour.
    #[error("the address had too many mails")]
    TooManyMails,
    /// A limit of text messages.
    #[error("a limit of text messages is in the way")]
    NoText(Trouble),
    /// Requests and codes.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Passkeys.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// The desk refused or failed.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The delivery service failed.
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    /// The mail could not be queued.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The mail's words are none that a mail can hold: a fault of ours.
    #[error(transparent)]
    Words(#[from] BadMail),
    /// The text message's words are none that it can hold: a fault of ours.
    #[error(transparent)]
    TextWords(#[from] BadText),
    /// The text message could not be queued.
    #[error(transparent)]
    Texts(#[from] TextsError),
    /// The record could not be read.
    #[error("the record could not be read")]
    Record(#[source] super::RecordError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Fails for CustomerProofError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Conflict(detail) => Problem::new(ProblemCode::Conflict).detail(*detail),
            Self::Wrong { left: 1 } => Problem::invalid("code", "This is not the code. One try is left."),
            Self::Wrong { left } => Problem::invalid("code", format!("This is not the code. {left} tries are left.")),
            Self::WrongPasskey { left: 1 } => {
                Problem::invalid("answer", "This passkey was not accepted. One try is left.")
            }
            Self::WrongPasskey { left } => Problem::invalid(
                "answer",
                format!("This passkey was not accepted. {left} tries are left."),
            ),
            Self::NoPasskey => Problem::invalid("answer", "The passkey was not accepted. Start again."),
            Self::NotKnown => Problem::new(ProblemCode::Forbidden)
                .detail("Sign in on the website first, or show in the conversation who you are."),
            Self::NoCode => Problem::invalid("code", "A code is six digits."),
            Self::NotThisDevice => ProblemCode::NotFound.into(),
            Self::TooManyMails => Problem::new(ProblemCode::RateLimited).retry_after(3600),
            Self::NoText(Trouble::NumberLimit) => Problem::new(ProblemCode::RateLimited)
                .detail("This number had too many text messages. Try again in an hour.")
                .retry_after(3600),
            Self::NoText(Trouble::AddressLimit) => Problem::new(ProblemCode::RateLimited)
                .detail("Too many text messages were asked for from this network. Try again in an hour.")
                .retry_after(3600),
            Self::NoText(_) => Problem::new(ProblemCode::RateLimited)
                .detail("No text messages can be sent at present. Try again later."),
            Self::Proof(error) => error.problem(),
            Self::Passkey(error) => error.problem(),
            Self::Desk(error) => error.problem(),
            Self::Channels(error) => error.problem(),
            Self::Outgoing(_)
            | Self::Words(_)
            | Self::TextWords(_)
            | Self::Texts(_)
            | Self::Record(_)
            | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(CustomerProofError);
