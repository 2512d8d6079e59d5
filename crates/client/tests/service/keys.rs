//! Key packages, and the team's keys.

use serde_json::{Value, json};
use wd_kernel::DeviceId;

use super::{Answer, World, ok, problem};

impl World {
    pub(super) fn packages(&mut self, device: &str, body: &Value) -> Answer {
        let device = self.devices.get_mut(&device.parse().unwrap()).unwrap();
        device
            .packages
            .extend(body["key_packages"].as_array().unwrap().iter().cloned());
        ok(json!({ "available": device.packages.len() }))
    }

    pub(super) fn team(&mut self, team: &str, rest: &[&str], post: bool, query: &str, body: &Value) -> Answer {
        match rest {
            ["keys"] if post => {
                let generation = body["generation"].as_u64().unwrap();
                if self.team_keys.iter().any(|key| key["generation"] == generation) {
                    return problem(409, "conflict");
                }
                let maker: DeviceId = serde_json::from_value(body["device"].clone()).unwrap();
                let mut key = body.clone();
                key["team"] = json!(team);
                key["statement"] = json!(self.devices[&maker].jws);
                self.team_keys.push(key);
                self.take_shares(generation, body);
                ok(Value::Null)
            }
            ["keys"] => {
                let device: DeviceId = query.trim_start_matches("device=").parse().unwrap();
                let with_share = |key: &Value| {
                    let mut key = key.clone();
                    key["share"] = self
                        .shares
                        .get(&(key["generation"].as_u64().unwrap(), device))
                        .cloned()
                        .unwrap_or_default();
                    key
                };
                let staff = || {
                    self.devices
                        .values()
                        .filter(|device| !device.statement.teams.is_empty())
                };
                let missing = |device: DeviceId| {
                    let generations = self.team_keys.iter().map(|key| key["generation"].as_u64().unwrap());
                    generations
                        .filter(|g| !self.shares.contains_key(&(*g, device)))
                        .collect::<Vec<_>>()
                };
                let listed = |d: &super::Device| json!({ "device": d.statement.device, "statement": d.jws, "generations": missing(d.statement.device) });
                let waiting = staff().filter(|d| !missing(d.statement.device).is_empty());
                ok(json!({
                    "current": self.team_keys.last(),
                    "generations": self.team_keys.iter().map(with_share).collect::<Vec<_>>(),
                    "waiting": waiting.map(listed).collect::<Vec<_>>(),
                    "devices": staff().map(listed).collect::<Vec<_>>(),
                }))
            }
            ["keys", generation, "shares"] => {
                self.take_shares(generation.parse().unwrap(), body);
                ok(Value::Null)
            }
            _ => problem(404, "not-found"),
        }
    }

    fn take_shares(&mut self, generation: u64, body: &Value) {
        for share in body["shares"].as_array().unwrap() {
            let device = serde_json::from_value(share["device"].clone()).unwrap();
            self.shares
                .entry((generation, device))
                .or_insert_with(|| share["sealed"].clone());
        }
    }
}
