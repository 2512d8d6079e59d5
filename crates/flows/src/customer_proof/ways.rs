//! By what a customer can be asked, and what is in the way of it.

use serde::Serialize;
use wd_customer_proof::{CODES_STOPPED, Channel, PasskeysNow, Strength, is_held};
use wd_db::Tx;
use wd_kernel::{Ctx, CustomerId};
use wd_mail::MailAddress;
use wd_sms::PhoneNumber;

use super::{CustomerProofError, CustomerProofs};

/// What is in the way of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProofObstacle)]
pub enum Obstacle {
    /// The settings name nobody who delivers.
    NotSetUp,
    /// The record has no such address, or the customer no such passkey.
    NothingOnFile,
    /// The address changed within the last 24 hours, or all passkeys were added within them.
    Held,
    /// Nothing can be sent to the address: it is none, or no text messages go to its country.
    NotSendable,
    /// So many answers were wrong within a day that no code is asked for or taken: somebody may be trying to pass as the
    /// customer.
    TooManyWrong,
}

/// By what a customer can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ProofWay)]
pub struct Way {
    /// By what.
    pub channel: Channel,
    /// How much a proof by it says.
    pub strength: Strength,
    /// What is in the way; `null` when nothing is.
    pub obstacle: Option<Obstacle>,
}

/// Where a code goes, or who answers.
pub(super) enum Target {
    Mail(MailAddress),
    Phone(PhoneNumber),
    Passkey,
}

impl CustomerProofs {
    /// All ways to a customer, with what is in the way of each.
    pub(super) async fn ways(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
    ) -> Result<Vec<Way>, CustomerProofError> {
        let mut ways = Vec::with_capacity(Channel::ALL.len());
        for channel in Channel::ALL {
            ways.push(Way {
                channel,
                strength: channel.strength(),
                obstacle: self.target(tx, ctx, customer, channel).await?.err(),
            });
        }
        Ok(ways)
    }

    /// The address on file or the passkeys, if something can be proved by them now.
    pub(super) async fn target(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        channel: Channel,
    ) -> Result<Result<Target, Obstacle>, CustomerProofError> {
        let is_set_up = match channel {
            Channel::MailCode => self.outgoing.is_set_up(),
            Channel::PhoneCode => self.texts.is_set_up(),
            Channel::Passkey => {
                let now = self.proofs.passkeys_now_in(tx, customer, ctx.now()).await?;
                return Ok(match now {
                    PasskeysNow::None => Err(Obstacle::NothingOnFile),
                    PasskeysNow::Held => Err(Obstacle::Held),
                    PasskeysNow::Count => Ok(Target::Passkey),
                });
            }
        };
        if !is_set_up {
            return Ok(Err(Obstacle::NotSetUp));
        }
        let on_file = self.on_file.address(tx, customer, channel).await;
        let Some((address, changed_at)) = on_file.map_err(CustomerProofError::Record)? else {
            return Ok(Err(Obstacle::NothingOnFile));
        };
        if is_held(changed_at, ctx.now()) {
            return Ok(Err(Obstacle::Held));
        }
        if self.proofs.codes_are_stopped_in(tx, customer, ctx.now()).await? {
            return Ok(Err(Obstacle::TooManyWrong));
        }
        let target = match channel {
            Channel::MailCode => address.expose().parse().ok().map(Target::Mail),
            Channel::PhoneCode => {
                let number = address.expose().parse().ok();
                number.filter(|number| self.texts.reaches(number)).map(Target::Phone)
            }
            Channel::Passkey => None,
        };
        Ok(target.ok_or(Obstacle::NotSendable))
    }
}

/// The refusal, for staff who ask.
pub(super) const fn refused(channel: Channel, obstacle: Obstacle) -> CustomerProofError {
    use Channel::{MailCode, Passkey, PhoneCode};
    CustomerProofError::Conflict(match (channel, obstacle) {
        (MailCode, Obstacle::NotSetUp) => "no mail server is set up",
        (PhoneCode, Obstacle::NotSetUp) => "no text messages are set up",
        (MailCode, Obstacle::NothingOnFile) => "there is no mail address on file for this customer",
        (PhoneCode, Obstacle::NothingOnFile) => "there is no telephone number on file for this customer",
        (MailCode, Obstacle::Held) => {
            "the mail address on file changed less than 24 hours ago, so nothing is proved by it yet"
        }
        (PhoneCode, Obstacle::Held) => {
            "the telephone number on file changed less than 24 hours ago, so nothing is proved by it yet"
        }
        (MailCode, Obstacle::NotSendable) => "no mail can be sent to the address on file",
        (PhoneCode, Obstacle::NotSendable) => "no text message can be sent to the number on file",
        (Passkey, Obstacle::Held) => {
            "this customer's passkeys were added less than 24 hours ago, so nothing is proved by them yet"
        }
        (MailCode | PhoneCode, Obstacle::TooManyWrong) => CODES_STOPPED,
        (Passkey, Obstacle::NothingOnFile | Obstacle::NotSetUp | Obstacle::NotSendable | Obstacle::TooManyWrong) => {
            "this customer has no passkey that counts"
        }
    })
}
