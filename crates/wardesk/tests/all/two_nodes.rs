//! Two nodes on one PostgreSQL with NATS between them; one of them dies.

use wd_client::{CustomerClient, Frame, Socket};
use wd_crypto::Key;
use wd_kernel::Duration;

use crate::{
    in_time,
    node::{Installation, Node, Store},
    people::{agents, around, texts, visitor},
};

#[tokio::test]
async fn people_at_two_nodes_converse_and_when_one_node_dies_everything_is_at_the_other() {
    in_time(Box::pin(converse())).await;
}

async fn converse() {
    let nats = std::env::var("WARDESK_TEST_NATS").expect("WARDESK_TEST_NATS is set by cargo xtask test");
    let installation = Installation::new(Store::postgres("nodes").await, Some(nats));
    let mut first = Node::start(&installation).await;
    let second = Node::start(&installation).await;
    let link = first.link();

    // The customer is at the first node, the agent at the second.
    let [mut ada] = agents(&second.server(), &link, ["ada"]).await;
    let mut customer = visitor(&first.server()).await;
    let mut adas = ready(ada.socket()).await;
    let mut theirs = ready(customer.socket()).await;
    let id = customer.open("hello from the first node").await.unwrap();
    next_item(&mut adas).await;
    ada.take(id).await.unwrap();
    ada.send(id, "hello from the second").await.unwrap();
    loop {
        let item = next_item(&mut theirs).await;
        customer.offer(id, &item).await.unwrap();
        if texts(customer.view(id).unwrap()).contains(&"hello from the second".to_owned()) {
            break;
        }
    }
    customer.send(id, "thank you").await.unwrap();
    ada.read(id).await.unwrap();
    let so_far = ["hello from the first node", "hello from the second", "thank you"];
    assert_eq!(texts(ada.view(id).unwrap()), so_far);

    // The first node dies; the customer's device goes on at the second.
    let key = Key::from_bytes([7; 32]);
    let kept = customer.export(&key).unwrap();
    first.kill();
    assert!(customer.send(id, "is this still on?").await.is_err());
    let mut customer = CustomerClient::import(second.server(), around(), &kept, &key)
        .await
        .unwrap();
    customer.sync(id).await.unwrap();
    assert_eq!(texts(customer.view(id).unwrap()), so_far);
    customer.send(id, "I am back").await.unwrap();
    // The second node took over telling sockets what happens.
    loop {
        let item = next_item(&mut adas).await;
        ada.offer(id, &item).await.unwrap();
        if texts(ada.view(id).unwrap())
            .last()
            .is_some_and(|text| text == "I am back")
        {
            break;
        }
    }
    ada.send(id, "so am I").await.unwrap();
    customer.sync(id).await.unwrap();
    assert_eq!(texts(customer.view(id).unwrap()), texts(ada.view(id).unwrap()));
    assert_eq!(
        customer.view(id).unwrap().number().unwrap(),
        ada.view(id).unwrap().number().unwrap()
    );
}

async fn ready(mut socket: Socket) -> Socket {
    next(&mut socket, |frame| (frame == Frame::Ready).then_some(())).await;
    socket
}

async fn next_item(socket: &mut Socket) -> wd_client::engine::wire::LogItem {
    next(socket, |frame| match frame {
        Frame::Item { item, .. } => Some(*item),
        _ => None,
    })
    .await
}

async fn next<T>(socket: &mut Socket, mut pick: impl FnMut(Frame) -> Option<T>) -> T {
    let hearing = async {
        loop {
            let frame = socket.next().await.expect("the socket stays");
            if let Some(picked) = pick(frame) {
                return picked;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), hearing)
        .await
        .expect("a frame comes")
}
