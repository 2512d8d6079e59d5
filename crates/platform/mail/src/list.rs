//! What people may see of the queue: when, of which kind, how it went. Never to whom, and never what.

use serde::Serialize;
use wd_config::MailSecurity;
use wd_db::{DbError, Tx};
use wd_kernel::{MailId, Page, PageQuery, Timestamp};

use crate::{
    Outgoing, Trouble,
    store::{self, ListRow},
};

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutgoingState {
    /// It waits for its first or next try.
    Waiting,
    /// The server took it.
    Delivered,
    /// It was given up.
    Failed,
    /// Its recipient had too many within an hour.
    Dropped,
    /// There was no mail server in the settings.
    NotSent,
}

impl OutgoingState {
    fn parse(word: &str) -> Self {
        match word {
            "waiting" => Self::Waiting,
            "delivered" => Self::Delivered,
            "dropped" => Self::Dropped,
            "not-sent" => Self::NotSent,
            // The table knows no other word.
            _ => Self::Failed,
        }
    }
}

/// A mail as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OutgoingMail {
    /// Its id.
    pub id: MailId,
    /// What sort of mail it is.
    pub kind: String,
    /// Where it stands.
    pub state: OutgoingState,
    /// When it was queued.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next; `null` when it is not.
    pub next_at: Option<Timestamp>,
    /// When it was delivered or given up; `null` while it waits.
    pub ended_at: Option<Timestamp>,
    /// What was in the way the last time.
    pub trouble: Option<Trouble>,
    /// The server's reply code then (RFC 5321), if it gave one.
    pub reply: Option<i64>,
    /// How many notices it stands for, when there were too many to send each; 0 otherwise.
    pub stands_for: i64,
}

/// The mail server, as far as people who read lists need to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OutgoingServer {
    /// HOST:PORT.
    pub address: String,
    /// `tls`, `starttls` or `none`.
    #[schema(value_type = String)]
    pub security: &'static str,
    /// Whom mails are from.
    pub from: String,
}

/// How many mails there are of each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OutgoingSummary {
    /// They wait.
    pub waiting: i64,
    /// The server took them.
    pub delivered: i64,
    /// They were given up.
    pub failed: i64,
    /// Their recipients had too many.
    pub dropped: i64,
    /// There was no server.
    pub not_sent: i64,
}

impl Outgoing {
    /// The server in the settings, if there is one.
    pub fn server(&self) -> Option<OutgoingServer> {
        let server = self.0.server.as_ref()?;
        let host = if server.host.contains(':') {
            format!("[{}]", server.host)
        } else {
            server.host.clone()
        };
        Some(OutgoingServer {
            address: format!("{host}:{}", server.port),
            security: match server.security {
                MailSecurity::Tls => "tls",
                MailSecurity::Starttls => "starttls",
                MailSecurity::None => "none",
            },
            from: server.from.expose().to_owned(),
        })
    }

    /// A page of the queue and of what became of it, newest first. Cursors are ids of mails.
    pub async fn list(&self, tx: &mut Tx, page: &PageQuery) -> Result<Page<OutgoingMail>, DbError> {
        let before = page.after.as_deref().and_then(|cursor| cursor.parse().ok());
        let rows = store::list(tx, before, page.limit() + 1).await?;
        let mails = rows.into_iter().map(OutgoingMail::from).collect();
        Ok(Page::cut(mails, page.limit(), |mail| mail.id.to_string()))
    }

    /// How many there are of each state, of the last 90 days.
    pub async fn summary(&self, tx: &mut Tx) -> Result<OutgoingSummary, DbError> {
        let mut summary = OutgoingSummary::default();
        for (state, count) in store::count_by_state(tx).await? {
            match OutgoingState::parse(&state) {
                OutgoingState::Waiting => summary.waiting = count,
                OutgoingState::Delivered => summary.delivered = count,
                OutgoingState::Failed => summary.failed = count,
                OutgoingState::Dropped => summary.dropped = count,
                OutgoingState::NotSent => summary.not_sent = count,
            }
        }
        Ok(summary)
    }
}

impl From<ListRow> for OutgoingMail {
    fn from(row: ListRow) -> Self {
        let state = OutgoingState::parse(&row.state);
        Self {
            id: row.id,
            kind: row.kind,
            state,
            at: row.queued_at,
            attempts: row.attempts,
            next_at: (state == OutgoingState::Waiting).then_some(row.due_at),
            ended_at: row.ended_at,
            trouble: row.trouble.as_deref().and_then(Trouble::parse),
            reply: row.reply,
            stands_for: row.stands_for,
        }
    }
}
