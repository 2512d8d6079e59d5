//! The customer's side: a code goes out, and comes back.

use std::net::IpAddr;

use wd_customer_proof::{Answer, Asking, Channel, Request, is_code};
use wd_db::Tx;
use wd_desk::{Case, Settings};
use wd_kernel::{ConversationId, Ctx, SecretString};
use wd_mail::Mail;
use wd_sms::{BadText, PhoneNumber, Text};

use super::{
    CustomerProofError, CustomerProofs, WidgetProof,
    place::Place,
    ways::{self, Target},
    words,
};

/// What is said after the last try.
pub(super) const LAST_TRY: &str = "that was the last try: the agent has to ask again";
const ANSWERED_BY_PASSKEY: &str = "this is answered with a passkey, not with a code";

impl CustomerProofs {
    /// Sends a code to the address on file, asked for from this network address. `site` is the origin of the page around
    /// the widget's frame, as the browser says; it counts as [`Place::new`] says.
    pub async fn send_code(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
        from: IpAddr,
        site: Option<&str>,
    ) -> Result<WidgetProof, CustomerProofError> {
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let (case, request) = self.waiting(&mut tx, ctx, id, asking).await?;
        let request = by_code(request)?;
        let target = self.target(&mut tx, ctx, case.customer, request.channel).await?;
        let to = target.map_err(|obstacle| ways::refused(request.channel, obstacle))?;
        let code = self.proofs.code_in(&mut tx, ctx, &request, asking).await?;
        let settings = self.desk.settings_in(&mut tx).await?;
        match to {
            Target::Mail(to) => {
                let until = ctx.now() + wd_customer_proof::CODE;
                let (subject, text) = words::mail(&settings.name, code.expose(), until);
                let mail = Mail::new(to, words::KIND, subject, text)?;
                self.mail(&mut tx, ctx, &request, mail).await?;
            }
            Target::Phone(to) => {
                let text = self.text(&settings, &to, code.expose(), site)?.asked_from(Some(from));
                match self.texts.send(&mut tx, ctx, text).await? {
                    wd_sms::Sent::Queued(message) => {
                        self.proofs.sent_in(&mut tx, ctx, &request, Some(message)).await?;
                    }
                    wd_sms::Sent::Refused(trouble) => {
                        // The list of text messages and the audit log say so, whatever comes.
                        self.proofs
                            .not_sent_in(&mut tx, ctx, &request, &code, trouble.as_str())
                            .await?;
                        tx.commit().await?;
                        return Err(CustomerProofError::NoText(trouble));
                    }
                    wd_sms::Sent::NotSetUp => {
                        return Err(ways::refused(request.channel, ways::Obstacle::NotSetUp));
                    }
                }
            }
            Target::Passkey => return Err(CustomerProofError::Conflict(ANSWERED_BY_PASSKEY)),
        }
        self.view_of(tx, ctx, &case, asking).await
    }

    /// The text message with a code, for the page on which the chat stands.
    pub(super) fn text(
        &self,
        settings: &Settings,
        to: &PhoneNumber,
        code: &str,
        site: Option<&str>,
    ) -> Result<Text, BadText> {
        let place = Place::new(&self.host, site, &settings.widget_origins);
        words::text(to, &settings.name, code, &place)
    }

    async fn mail(&self, tx: &mut Tx, ctx: &Ctx, request: &Request, mail: Mail) -> Result<(), CustomerProofError> {
        match self.outgoing.send(tx, ctx, mail).await? {
            wd_mail::Sent::Queued(_) => Ok(self.proofs.sent_in(tx, ctx, request, None).await?),
            wd_mail::Sent::Collapsed | wd_mail::Sent::Dropped => Err(CustomerProofError::TooManyMails),
            wd_mail::Sent::NotSetUp => Err(ways::refused(request.channel, ways::Obstacle::NotSetUp)),
        }
    }

    /// Tries a code. What was tried is counted whatever comes of it.
    pub async fn answer(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
        code: &SecretString,
    ) -> Result<WidgetProof, CustomerProofError> {
        if !is_code(code.expose()) {
            return Err(CustomerProofError::NoCode);
        }
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let (case, request) = self.waiting(&mut tx, ctx, id, asking).await?;
        let request = by_code(request)?;
        // The address may have been changed since, by a colleague whom its owner called.
        let on_file = self.target(&mut tx, ctx, case.customer, request.channel).await?;
        on_file.map_err(|obstacle| ways::refused(request.channel, obstacle))?;
        let answer = self
            .proofs
            .answer_in(&mut tx, ctx, &request, asking, code.expose())
            .await?;
        if let (Answer::Proved, Some(message)) = (answer, request.message) {
            self.texts.verified(&mut tx, ctx, message).await?;
        }
        let view = self.view_of(tx, ctx, &case, asking).await?;
        match answer {
            Answer::Proved => Ok(view),
            Answer::Wrong { left } => Err(CustomerProofError::Wrong { left }),
            Answer::Failed => Err(CustomerProofError::Conflict(LAST_TRY)),
        }
    }

    /// Commits, after looking how it stands.
    pub(super) async fn view_of(
        &self,
        mut tx: Tx,
        ctx: &Ctx,
        case: &Case,
        asking: &Asking,
    ) -> Result<WidgetProof, CustomerProofError> {
        let view = self.widget_view(&mut tx, ctx, case, asking).await?;
        tx.commit().await?;
        Ok(view)
    }
}

/// A request that is answered with a code.
fn by_code(request: Request) -> Result<Request, CustomerProofError> {
    if request.channel == Channel::Passkey {
        return Err(CustomerProofError::Conflict(ANSWERED_BY_PASSKEY));
    }
    Ok(request)
}
