//! What a tenant keeps in its organizations, looked at in the store: it is there as the model says, and by that its
//! names are learnt.

use guildhall_domain::ids::{OrgId, TenantResourceId};
use guildhall_store::read::tenant_resource as shared;
use guildhall_testkit::model::{KeptHere, TenantResource};
use serde_json::json;

use crate::world::World;

impl World {
    pub async fn look_at_kept(&mut self) -> Result<(), String> {
        let named = |one: &TenantResource| self.names.real(&one.id)?.parse::<TenantResourceId>().ok();
        let from: Vec<_> = self.model.shared_out.iter().filter_map(|one| Some((one.clone(), named(one)?))).collect();
        if from.is_empty() {
            return Ok(());
        }
        let present = self.model.organizations.iter().filter(|o| !o.deleted && o.tenant.is_some());
        let places: Vec<(String, OrgId)> =
            present.filter_map(|o| Some((o.id.clone(), self.names.real(&o.id)?.parse::<OrgId>().ok()?))).collect();
        let each: Vec<_> = places
            .iter()
            .flat_map(|(place, id)| from.iter().map(move |(one, from)| (place.clone(), *id, one.clone(), *from)))
            .collect();
        let asked: Vec<_> = each.iter().map(|(_, id, _, from)| (*id, *from)).collect();
        let read = self.test.app.store.read(move |conn| {
            let found = asked.into_iter().map(|(here, from)| shared::in_organization(conn, here, from));
            Ok(found.collect::<Result<Vec<_>, _>>()?)
        });
        let found = read.await.map_err(|e| format!("{e:?}"))?;
        for ((place, _, one, _), found) in each.into_iter().zip(found) {
            let here = |kept: &&KeptHere| kept.organization == place && kept.from == one.id;
            let kept = self.model.kept_here.iter().find(here).map(|kept| kept.resource.clone());
            let wanted = json!(kept.map(|resource| json!([resource, one.name, one.kind])));
            let found = json!(found.map(|r| json!([r.id, r.name, r.kind])));
            self.names.agree(&wanted, &found, &format!("{} in {place}", one.name))?;
        }
        Ok(())
    }
}
