//! An organisation to measure in: staff who signed in and customers who came, all through the interface.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize as _;
use serde_json::{Value, json};
use wd_client::{CustomerClient, Server, StaffClient, Surroundings};
use wd_kernel::{Entropy as _, TeamId, b64u};
use wd_server::{SystemClock, SystemEntropy};

use crate::process::Process;

/// How many requests of a set-up run at once.
pub const AT_ONCE: usize = 8;
/// How many visitors may come from one address within an hour.
const VISITORS_OF_AN_ADDRESS: usize = 20;

/// A served organisation, seen by its administrator.
pub struct Desk {
    server: Server,
    admin: StaffClient,
}

/// What somebody signs in with.
pub struct Login {
    /// The name.
    pub login: String,
    /// The password.
    pub password: String,
}

impl Desk {
    /// Sets up the administrator of a new installation.
    pub async fn open(process: &Process) -> anyhow::Result<Self> {
        let server = process.server()?;
        let (admin, _) = accept(&server, &process.first_link()?).await?;
        Ok(Self { server, admin })
    }

    /// The team that a new installation has.
    pub async fn first_team(&self) -> anyhow::Result<TeamId> {
        let teams = self.admin.get("/api/v1/teams").await?;
        let id = teams.pointer("/items/0/id").context("there is no team")?;
        Ok(TeamId::deserialize(id)?)
    }

    /// A new team.
    pub async fn team(&mut self, name: &str) -> anyhow::Result<TeamId> {
        let answer = self.admin.post("/api/v1/teams", &json!({ "name": name })).await?;
        Ok(TeamId::deserialize(answer.get("id").context("the team has no id")?)?)
    }

    /// New conversations go to this team.
    pub async fn lead_to(&mut self, team: TeamId) -> anyhow::Result<()> {
        let settings = json!({
            "typing": true, "presence": true, "widget_origins": [], "identity_keys": [], "widget_team": team,
        });
        self.admin.put("/api/v1/organisation/settings", &settings).await?;
        Ok(())
    }

    /// Invites team leads, one for each of these teams, and lets each accept. They have no device yet.
    pub async fn staff(&mut self, teams: &[TeamId]) -> anyhow::Result<Vec<StaffClient>> {
        let staff = self.staff_with_logins(teams).await?;
        Ok(staff.into_iter().map(|(client, _)| client).collect())
    }

    /// The same, with what each signs in with.
    pub async fn staff_with_logins(&mut self, teams: &[TeamId]) -> anyhow::Result<Vec<(StaffClient, Login)>> {
        let mut links = Vec::new();
        for (number, team) in teams.iter().enumerate() {
            let body = json!({
                "login": format!("lead{number}"), "name": format!("Lead {number}"),
                "roles": ["team-lead"], "teams": [team],
            });
            let answer = self.admin.post("/api/v1/staff", &body).await?;
            let link = answer.get("invitation_url").and_then(Value::as_str);
            links.push(link.context("the invitation has no link")?.to_owned());
        }
        let server = &self.server;
        stream::iter(links)
            .enumerate()
            .map(|(number, link)| async move {
                let (client, password) = accept(server, &link).await?;
                let login = format!("lead{number}");
                anyhow::Ok((client, Login { login, password }))
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }
}

/// The real clock and the real chance.
pub fn around() -> Surroundings {
    Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    }
}

/// The client of somebody who accepted, and their password.
async fn accept(server: &Server, link: &str) -> anyhow::Result<(StaffClient, String)> {
    let token = link.rsplit('/').next().unwrap_or_default();
    let mut random = [0; 18];
    SystemEntropy.fill(&mut random);
    let password = b64u::encode(random);
    let (client, _, _) = StaffClient::accept_invitation(server.clone(), around(), token, &password).await?;
    Ok((client, password))
}

/// Where the visitor of this number comes from: no address sends more visitors than it may.
pub fn address_of(visitor: usize) -> anyhow::Result<Ipv4Addr> {
    house(visitor / VISITORS_OF_AN_ADDRESS)
}

/// The address of a house from which somebody comes: all of them are this machine.
pub fn house(number: usize) -> anyhow::Result<Ipv4Addr> {
    let number = u32::try_from(number)?;
    Ok(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + number))
}

/// The customer of this number, as an anonymous visitor with a device.
pub async fn customer(server: &Server, number: usize) -> anyhow::Result<CustomerClient> {
    let server = server.clone().from(address_of(number)?.into());
    Ok(CustomerClient::visit(server, around()).await?)
}
