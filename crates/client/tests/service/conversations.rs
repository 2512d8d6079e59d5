//! Conversations: the log, the public group, the rules of sending.

use std::collections::BTreeMap;

use openmls::prelude::{
    BasicCredential, Credential, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider, ProcessedMessageContent, Proposal,
    ProposalStore, PublicGroup, Sender, tls_codec::DeserializeBytes as _,
};
use openmls_rust_crypto::{MemoryStorage, OpenMlsRustCrypto, RustCrypto};
use serde_json::{Value, json};
use wd_client::engine::{Act, Bytes, DEVICE_TYPE, DeviceStatement, Kind};
use wd_crypto::jws;
use wd_kernel::{ConversationId, DeviceId};

use super::{Answer, World, ok, problem, team};

pub struct Talk {
    pub id: ConversationId,
    pub items: Vec<Value>,
    pub removals: Vec<(Vec<DeviceId>, String)>,
    group: PublicGroup,
    provider: OpenMlsRustCrypto,
    group_info: Value,
    history: Vec<Value>,
    answers: BTreeMap<String, Value>,
    note_keys: Vec<Value>,
    notes: Vec<Value>,
    closed: bool,
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::from_value::<Bytes>(value.clone()).unwrap().0
}

fn statement(credential: &Credential) -> String {
    String::from_utf8(
        BasicCredential::try_from(credential.clone())
            .unwrap()
            .identity()
            .to_vec(),
    )
    .unwrap()
}

impl Talk {
    pub fn row(&self) -> Value {
        json!({
            "id": self.id, "team": team(), "state": if self.closed { "closed" } else { "waiting" }, "assignee": null,
            "last_activity_at": "2026-01-01T00:00:00Z", "seq": self.items.len(), "epoch": self.epoch(),
            "removal_pending": !self.removals.is_empty(),
        })
    }

    fn epoch(&self) -> u64 {
        self.group.group_context().epoch().as_u64()
    }
}

impl World {
    fn device_of(&self, text: &str) -> DeviceId {
        let statement: DeviceStatement = jws::verify(text, DEVICE_TYPE, &[self.key.public()]).unwrap();
        statement.device
    }

    fn members(&self, talk: &Talk) -> Vec<DeviceId> {
        talk.group
            .members()
            .map(|member| self.device_of(&statement(&member.credential)))
            .collect()
    }

    fn staffed(&self, talk: &Talk) -> bool {
        self.members(talk)
            .iter()
            .any(|device| self.devices[device].statement.kind == Kind::Staff)
    }

    pub(super) fn open(&mut self, who: &str, body: &Value) -> Answer {
        let MlsMessageBodyIn::GroupInfo(info) = MlsMessageIn::tls_deserialize_exact_bytes(&bytes(&body["group_info"]))
            .unwrap()
            .extract()
        else {
            return problem(422, "invalid-mls");
        };
        let provider = OpenMlsRustCrypto::default();
        let tree = info.extensions().ratchet_tree().unwrap().ratchet_tree().clone();
        let (group, _) = PublicGroup::from_external::<MemoryStorage, _>(
            provider.crypto(),
            provider.storage(),
            tree,
            info,
            ProposalStore::new(),
        )
        .unwrap();
        let id: ConversationId = serde_json::from_value(body["conversation"].clone()).unwrap();
        let device: DeviceId = serde_json::from_value(body["device"].clone()).unwrap();
        assert_eq!(self.devices[&device].statement.sub, who);
        let talk = Talk {
            id,
            items: vec![],
            removals: vec![],
            group,
            provider,
            group_info: body["group_info"].clone(),
            history: vec![body["history_key"].clone()],
            answers: BTreeMap::new(),
            note_keys: vec![],
            notes: vec![],
            closed: false,
        };
        self.talks.insert(id, talk);
        self.append(id, "opened", Some(device), &Value::Null, 0, &json!({ "team": team() }));
        if let Some(first) = body.get("first") {
            self.append(
                id,
                "letter",
                Some(device),
                &first["client_id"],
                0,
                &json!({ "record": first["record"] }),
            );
        }
        ok(json!({ "conversation": id, "seq": self.talks[&id].items.len() }))
    }

    fn append(
        &mut self,
        id: ConversationId,
        kind: &str,
        device: Option<DeviceId>,
        client_id: &Value,
        epoch: u64,
        body: &Value,
    ) -> Value {
        let at = self.now();
        let statement = device.map(|device| self.devices[&device].jws.clone());
        let talk = self.talks.get_mut(&id).unwrap();
        let seq = talk.items.len() + 1;
        let item = json!({
            "seq": seq, "kind": kind, "client_id": client_id, "device": device, "statement": statement, "at": at,
            "epoch": epoch, "body": body,
        });
        talk.items.push(item.clone());
        let answer = json!({ "items": [{ "seq": seq, "kind": kind, "at": at }] });
        if let Some(client_id) = client_id.as_str() {
            talk.answers.insert(client_id.to_owned(), answer.clone());
        }
        let _ = self
            .pushed
            .send(json!({ "type": "item", "conversation": id, "item": item }).to_string());
        answer
    }

    pub(super) fn conversation(
        &mut self,
        id: &str,
        rest: &[&str],
        post: bool,
        query: &str,
        who: &str,
        body: &Value,
    ) -> Answer {
        let Some(talk) = id.parse().ok().and_then(|id: ConversationId| self.talks.get(&id)) else {
            return problem(404, "not-found");
        };
        if let Some(answer) = body["client_id"]
            .as_str()
            .and_then(|client_id| talk.answers.get(client_id))
        {
            return ok(answer.clone());
        }
        let (id, epoch, staffed, open) = (talk.id, talk.epoch(), self.staffed(talk), !talk.removals.is_empty());
        let device = || -> DeviceId {
            let header: Value = serde_json::from_slice(&bytes(&body["record"]["header"])).unwrap();
            serde_json::from_value(header["device"].clone()).unwrap()
        };
        match rest {
            ["log"] => {
                let after = query
                    .split('&')
                    .find_map(|part| part.strip_prefix("after="))
                    .unwrap_or("0")
                    .parse::<usize>()
                    .unwrap();
                // Short pages, so that clients have to ask on.
                let page: Vec<_> = talk.items.iter().skip(after).take(3).cloned().collect();
                ok(json!({ "next_after": after + page.len(), "head": talk.items.len(), "items": page }))
            }
            ["group"] => ok(json!({ "epoch": epoch, "group_info": talk.group_info, "members": [], "removals": [] })),
            ["letters" | "messages"] if open => problem(409, "removal-pending"),
            ["letters"] if staffed => problem(409, "taken"),
            ["letters"] => ok(self.append(
                id,
                "letter",
                Some(device()),
                &body["client_id"],
                epoch,
                &json!({ "record": body["record"] }),
            )),
            ["messages"] if !staffed => problem(409, "not-taken"),
            ["messages"] => {
                let header: Value = serde_json::from_slice(&bytes(&body["record"]["header"])).unwrap();
                let content = json!({ "mls": body["mls"], "record": body["record"] });
                ok(self.append(
                    id,
                    "message",
                    Some(device()),
                    &body["client_id"],
                    header["key"].as_u64().unwrap(),
                    &content,
                ))
            }
            ["take"] if staffed => problem(409, "already-taken"),
            ["take" | "commits" | "assign"] => self.commit(id, body),
            ["grants"] => self.grants(id, who, body),
            ["release"] => {
                let staff: Vec<_> = self.members(&self.talks[&id]);
                let staff: Vec<_> = staff
                    .into_iter()
                    .filter(|d| self.devices[d].statement.kind == Kind::Staff)
                    .collect();
                let grant = self.grant(Act::Remove, id, &staff);
                self.append(
                    id,
                    "removal",
                    None,
                    &Value::Null,
                    epoch,
                    &json!({ "devices": staff, "grant": grant }),
                );
                self.talks.get_mut(&id).unwrap().removals.push((staff, grant));
                ok(json!({}))
            }
            ["close"] => {
                self.talks.get_mut(&id).unwrap().closed = true;
                self.append(id, "closed", None, &Value::Null, epoch, &json!({ "by": who }));
                ok(json!({}))
            }
            ["history-keys"] => ok(json!({ "items": talk.history })),
            ["receipts"] => (204, Value::Null),
            ["note-keys"] if post => {
                self.talks.get_mut(&id).unwrap().note_keys.push(body.clone());
                ok(Value::Null)
            }
            ["note-keys"] => ok(json!({ "items": talk.note_keys })),
            ["notes"] if post => {
                let (seq, device, at) = (talk.notes.len() + 1, device(), self.now());
                let note = json!({ "seq": seq, "device": device, "statement": self.devices[&device].jws, "by": who, "at": at, "record": body["record"] });
                self.talks.get_mut(&id).unwrap().notes.push(note);
                ok(json!({ "seq": seq, "at": at }))
            }
            ["notes"] => ok(json!({ "items": talk.notes })),
            _ => problem(404, "not-found"),
        }
    }

    fn grants(&mut self, id: ConversationId, who: &str, body: &Value) -> Answer {
        let own: DeviceId = serde_json::from_value(body["device"].clone()).unwrap();
        let act = body["act"].as_str().unwrap();
        if act == "take" || act == "join" {
            return ok(json!({ "grants": [self.grant(Act::Join, id, &[own])], "key_packages": [], "remove": [] }));
        }
        let whose = body["staff"].as_str().unwrap_or(who).to_owned();
        let inside = self.members(&self.talks[&id]);
        let of = |device: &&super::Device| device.statement.sub == whose;
        let theirs: Vec<_> = self.devices.values().filter(of).map(|d| d.statement.device).collect();
        if act == "remove" {
            return ok(
                json!({ "grants": [self.grant(Act::Remove, id, &theirs)], "key_packages": [], "remove": theirs }),
            );
        }
        let mut offers = vec![];
        let mut grants = vec![];
        for device in theirs.iter().filter(|device| !inside.contains(device)) {
            let known = self.devices.get_mut(device).unwrap();
            let package = known.packages.pop().unwrap();
            offers.push(json!({ "device": device, "statement": known.jws, "key_package": package }));
            grants.push(self.grant(Act::Add, id, &[*device]));
        }
        ok(json!({ "grants": grants, "key_packages": offers, "remove": [] }))
    }

    fn commit(&mut self, id: ConversationId, body: &Value) -> Answer {
        let talk = &self.talks[&id];
        if body["epoch"] != talk.epoch() {
            return problem(409, "epoch-conflict");
        }
        let message = MlsMessageIn::tls_deserialize_exact_bytes(&bytes(&body["commit"])).unwrap();
        let processed = talk
            .group
            .process_message(&RustCrypto::default(), message.try_into_protocol_message().unwrap())
            .unwrap();
        let author = statement(processed.credential());
        let author = self.device_of(&author);
        let data: Value = serde_json::from_slice(processed.aad()).unwrap();
        let external = matches!(processed.sender(), Sender::NewMemberCommit);
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return problem(422, "invalid-mls");
        };
        let mut joined: Vec<String> = vec![];
        let mut removed = vec![];
        let before = self.talks[&id]
            .group
            .members()
            .map(|m| (m.index, self.device_of(&statement(&m.credential))));
        let before: BTreeMap<_, _> = before.collect();
        if let Some(leaf) = staged.update_path_leaf_node().filter(|_| external) {
            joined.push(statement(leaf.credential()));
        }
        for queued in staged.queued_proposals() {
            match queued.proposal() {
                Proposal::Add(add) => joined.push(statement(add.key_package().leaf_node().credential())),
                Proposal::Remove(remove) => removed.push(before[&remove.removed()]),
                _ => {}
            }
        }
        let talk = self.talks.get_mut(&id).unwrap();
        talk.group.merge_commit(talk.provider.storage(), *staged).unwrap();
        talk.group_info = body["group_info"].clone();
        talk.history.push(body["history_key"].clone());
        talk.removals
            .retain(|(devices, _)| !devices.iter().any(|device| removed.contains(device)));
        let epoch = talk.epoch();
        let joined: Vec<_> = joined
            .iter()
            .map(|jws| json!({ "device": self.device_of(jws), "statement": jws }))
            .collect();
        let devices: Vec<_> = joined.iter().map(|one| one["device"].clone()).collect();
        let content = json!({ "mls": body["commit"], "joined": joined, "removed": removed, "grants": data["grants"] });
        let answer = self.append(id, "commit", Some(author), &body["client_id"], epoch - 1, &content);
        if let Some(welcome) = body.get("welcome") {
            self.append(
                id,
                "welcome",
                Some(author),
                &Value::Null,
                epoch,
                &json!({ "mls": welcome, "devices": devices }),
            );
        }
        ok(answer)
    }
}
