//! The first start: staff, customers and conversations, all through the interface that people use.

use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize as _;
use serde_json::{Value, json};
use wd_client::{ClientError, StaffClient};
use wd_kernel::{Actor, TeamId};

use super::{
    ORGANISATION, Scene,
    actors::{Cast, Customer, Robin, SiteKey},
    installation::{Account, Installation},
    people::{PEOPLE, Person},
    progress::Progress,
    stories::{STORIES, Story},
    words,
};

const ROBIN: &str = "robin";
/// The team that a new installation has and that the widget's conversations go to, and one more.
const TEAMS: [&str; 2] = ["Service", "Returns"];
/// Login, name, role, teams.
const STAFF: [(&str, &str, &str, &[&str]); 4] = [
    (ROBIN, "Robin Okafor", "team-lead", &TEAMS),
    ("mia", "Mia Lindqvist", "agent", &["Service"]),
    ("tomas", "Tomás Rivera", "team-lead", &TEAMS),
    ("aiko", "Aiko Tan", "security-officer", &[]),
];
/// Enough for the hand-overs of a long afternoon; a last-resort package stands behind them.
const KEY_PACKAGES: usize = 20;

/// Sets everything up; answers the scripted people, ready to go on.
pub(super) async fn run(
    scene: &Scene,
    mut installation: Installation,
    progress: &mut Progress,
) -> anyhow::Result<Cast> {
    progress.step("Inviting staff", STAFF.len() + 1);
    let mut admin = administrator(scene, &mut installation).await?;
    progress.done();
    let mut teams = Vec::new();
    for name in TEAMS {
        teams.push((name, team(&mut admin, name).await?));
    }
    let mut robin = None;
    for (login, name, role, of) in STAFF {
        let own: Vec<TeamId> = teams
            .iter()
            .filter(|(team, _)| of.contains(team))
            .map(|(_, id)| *id)
            .collect();
        let body = json!({ "login": login, "name": name, "roles": [role], "teams": own });
        let answer = admin.post("/api/v1/staff", &body).await?;
        let link = answer
            .get("invitation_url")
            .and_then(Value::as_str)
            .context("the invitation has no link")?;
        let client = accept(scene, &mut installation, link, login, name).await?;
        if login == ROBIN {
            robin = Some(client);
        } else {
            client.sign_out().await?;
        }
        progress.done();
    }
    let mut robin = robin.context("Robin was not invited")?;

    progress.step("Making keys", 2);
    robin.enrol("Demo program", KEY_PACKAGES).await?;
    progress.done();
    let site = Arc::new(SiteKey::new(scene, &installation)?);
    let (_, widget_team) = teams.first().context("there is no team")?;
    let settings = json!({
        "typing": true, "presence": true, "widget_origins": [], "identity_keys": [site.published()],
        "name": ORGANISATION, "reply_time": "a few minutes", "widget_team": widget_team,
    });
    admin.put("/api/v1/organisation/settings", &settings).await?;
    admin.sign_out().await?;
    progress.done();

    progress.step("Writing down customers", PEOPLE.len());
    for person in &PEOPLE {
        robin.post("/api/v1/customers", &record(person)).await?;
        progress.done();
    }

    progress.step("Holding conversations", STORIES.len());
    let mut robin = Robin::new(scene, &installation, robin);
    let mut customers = Vec::new();
    for story in &STORIES {
        customers.push(converse(scene, &installation, &site, &mut robin, story).await?);
        progress.done();
    }
    installation.complete = true;
    installation.write(scene.folder.path())?;
    scene.demo.show(&installation);
    progress.finish();
    Ok(Cast::new(robin, customers))
}

/// The first account, by the link that a first start prints.
async fn administrator(scene: &Scene, installation: &mut Installation) -> anyhow::Result<StaffClient> {
    let ctx = scene.app.world.ctx(Actor::System("demo"));
    let link = scene
        .app
        .staff
        .administrator_link(&ctx, "admin", "Administrator")
        .await?;
    accept(scene, installation, &link, "admin", "Administrator").await
}

/// Opens the invitation, sets a password and an authenticator, and writes both into the marker.
async fn accept(
    scene: &Scene,
    installation: &mut Installation,
    link: &str,
    login: &str,
    name: &str,
) -> anyhow::Result<StaffClient> {
    let token = link.rsplit('/').next().unwrap_or_default();
    let mut tries = 3;
    loop {
        let password = words::passphrase(scene.around.entropy.as_ref());
        let accepted = StaffClient::accept_invitation(scene.server.clone(), scene.around.clone(), token, &password);
        let (client, totp_secret, _) = match accepted.await {
            // The estimator of strength dislikes some combinations of words.
            Err(error) if tries > 1 && error.is(&["invalid-fields"]) => {
                tries -= 1;
                continue;
            }
            accepted => accepted.with_context(|| format!("{login} cannot be set up"))?,
        };
        installation.accounts.push(Account {
            login: login.into(),
            name: name.into(),
            password,
            totp_secret,
        });
        installation.write(scene.folder.path())?;
        return Ok(client);
    }
}

/// The team of this name; it is made if the installation does not have it from its first start.
async fn team(admin: &mut StaffClient, name: &str) -> anyhow::Result<TeamId> {
    let known = admin.get("/api/v1/teams").await?;
    let known = known.get("items").and_then(Value::as_array);
    let team = match known.and_then(|all| {
        all.iter()
            .find(|team| team.get("name").is_some_and(|known| known == name))
    }) {
        Some(team) => team.clone(),
        None => admin.post("/api/v1/teams", &json!({ "name": name })).await?,
    };
    let id = team.get("id").context("the team has no id")?;
    Ok(TeamId::deserialize(id)?)
}

fn record(person: &Person) -> Value {
    json!({
        "name": person.name, "mail": person.mail, "phone": person.phone, "address": person.address,
        "external_id": person.external_id, "notes": (!person.notes.is_empty()).then_some(person.notes),
        "tags": person.tags,
    })
}

/// Lets a customer write, and Robin answer as far as the story has it.
async fn converse(
    scene: &Scene,
    installation: &Installation,
    site: &Arc<SiteKey>,
    robin: &mut Robin,
    story: &'static Story,
) -> Result<Customer, ClientError> {
    let mut customer = Customer::arrive(scene, installation, site, story).await?;
    if story.turns > 0 {
        robin.take(customer.conversation()).await?;
        for _ in 0..story.turns {
            robin.answer(customer.conversation()).await?;
            customer.answer().await?;
        }
        robin.settle(customer.conversation(), story.closed).await?;
    }
    customer.save();
    robin.save();
    Ok(customer)
}
