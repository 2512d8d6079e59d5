//! People at nodes.

use std::sync::Arc;

use serde_json::json;
use wd_client::{CustomerClient, Server, StaffClient, Surroundings, engine::Conversation};
use wd_server::{SystemClock, SystemEntropy};

const PASSWORD: &str = "plum granite whistle 47 orbit";

/// The real clock and real chance.
pub fn around() -> Surroundings {
    Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    }
}

/// Agents of the widget's team with devices and the team's key, invited by the first administrator.
pub async fn agents<const N: usize>(server: &Server, link: &str, logins: [&str; N]) -> [StaffClient; N] {
    let mut administrator = accept(server, link).await;
    let teams = administrator.get("/api/v1/teams").await.unwrap();
    let mut agents = Vec::new();
    for login in logins {
        let body = json!({ "login": login, "name": login, "roles": ["agent"], "teams": [teams["items"][0]["id"]] });
        let invited = administrator.post("/api/v1/staff", &body).await.unwrap();
        let mut agent = accept(server, invited["invitation_url"].as_str().unwrap()).await;
        agent.enrol("browser", 5).await.unwrap();
        agents.push(agent);
    }
    // The first one made the key and shares it with the others, who fetch their shares.
    for agent in &mut agents {
        agent.tend_team_keys().await.unwrap();
    }
    agents.try_into().ok().unwrap()
}

async fn accept(server: &Server, link: &str) -> StaffClient {
    let token = link.split_once("#/welcome/").unwrap().1;
    StaffClient::accept_invitation(server.clone(), around(), token, PASSWORD)
        .await
        .unwrap()
        .0
}

/// An anonymous customer with a device.
pub async fn visitor(server: &Server) -> CustomerClient {
    CustomerClient::visit(server.clone(), around()).await.unwrap()
}

/// The texts as one side sees them.
pub fn texts(view: &Conversation) -> Vec<String> {
    view.texts().into_iter().map(str::to_owned).collect()
}
