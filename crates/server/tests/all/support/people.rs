use serde_json::json;
use wd_client::{CustomerClient, StaffClient, engine::Conversation};
use wd_kernel::TeamId;

use super::TestApp;

/// Everybody's password in tests.
pub const PASSWORD: &str = "plum granite whistle 47 orbit";

/// The texts of a conversation as one side sees them, in order.
pub fn texts(view: &Conversation) -> Vec<String> {
    view.texts().into_iter().map(str::to_owned).collect()
}

/// An installation with its administrator and the team that the widget's conversations go to.
pub struct Desk {
    pub administrator: StaffClient,
    pub team: TeamId,
}

impl TestApp {
    /// Sets up the first administrator by the link that a first start prints.
    pub async fn desk(&self) -> Desk {
        let link = self
            .app
            .first_administrator()
            .await
            .unwrap()
            .expect("there is no administrator yet");
        let (administrator, ..) = self.accept(&link).await;
        let teams = administrator.get("/api/v1/teams").await.unwrap();
        let team = serde_json::from_value(teams["items"][0]["id"].clone()).unwrap();
        Desk { administrator, team }
    }

    /// Sets up an account by its invitation link: the person, their one-time codes' secret, their recovery codes.
    pub async fn accept(&self, link: &str) -> (StaffClient, String, Vec<String>) {
        let token = link.split_once("#/welcome/").expect("an invitation link").1;
        StaffClient::accept_invitation(self.server(), self.around(), token, PASSWORD)
            .await
            .unwrap()
    }

    /// An anonymous customer with a device.
    pub async fn visitor(&self) -> CustomerClient {
        CustomerClient::visit(self.server(), self.around()).await.unwrap()
    }
}

impl Desk {
    /// Invites somebody; answers the link.
    pub async fn invite(&mut self, login: &str, roles: &[&str], teams: &[TeamId]) -> String {
        let body = json!({ "login": login, "name": format!("{login} of the desk"), "roles": roles, "teams": teams });
        let answer = self.administrator.post("/api/v1/staff", &body).await.unwrap();
        answer["invitation_url"].as_str().unwrap().to_owned()
    }

    /// Somebody with these roles who has set up their account, without a device.
    pub async fn somebody(&mut self, app: &TestApp, login: &str, roles: &[&str], teams: &[TeamId]) -> StaffClient {
        let link = self.invite(login, roles, teams).await;
        app.accept(&link).await.0
    }

    /// An agent of the widget's team with a device. The first one makes the team's key.
    pub async fn agent(&mut self, app: &TestApp, login: &str) -> StaffClient {
        let mut agent = self.somebody(app, login, &["agent"], &[self.team]).await;
        agent.enrol("browser", 10).await.unwrap();
        agent
    }

    /// Makes a further team.
    pub async fn make_team(&mut self, name: &str) -> TeamId {
        let answer = self
            .administrator
            .post("/api/v1/teams", &json!({ "name": name }))
            .await
            .unwrap();
        serde_json::from_value(answer["id"].clone()).unwrap()
    }
}
