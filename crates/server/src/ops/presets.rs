//! The preset an organization runs with: shown, and another one put into force.

use std::collections::BTreeMap;
use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::organization::preset::{self as rules_of, Holder, RoleMap};
use guildhall_domain::preset::{Preset, PresetError, built_in};
use guildhall_domain::refusal::{Code, FieldError, Refusal};
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, invitation as invitations, member as members, organization, preset as used};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::organizations::preset_named;
use super::{Answer, Ctx, Place, lock_out};

/// The preset an organization runs with: its own copy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PresetView {
    /// The name it is chosen by.
    pub name: String,
    /// What pages call it.
    pub title: String,
    /// Its version.
    pub version: u32,
    /// What it is for.
    pub description: String,
    /// The whole file.
    pub text: String,
    /// The version of that name that comes with the program, where its text is another one.
    pub newer: Option<u32>,
    /// Revision of the organization's last change, as in the `ETag`.
    pub revision: u64,
}

/// Another preset, by name or as the text of a file.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPreset {
    /// The name of one that comes with the program.
    #[serde(default)]
    pub preset: Option<String>,
    /// The text of a preset file.
    #[serde(default)]
    pub text: Option<String>,
    /// For each role that goes: the role its holders have afterwards.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
}

fn view(preset: &Preset, revision: u64) -> PresetView {
    let newer = built_in(&preset.name).filter(|shipped| shipped.text != preset.text);
    PresetView {
        name: preset.name.clone(),
        title: preset.title.clone(),
        version: preset.version,
        description: preset.description.clone(),
        text: preset.text.clone(),
        newer: newer.map(|shipped| shipped.version),
        revision,
    }
}

/// The preset in force.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, name: &str) -> Result<PresetView, Stop> {
    let name = name.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::PolicyRead)?;
        Ok(view(place.rules.preset(), place.organization.revision))
    })
    .await
}

fn wanted_preset(wanted: &NewPreset) -> Result<Arc<Preset>, Refusal> {
    match (&wanted.preset, &wanted.text) {
        (Some(name), None) => preset_named(name),
        (None, Some(text)) => Preset::parse("text", text).map(Arc::new).map_err(|errors| invalid(&errors)),
        (Some(_), Some(_)) => Err(Refusal::field("text", "field.invalid", "send `preset` or `text`, not both")),
        (None, None) => Err(Refusal::field("preset", "field.missing", "send `preset` or `text`")),
    }
}

fn invalid(errors: &[PresetError]) -> Refusal {
    let told = |error: &PresetError| FieldError {
        field: format!("text:{}", error.line),
        code: error.rule.to_owned(),
        detail: format!("{}; {}", error.detail, error.hint),
    };
    let detail = errors.first().map_or_else(String::new, ToString::to_string);
    Refusal { errors: errors.iter().map(told).collect(), ..Refusal::because(Code::PresetInvalid, detail) }
}

/// Puts another preset, or another version, into force. Changed settings that it leaves open stay.
///
/// # Errors
/// `not_found`, `access.denied`, `member.top_role_required`, `etag.stale`, `preset.unknown`, `preset.invalid`,
/// `preset.role_unmapped`, `preset.in_use`, `role.unknown`, `member.last_owner`,
/// `policy.locks_out`, `sso.no_connection`, `sso.break_glass`.
pub async fn apply(ctx: &Ctx, name: &str, wanted: NewPreset) -> Result<Answer<PresetView>, Stop> {
    let name = name.to_owned();
    ctx.caller()?;
    let next = wanted_preset(&wanted)?;
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &name)?;
        let permit = place.permit(Action::PresetApply)?;
        ctx.guard_recent(&place)?;
        ctx.guard_seen(place.organization.revision)?;
        let here = place.organization.id;
        let in_use = used::in_use(tx, here)?;
        let holders = holders(tx, &place, &wanted.roles)?;
        let (organization, rules) = (&place.organization, &place.rules);
        let changes = rules_of::apply(&permit, organization, rules, &next, &wanted.roles, &in_use, holders)?;
        tx.apply(changes)?;
        let after = organization::by_id(tx, here)?.ok_or(Code::NotFound)?;
        lock_out::guard(ctx, tx, &place.rules, &after)?;
        Ok(view(&next, after.revision))
    })
    .await
}

/// Everybody whose role is to become another one.
fn holders(tx: &mut Tx<'_>, place: &Place, map: &RoleMap) -> Result<Vec<Holder>, Stop> {
    let here = place.organization.id;
    let mut found = Vec::new();
    for role in map.keys() {
        let filter = Filter { role: Some(role.clone()), ..Filter::default() };
        for (_, member) in members::list(tx, here, &filter, &Page { after: None, limit: u32::MAX })? {
            let invitation = invitations::of_member(tx, here, member.id)?;
            found.push((member, invitation));
        }
    }
    Ok(found)
}
