//! Fills a fresh installation with made-up people, customers and conversations, all through its interface, and prints
//! as JSON who they are: what each shows with a request, and the ids that judges may ask about.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use serde_json::{Value, json};
use wd_client::{CustomerClient, Server, StaffClient, Surroundings};
use wd_server::{SystemClock, SystemEntropy};

/// Fills a fresh installation and prints what a judge needs.
#[derive(Parser)]
struct CommandLine {
    /// Where it listens: `http://127.0.0.1:PORT`
    url: String,
    /// The link for the first administrator
    link: String,
}

/// Letters and digits only: some judges write other characters of a password as an address would.
const PASSWORD: &str = "plumgranitewhistle47orbit";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command = CommandLine::parse();
    // reqwest asks for the process's provider also where no TLS is spoken; a second time changes nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = Server::at(&command.url)?;
    println!("{}", fill(&server, &command.link).await?);
    Ok(())
}

async fn fill(server: &Server, link: &str) -> anyhow::Result<Value> {
    let mut administrator = accept(server, link).await?;
    let first = administrator.get("/api/v1/teams").await?;
    let team = first.pointer("/items/0/id").context("there is no team")?.clone();
    let other = administrator
        .post("/api/v1/teams", &json!({ "name": "Returns" }))
        .await?;
    let mut agent = invited(&mut administrator, server, "ada", "agent", &team).await?;
    let mut colleague = invited(&mut administrator, server, "ben", "agent", &team).await?;
    agent.enrol("browser", 10).await?;
    colleague.enrol("browser", 10).await?;
    for somebody in [&mut agent, &mut colleague] {
        somebody.tend_team_keys().await?;
    }

    let record = json!({ "name": "Robin Example", "mail": "robin@example.org", "phone": "+31201234567" });
    agent.post("/api/v1/customers", &record).await?;
    let mut customer = CustomerClient::visit(server.clone(), around()).await?;
    let mut conversations = Vec::new();
    for text in [
        "Where is my parcel?",
        "May I send it back?",
        "The address is wrong",
        "Thank you",
    ] {
        conversations.push(customer.open(text).await?);
    }
    // One waits, one is talked in by two, one is closed, one was released.
    if let [_, talked, closed, released] = *conversations.as_slice() {
        for id in [talked, closed, released] {
            agent.take(id).await?;
            agent.send(id, "Let me look").await?;
            customer.sync(id).await?;
            customer.send(id, "Thanks").await?;
        }
        agent.note(talked, "A good customer").await?;
        agent.add_colleague(talked, colleague.me().id).await?;
        agent.close(closed).await?;
        agent.release(released).await?;
    }

    let directory = directory(&mut administrator).await?;
    let of_agent = agent.get("/api/v1/devices").await?;
    let audit = administrator.get("/api/v1/audit").await?;
    let customers = agent.get("/api/v1/customers").await?;
    Ok(json!({
        "callers": {
            "administrator": shown(administrator.session_header())?,
            "agent": shown(agent.session_header())?,
            "widget": shown(customer.session_header())?,
        },
        "directory": directory,
        // Whose password may be guessed at, what it is, and by what the owner's browser is known.
        "guessed": {
            "login": agent.me().login,
            "password": PASSWORD,
            "browser": shown(agent.browser_header())?,
            "control": colleague.me().login,
        },
        "ids": {
            "ConversationId": conversations,
            "CustomerId": ids(&customers),
            "DeviceId": ids(&of_agent),
            "TeamId": [team, other.get("id")],
            "StaffId": [agent.me().id, colleague.me().id],
            "AuditId": ids(&audit),
        },
    }))
}

/// Switches the company's directory on; a token for it.
async fn directory(administrator: &mut StaffClient) -> anyhow::Result<Value> {
    let settings = json!({
        "enabled": true, "switches_off_privileged": false, "external_id_is_subject": false,
        "groups": [{ "group": "Agents", "role": "agent", "team": null }],
    });
    administrator
        .put("/api/v1/provisioning", &json!({ "settings": settings, "version": 0 }))
        .await?;
    let made = administrator
        .post(
            "/api/v1/provisioning/tokens",
            &json!({ "name": "Directory", "days": 1 }),
        )
        .await?;
    made.get("secret").cloned().context("the token has no secret")
}

async fn invited(
    administrator: &mut StaffClient,
    server: &Server,
    login: &str,
    role: &str,
    team: &Value,
) -> anyhow::Result<StaffClient> {
    let body = json!({ "login": login, "name": login, "roles": [role], "teams": [team] });
    let answer = administrator.post("/api/v1/staff", &body).await?;
    let link = answer.get("invitation_url").and_then(Value::as_str);
    accept(server, link.context("the invitation has no link")?).await
}

async fn accept(server: &Server, link: &str) -> anyhow::Result<StaffClient> {
    let token = link.rsplit('/').next().unwrap_or_default();
    let (somebody, ..) = StaffClient::accept_invitation(server.clone(), around(), token, PASSWORD).await?;
    Ok(somebody)
}

/// Name and value of the header by which the server knows its caller.
fn shown<N: AsRef<str>>(header: Option<(N, impl std::ops::Deref<Target = String>)>) -> anyhow::Result<Value> {
    let (name, value) = header.context("somebody is not signed in")?;
    Ok(json!([name.as_ref(), *value]))
}

fn ids(page: &Value) -> Vec<Value> {
    let items = page.get("items").and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("id").cloned())
        .take(10)
        .collect()
}

/// The real clock and the real chance.
fn around() -> Surroundings {
    Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    }
}
