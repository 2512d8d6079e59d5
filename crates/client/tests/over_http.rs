//! Customers and staff over HTTP and the socket, against a small server on a loopback port.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod service;

use std::time::{SystemTime, UNIX_EPOCH};

use service::{PASSWORD, Service, TOTP_SECRET};
use wd_client::{ClientError, CustomerClient, Frame, StaffClient, View, engine::Phase};
use wd_crypto::Key;
use wd_kernel::{ConversationId, Duration, Timestamp};

/// openmls compares key packages with the wall clock, so these tests live in the present.
#[expect(
    clippy::disallowed_methods,
    reason = "openmls compares key packages with the wall clock"
)]
fn present() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap())
}

async fn staff(service: &Service, login: &str) -> StaffClient {
    // Each sign-in and each step-up uses up a code; a minute later there are new ones.
    service.clock.advance(Duration::from_mins(2));
    // Chance of its own for every device.
    let seed = 1 + service.world.lock().unwrap().devices.len();
    let around = service.around(u64::try_from(seed).unwrap());
    let mut client = StaffClient::sign_in(service.server(), around, login, PASSWORD, TOTP_SECRET)
        .await
        .unwrap();
    client.enrol("Test", 3).await.unwrap();
    client
}

struct Scene {
    service: Service,
    agent: StaffClient,
    customer: CustomerClient,
    id: ConversationId,
}

async fn waiting() -> Scene {
    let service = Service::start(present()).await;
    let agent = staff(&service, "1").await;
    let mut customer = CustomerClient::visit(service.server(), service.around(100))
        .await
        .unwrap();
    let id = customer.open("Where is my parcel?").await.unwrap();
    Scene {
        service,
        agent,
        customer,
        id,
    }
}

async fn taken() -> Scene {
    let mut scene = waiting().await;
    scene.agent.take(scene.id).await.unwrap();
    scene.customer.sync(scene.id).await.unwrap();
    scene
}

#[tokio::test]
async fn a_customer_writes_and_an_agent_takes_reads_and_answers() {
    let Scene {
        mut agent,
        mut customer,
        id,
        ..
    } = waiting().await;
    customer.send(id, "It said Monday.").await.unwrap();
    let inbox = agent.inbox(View::Waiting, None).await.unwrap();
    assert_eq!(inbox.items[0].id, id);
    agent.read(id).await.unwrap();
    assert_eq!(
        agent.view(id).unwrap().texts(),
        ["Where is my parcel?", "It said Monday."]
    );
    agent.take(id).await.unwrap();
    agent.send(id, "Tomorrow.").await.unwrap();
    customer.send(id, "Thank you.").await.unwrap();
    agent.read(id).await.unwrap();
    let all = ["Where is my parcel?", "It said Monday.", "Tomorrow.", "Thank you."];
    assert_eq!(agent.view(id).unwrap().texts(), all);
    assert_eq!(customer.view(id).unwrap().texts(), all);
    assert_eq!(
        agent.view(id).unwrap().number().unwrap(),
        customer.view(id).unwrap().number().unwrap()
    );
}

#[tokio::test]
async fn a_colleague_gets_the_team_key_and_reads_what_was_before() {
    let Scene {
        service,
        mut agent,
        mut customer,
        id,
    } = taken().await;
    let mut colleague = staff(&service, "2").await;
    // The colleague's device waits for the generation until the agent's device shares it.
    assert_eq!(agent.tend_team_keys().await.unwrap(), 1);
    colleague.tend_team_keys().await.unwrap();
    agent.add_colleague(id, colleague.me().id).await.unwrap();
    colleague.read(id).await.unwrap();
    assert!(colleague.view(id).unwrap().is_member());
    assert_eq!(colleague.view(id).unwrap().texts(), ["Where is my parcel?"]);
    colleague.send(id, "I help.").await.unwrap();
    customer.sync(id).await.unwrap();
    assert_eq!(customer.view(id).unwrap().texts().last(), Some(&"I help."));
    agent.remove_colleague(id, colleague.me().id).await.unwrap();
    colleague.read(id).await.unwrap();
    assert!(!colleague.view(id).unwrap().is_member());
}

#[tokio::test]
async fn who_is_slower_learns_that_it_is_taken() {
    let Scene {
        service, mut agent, id, ..
    } = waiting().await;
    let mut slower = staff(&service, "2").await;
    agent.take(id).await.unwrap();
    assert_eq!(slower.take(id).await.unwrap_err().code(), Some("already-taken"));
    slower.join(id, "second opinion").await.unwrap();
    assert!(slower.view(id).unwrap().is_member());
}

#[tokio::test]
async fn a_letter_that_crosses_the_taking_becomes_a_message() {
    let Scene {
        mut agent,
        mut customer,
        id,
        ..
    } = waiting().await;
    agent.take(id).await.unwrap();
    // The customer has not heard of it.
    assert_eq!(customer.view(id).unwrap().phase(), Phase::Waiting);
    customer.send(id, "Hello?").await.unwrap();
    agent.read(id).await.unwrap();
    assert_eq!(agent.view(id).unwrap().texts().last(), Some(&"Hello?"));
}

#[tokio::test]
async fn after_a_release_the_next_letter_first_removes_the_staff() {
    let Scene {
        mut agent,
        mut customer,
        id,
        ..
    } = taken().await;
    agent.release(id).await.unwrap();
    customer.send(id, "Anybody?").await.unwrap();
    assert_eq!(customer.view(id).unwrap().phase(), Phase::Waiting);
    agent.read(id).await.unwrap();
    assert!(!agent.view(id).unwrap().is_member());
    assert_eq!(agent.view(id).unwrap().texts().last(), Some(&"Anybody?"));
    agent.take(id).await.unwrap();
    agent.send(id, "Back again.").await.unwrap();
    customer.sync(id).await.unwrap();
    assert_eq!(customer.view(id).unwrap().texts().last(), Some(&"Back again."));
}

#[tokio::test]
async fn a_conversation_is_handed_to_a_colleague() {
    let Scene {
        service,
        mut agent,
        mut customer,
        id,
    } = taken().await;
    let mut colleague = staff(&service, "2").await;
    agent.assign(id, colleague.me().id).await.unwrap();
    colleague.read(id).await.unwrap();
    colleague.send(id, "I have it now.").await.unwrap();
    customer.sync(id).await.unwrap();
    assert_eq!(customer.view(id).unwrap().texts().last(), Some(&"I have it now."));
}

#[tokio::test]
async fn taking_lets_the_agents_other_device_in() {
    let Scene {
        service,
        agent: mut desk,
        id,
        ..
    } = waiting().await;
    let mut laptop = staff(&service, "1").await;
    desk.take(id).await.unwrap();
    laptop.read(id).await.unwrap();
    assert!(laptop.view(id).unwrap().is_member());
    desk.send(id, "From the desk.").await.unwrap();
    laptop.read(id).await.unwrap();
    assert_eq!(laptop.view(id).unwrap().texts().last(), Some(&"From the desk."));
}

#[tokio::test]
async fn renewed_statements_reach_the_group() {
    let Scene {
        service,
        mut agent,
        mut customer,
        id,
    } = taken().await;
    service.clock.advance(Duration::from_mins(10));
    agent.renew_statement().await.unwrap();
    customer.renew_statement().await.unwrap();
    agent.update(id).await.unwrap();
    customer.update(id).await.unwrap();
    agent.send(id, "Both renewed.").await.unwrap();
    customer.sync(id).await.unwrap();
    assert_eq!(customer.view(id).unwrap().texts().last(), Some(&"Both renewed."));
    let mut colleague = staff(&service, "2").await;
    // Who enters later finds the renewed leaves to be those of the log.
    colleague.join(id, "looks on").await.unwrap();
    assert!(colleague.view(id).unwrap().is_member());
}

#[tokio::test]
async fn a_lost_epoch_is_decided_again() {
    let Scene {
        service,
        agent: _agent,
        mut customer,
        id,
    } = taken().await;
    service.fault("/commits", 409, "epoch-conflict");
    customer.update(id).await.unwrap();
    assert_eq!(customer.view(id).unwrap().epoch(), Some(2));
}

#[tokio::test]
async fn what_had_no_answer_stays_and_goes_out_once() {
    let Scene {
        service,
        mut agent,
        mut customer,
        id,
    } = taken().await;
    service.fault("/messages", 503, "overloaded");
    assert!(customer.send(id, "Are you there?").await.unwrap_err().worth_retrying());
    customer.flush(id).await.unwrap();
    customer.flush(id).await.unwrap();
    agent.read(id).await.unwrap();
    assert_eq!(
        agent.view(id).unwrap().texts(),
        ["Where is my parcel?", "Are you there?"]
    );
}

#[tokio::test]
async fn without_a_team_key_nobody_can_write() {
    let service = Service::start(present()).await;
    let mut customer = CustomerClient::visit(service.server(), service.around(100))
        .await
        .unwrap();
    assert!(matches!(customer.open("Hello?").await, Err(ClientError::NoTeamKey)));
}

#[tokio::test]
async fn notes_are_read_by_staff_of_the_team() {
    let Scene {
        service, mut agent, id, ..
    } = taken().await;
    let mut colleague = staff(&service, "2").await;
    agent.tend_team_keys().await.unwrap();
    colleague.tend_team_keys().await.unwrap();
    agent.note(id, "Be kind, it is the third time.").await.unwrap();
    colleague.read(id).await.unwrap();
    colleague.note(id, "I will.").await.unwrap();
    let notes = colleague.notes(id, 0).await.unwrap();
    let bodies: Vec<_> = notes.into_iter().map(|note| note.body.unwrap()).collect();
    assert_eq!(bodies, ["Be kind, it is the third time.", "I will."]);
}

#[tokio::test]
async fn an_invitation_becomes_an_account_with_codes() {
    let service = Service::start(present()).await;
    let around = service.around(9);
    let (client, secret, recovery) = StaffClient::accept_invitation(service.server(), around, "token", PASSWORD)
        .await
        .unwrap();
    assert_eq!((secret.as_str(), recovery.len()), (TOTP_SECRET, 2));
    assert!(matches!(client.device(), Err(ClientError::NoDevice)));
}

#[tokio::test]
async fn a_wrong_password_is_a_problem_with_a_code() {
    let service = Service::start(present()).await;
    let refused = StaffClient::sign_in(service.server(), service.around(1), "1", "wrong", TOTP_SECRET).await;
    assert_eq!(
        refused
            .err()
            .and_then(|error| error.code().map(str::to_owned))
            .as_deref(),
        Some("unauthenticated")
    );
}

#[tokio::test]
async fn exported_clients_go_on_where_they_were() {
    let Scene {
        service,
        agent,
        customer,
        id,
    } = taken().await;
    let key = Key::from_bytes([4; 32]);
    let (staff, widget) = (agent.export(&key).unwrap(), customer.export(&key).unwrap());
    let wrong = CustomerClient::import(service.server(), service.around(7), &widget, &Key::from_bytes([5; 32])).await;
    assert!(matches!(wrong, Err(ClientError::State)));
    service.clock.advance(Duration::from_mins(2));
    let mut agent = StaffClient::resume(service.server(), service.around(8), "1", PASSWORD, &staff, &key)
        .await
        .unwrap();
    let mut customer = CustomerClient::import(service.server(), service.around(9), &widget, &key)
        .await
        .unwrap();
    agent.send(id, "Still here.").await.unwrap();
    customer.send(id, "Me too.").await.unwrap();
    agent.read(id).await.unwrap();
    assert_eq!(
        agent.view(id).unwrap().texts(),
        ["Where is my parcel?", "Still here.", "Me too."]
    );
}

#[tokio::test]
async fn the_socket_brings_items_and_comes_back_after_a_break() {
    let Scene {
        service,
        mut agent,
        mut customer,
        id,
    } = taken().await;
    let mut socket = customer.socket();
    assert_eq!(socket.next().await, Some(Frame::Ready));
    agent.send(id, "Knock knock.").await.unwrap();
    let Some(Frame::Item { conversation, item }) = socket.next().await else {
        panic!("an item was sent")
    };
    customer.offer(conversation, &item).await.unwrap();
    assert_eq!(customer.view(id).unwrap().texts().last(), Some(&"Knock knock."));
    let pushed = service.world.lock().unwrap().pushed.clone();
    pushed.send("drop".into()).unwrap();
    assert_eq!(socket.next().await, Some(Frame::Ready));
    service.world.lock().unwrap().sessions.clear();
    pushed.send("drop".into()).unwrap();
    assert_eq!(socket.next().await, Some(Frame::Ended));
    assert_eq!(socket.next().await, None);
}
