//! Who talks: teams of two, each with conversations of its own, every group made with real keys.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};
use wd_client::{Composed, CustomerClient, Server, Socket, StaffClient, engine::What};
use wd_kernel::ConversationId;

use crate::{
    desk::{AT_ONCE, Desk, customer},
    process::Process,
};

/// About as long as people write.
const TEXT: &str = "The parcel was left with a neighbour on Tuesday, and nobody in our house knows the name on the card. \
                    Could you find out where it is?";

/// Two colleagues and the customers who write to them.
struct Team {
    agent: StaffClient,
    colleague: StaffClient,
    customers: Vec<(ConversationId, CustomerClient)>,
}

/// Everybody.
pub struct People {
    teams: Vec<Team>,
    composed: HashMap<ConversationId, usize>,
}

/// A message ready to be sent.
pub struct Text {
    /// The header that speaks for the sender.
    pub header: (reqwest::header::HeaderName, String),
    /// Which socket is the sender's own.
    pub from: usize,
    /// The request.
    pub composed: Composed,
}

impl People {
    /// Invites staff, lets customers come and write, and lets both of their team in.
    pub async fn gather(process: &Process, desk: &mut Desk, teams: usize, of_team: usize) -> anyhow::Result<Self> {
        let server = process.server()?;
        let mut ids = Vec::new();
        for number in 0..teams {
            let team = desk.team(&format!("Team {number}")).await?;
            ids.extend([team, team]);
        }
        let mut staff = desk.staff(&ids).await?.into_iter();
        let mut gathered = Vec::new();
        for (number, team) in ids.into_iter().step_by(2).enumerate() {
            let (Some(mut agent), Some(mut colleague)) = (staff.next(), staff.next()) else {
                break;
            };
            agent.enrol("bench", 1).await?;
            colleague.enrol("bench", of_team.min(100)).await?;
            agent.tend_team_keys().await?;
            colleague.tend_team_keys().await?;
            desk.lead_to(team).await?;
            let first = number * of_team;
            let customers = stream::iter(first..first + of_team)
                .map(|number| come(&server, number))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            gathered.push(Team {
                agent,
                colleague,
                customers,
            });
        }
        try_join_all(gathered.iter_mut().map(Team::begin)).await?;
        Ok(Self {
            teams: gathered,
            composed: HashMap::new(),
        })
    }

    /// What each member of each group says next, so often.
    pub fn compose(&mut self, each: usize) -> anyhow::Result<Vec<Text>> {
        let mut texts = Vec::new();
        for _ in 0..each {
            let mut socket = 0;
            for team in &mut self.teams {
                let [agent, colleague] = [socket, socket + 1];
                socket += 2;
                for (id, customer) in &mut team.customers {
                    let parts = [
                        (agent, team.agent.compose(*id, TEXT)?, team.agent.session_header()),
                        (
                            colleague,
                            team.colleague.compose(*id, TEXT)?,
                            team.colleague.session_header(),
                        ),
                        (socket, customer.compose(*id, TEXT)?, customer.session_header()),
                    ];
                    socket += 1;
                    for (from, composed, header) in parts {
                        let (name, value) = header.context("not signed in")?;
                        *self.composed.entry(*id).or_insert(0) += 1;
                        texts.push(Text {
                            header: (name, value.to_string()),
                            from,
                            composed,
                        });
                    }
                }
            }
        }
        Ok(texts)
    }

    /// A socket for each, in the order in which [`compose`](Self::compose) numbers them.
    pub fn sockets(&self) -> Vec<Socket> {
        let of = |team: &Team| {
            let staff = [team.agent.socket(), team.colleague.socket()];
            let customers: Vec<_> = team.customers.iter().map(|(_, customer)| customer.socket()).collect();
            staff.into_iter().chain(customers)
        };
        self.teams.iter().flat_map(of).collect()
    }

    /// Every customer reads the log with their own keys: all that was composed must be there and open.
    pub async fn check(&mut self) -> anyhow::Result<usize> {
        let mut opened = 0;
        for team in &mut self.teams {
            for (id, customer) in &mut team.customers {
                let lines = customer.sync(*id).await?;
                let texts = lines.iter().filter(|line| line.text() == Some(TEXT)).count();
                let refused = lines.iter().find(|line| matches!(line.what, What::Refused(_)));
                ensure!(refused.is_none(), "a customer cannot read {refused:?}");
                ensure!(
                    Some(&texts) == self.composed.get(id),
                    "{texts} messages arrived in {id}"
                );
                opened += texts;
            }
        }
        Ok(opened)
    }
}

impl Team {
    /// Takes every conversation and lets the colleague in.
    async fn begin(&mut self) -> anyhow::Result<()> {
        let colleague = self.colleague.me().id;
        for (id, customer) in &mut self.customers {
            self.agent.take(*id).await?;
            self.agent.add_colleague(*id, colleague).await?;
            self.colleague.read(*id).await?;
            customer.sync(*id).await?;
        }
        Ok(())
    }
}

async fn come(server: &Server, number: usize) -> anyhow::Result<(ConversationId, CustomerClient)> {
    let mut customer = customer(server, number).await?;
    let id = customer.open("Hello, is anybody there?").await?;
    Ok((id, customer))
}
