//! Deploy keys: whose an installation is, and nothing else.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::tidy;
use super::{Call, Model, Outcome, Seconds, no};

/// A deploy key; deleted ones are gone from the list.
#[derive(Clone, Debug)]
pub struct DeployKey {
    pub id: String,
    pub secret: String,
    organization: String,
    name: String,
    by: String,
    created: Seconds,
}

fn view(key: &DeployKey) -> Value {
    json!({"id": key.id, "name": key.name, "created_by": key.by})
}

impl Model {
    pub(super) fn list_deploy_keys(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "token.deploy")?;
        let here = self.deploy_keys.iter().filter(|key| key.organization == place.id);
        Ok((200, json!({"items": {"$set": here.map(view).collect::<Vec<_>>()}})))
    }

    pub(super) fn create_deploy_key(&mut self, c: &Call<'_>) -> Outcome {
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "token.deploy")?;
        if !self.offers_deploy_keys(&place) {
            return no(409, "deploy_key.not_offered");
        }
        let (id, secret) = (self.fresh("tok"), self.fresh("secret"));
        let (organization, by) = (place.id.clone(), place.me.id.clone());
        let key = DeployKey { id, secret, organization, name, by, created: self.now };
        let mut told = view(&key);
        told["token"] = json!(key.secret);
        self.deploy_keys.push(key);
        self.tell(&place.id, "deploy_key.created");
        Ok((201, told))
    }

    pub(super) fn delete_deploy_key(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "token.deploy")?;
        let wanted = |key: &DeployKey| key.organization == place.id && key.id == c.arg(1);
        let Some(at) = self.deploy_keys.iter().position(wanted) else { return no(404, "not_found") };
        self.deploy_keys.remove(at);
        self.tell(&place.id, "deploy_key.deleted");
        Ok((204, Value::Null))
    }

    fn offers_deploy_keys(&self, place: &Place) -> bool {
        self.at(place).knob("deploy_keys.offered") == json!(true)
    }

    /// What a shown secret says when it is a deploy key's.
    pub(super) fn proved_by(&self, place: &Place, shown: &str) -> Option<Value> {
        let proves = |key: &&DeployKey| {
            key.secret == shown
                && key.organization == place.id
                && key.created >= self.at(place).valid_from
                && self.offers_deploy_keys(place)
        };
        let found = self.deploy_keys.iter().find(proves)?;
        Some(json!({"active": true, "kind": "deploy_key", "organization": found.organization, "identity": null}))
    }
}
