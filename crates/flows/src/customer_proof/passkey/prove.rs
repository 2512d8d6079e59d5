//! The customer answers the agent's request with a passkey.

use serde_json::Value;
use wd_customer_proof::{Answer, Asking, Channel, PasskeyAnswer, PasskeyQuestion, Request};
use wd_db::Tx;
use wd_desk::Case;
use wd_kernel::{ConversationId, Ctx, Denied};

use super::words::Happened;
use crate::customer_proof::{CustomerProofError, CustomerProofs, WidgetProof, send::LAST_TRY, ways};

impl CustomerProofs {
    /// The question for one of the customer's passkeys. The device and session that ask first are the only ones that may
    /// answer.
    pub async fn begin_passkey_proof(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
    ) -> Result<PasskeyQuestion, CustomerProofError> {
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let (_, request) = self.waiting_for_passkey(&mut tx, ctx, id, asking).await?;
        let question = self.proofs.ask_passkey_in(&mut tx, ctx, &request, asking).await?;
        tx.commit().await?;
        Ok(question)
    }

    /// Tries the answer of a passkey. What was tried is counted whatever comes of it.
    pub async fn answer_passkey_proof(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
        ceremony: &str,
        credential: &Value,
    ) -> Result<WidgetProof, CustomerProofError> {
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let (case, request) = self.waiting_for_passkey(&mut tx, ctx, id, asking).await?;
        let sites = self.desk.settings_in(&mut tx).await?.widget_origins;
        let answer = PasskeyAnswer {
            ceremony,
            credential,
            sites: &sites,
        };
        let tried = self
            .proofs
            .answer_passkey_in(&mut tx, ctx, &request, asking, answer)
            .await?;
        if tried.copied {
            self.tell(&mut tx, ctx, case.customer, Happened::Stopped).await?;
        }
        let view = self.view_of(tx, ctx, &case, asking).await?;
        match tried.answer {
            Answer::Proved => Ok(view),
            Answer::Wrong { .. } if tried.copied => Err(CustomerProofError::Conflict(
                "this passkey answered like a copy, so it was stopped for good",
            )),
            Answer::Wrong { left } => Err(CustomerProofError::WrongPasskey { left }),
            Answer::Failed => Err(CustomerProofError::Conflict(LAST_TRY)),
        }
    }

    /// The request that the asking device of the customer may answer with a passkey, in a session that lives, if there
    /// is one that counts.
    async fn waiting_for_passkey(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
    ) -> Result<(Case, Request), CustomerProofError> {
        let (case, request) = self.waiting(tx, ctx, id, asking).await?;
        if request.channel != Channel::Passkey {
            return Err(CustomerProofError::Conflict(
                "this is answered with a code, not with a passkey",
            ));
        }
        let lives = self.on_file.session_lives(tx, ctx, case.customer, &asking.session);
        if !lives.await.map_err(CustomerProofError::Record)? {
            return Err(Denied::Unauthenticated.into());
        }
        // It may have been removed or stopped since the agent asked.
        let target = self.target(tx, ctx, case.customer, Channel::Passkey).await?;
        target.map_err(|obstacle| ways::refused(Channel::Passkey, obstacle))?;
        Ok((case, request))
    }
}
