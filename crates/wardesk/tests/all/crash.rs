//! `kill -9` under load. What was acknowledged is there afterwards, once and in order.

use tokio::sync::watch;
use wd_client::{ClientError, CustomerClient, StaffClient};
use wd_kernel::{ConversationId, Entropy as _, SeededEntropy};

use crate::{
    in_time,
    node::{Installation, Node, Store},
    people::{agents, texts, visitor},
};

const ROUNDS: usize = 3;
/// A visitor may send 30 messages a minute.
const CUSTOMERS_PER_ROUND: usize = 8;

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_doubled_or_reordered_on_sqlite() {
    in_time(Box::pin(crash_under_load(Store::Sqlite, 1))).await;
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_doubled_or_reordered_on_postgres() {
    in_time(Box::pin(crash_under_load(Store::postgres("crash").await, 2))).await;
}

async fn crash_under_load(store: Store, seed: u64) {
    let chance = SeededEntropy::new(seed);
    let installation = Installation::new(store, None);
    let mut node = Node::start(&installation).await;
    let link = node.link();
    let [mut ada, mut ben] = agents(&node.server(), &link, ["ada", "ben"]).await;
    let mut customer = visitor(&node.server()).await;
    let id = customer.open("hello").await.unwrap();
    ada.take(id).await.unwrap();
    customer.sync(id).await.unwrap();

    let (mut by_customer, mut by_agent) = (Sent::new("customer"), Sent::new("agent"));
    for _ in 0..ROUNDS {
        // The kill comes in the middle of whatever the node does when this many were acknowledged.
        let mut byte = [0];
        chance.fill(&mut byte);
        let after = 3 + usize::from(byte[0] % 16);
        let (count, mut counted) = watch::channel(0);
        let killer = async {
            counted.wait_for(|count| *count >= after).await.unwrap();
            node.kill();
        };
        tokio::join!(
            killer,
            by_customer.customer_sends(&mut customer, id, &count),
            by_agent.agent_sends(&mut ada, id, &count)
        );
        node.start_again(&installation).await;
        customer.flush(id).await.unwrap();
        ada.flush(id).await.unwrap();
    }

    customer.sync(id).await.unwrap();
    ada.read(id).await.unwrap();
    ben.read(id).await.unwrap();
    let seen = texts(customer.view(id).unwrap());
    assert_eq!(texts(ada.view(id).unwrap()), seen);
    assert_eq!(texts(ben.view(id).unwrap()), seen, "who was not there reads the same");
    for sent in [&by_customer, &by_agent] {
        assert!(
            sent.acknowledged >= ROUNDS,
            "{} sent too little to show anything",
            sent.who
        );
        let theirs: Vec<_> = seen.iter().filter(|text| text.starts_with(sent.who)).cloned().collect();
        assert_eq!(theirs, sent.texts, "what the {} wrote, once and in order", sent.who);
    }
    let log = ben
        .get(&format!("/api/v1/conversations/{id}/log?after=0&limit=200"))
        .await
        .unwrap();
    let seqs: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "the log has no gap");
}

/// What one side wrote.
struct Sent {
    who: &'static str,
    texts: Vec<String>,
    acknowledged: usize,
}

impl Sent {
    const fn new(who: &'static str) -> Self {
        Self {
            who,
            texts: Vec::new(),
            acknowledged: 0,
        }
    }

    fn next(&mut self) -> String {
        let text = format!("{} {}", self.who, self.texts.len());
        self.texts.push(text.clone());
        text
    }

    /// Counts an answer; false when the node is gone. The text is in the outbox then.
    fn answered(&mut self, answer: Result<String, ClientError>, count: &watch::Sender<usize>) -> bool {
        match answer {
            Ok(_) => {
                self.acknowledged += 1;
                count.send_modify(|count| *count += 1);
                true
            }
            Err(ClientError::Transport(_)) => false,
            Err(error) => panic!("the {} is refused: {error:?}", self.who),
        }
    }

    async fn customer_sends(
        &mut self,
        customer: &mut CustomerClient,
        id: ConversationId,
        count: &watch::Sender<usize>,
    ) {
        for _ in 0..CUSTOMERS_PER_ROUND {
            let text = self.next();
            let answer = customer.send(id, &text).await;
            if !self.answered(answer, count) {
                return;
            }
        }
    }

    async fn agent_sends(&mut self, agent: &mut StaffClient, id: ConversationId, count: &watch::Sender<usize>) {
        loop {
            let text = self.next();
            let answer = agent.send(id, &text).await;
            if !self.answered(answer, count) {
                return;
            }
        }
    }
}
