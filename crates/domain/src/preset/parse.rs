//! From the text of a preset file to a checked [`Preset`], or to everything that is wrong with it.

mod condition;
mod group;
mod permission;
mod policy;
mod role;

use super::fields::{At, Fields};
use super::name::{is_preset_name, is_slug, nearest};
use super::report::{PresetError, Report};
use super::role::ORGANIZATION;
use super::{Preset, ResourceType, Words};
use crate::action::Action;
use crate::permission::Mask;
use toml::de::DeTable;

impl Preset {
    /// Reads and checks the text of a preset file; `file` is its name, for the errors.
    ///
    /// # Errors
    /// Every violation found, in the order of lines. A file that is not TOML is not looked into further.
    pub fn parse(file: &str, text: &str) -> Result<Preset, Vec<PresetError>> {
        let report = Report::new(file, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            report.add(at, "syntax", error.message(), "the file must be valid TOML 1.0");
        }
        let preset = match errors.is_empty() {
            true => read(root.get_ref(), text, &report),
            false => None,
        };
        let errors = report.into_errors();
        preset.filter(|_| errors.is_empty()).ok_or(errors)
    }
}

/// `None` when there is no top role, which is reported.
fn read(root: &DeTable<'_>, text: &str, report: &Report<'_>) -> Option<Preset> {
    let mut fields = Fields::new(root, 0, report);
    let name = fields.text("name");
    if !name.value.is_empty() && !is_preset_name(&name.value) {
        let detail = format!("`{}` is not a preset's name", name.value);
        report.add(name.at, "name.format", detail, "lower-case letters, digits, `-` and `.`");
    }
    let (title, description) = (fields.text("title").value, fields.text("description").value);
    let version = fields.number("version");
    let (mut types, rights) = read_types(&mut fields, report);
    let mut catalogue = permission::read(&mut fields, &types, report);
    condition::read(&mut fields, &mut catalogue, report);
    group::rights_of_types(&mut types, rights, &catalogue, report);
    let groups = group::read(&mut fields, &types, &catalogue, report);
    let roles = role::read(&mut fields, &types, &catalogue, report);
    let slugs: Vec<_> =
        roles.iter().filter(|(role, _)| role.applies_to == ORGANIZATION).map(|(role, _)| role.slug.as_str()).collect();
    let policy = policy::read(fields.table("policy"), &slugs, report);
    let open_knobs = policy::read_open(&mut fields, report);
    let words = Words::read(fields.table("words"));
    fields.close();
    let roles: Vec<_> = roles.into_iter().map(|(role, _)| role).collect();
    let top = roles.iter().find(|role| role.applies_to == ORGANIZATION)?;
    Some(Preset {
        name: name.value,
        title,
        version,
        description,
        words,
        types,
        groups,
        catalogue,
        top: top.clone(),
        roles,
        policy,
        open_knobs,
        text: text.to_owned(),
    })
}

/// The types, and what each says of owners and managers, to be read once the permissions are known.
fn read_types(fields: &mut Fields<'_>, report: &Report<'_>) -> (Vec<ResourceType>, Vec<group::TypeRights>) {
    let mut types: Vec<ResourceType> = Vec::new();
    let (mut parents, mut rights) = (Vec::new(), Vec::new());
    for mut fields in fields.tables("type") {
        let slug = slug(&mut fields, report);
        let reserved = Action::ALL
            .iter()
            .any(|action| action.permission().split_once('.').is_some_and(|(kind, _)| kind == slug.value));
        if reserved {
            let detail = format!("`{}` is a type of the engine's own", slug.value);
            report.add(slug.at, "type.reserved", detail, "choose another slug");
        }
        if types.iter().any(|kind| kind.slug == slug.value) {
            let detail = format!("the type `{}` is there twice", slug.value);
            report.add(slug.at, "type.duplicate", detail, "name each type once");
        }
        let above = fields.texts("parents");
        types.push(ResourceType {
            slug: slug.value,
            name: fields.text("name").value,
            plural: fields.text("plural").value,
            parents: match &above {
                Some(above) => above.iter().map(|parent| parent.value.clone()).collect(),
                None => vec![ORGANIZATION.to_owned()],
            },
            owner: None,
            group_manager: Mask::EMPTY,
            stays: fields.flag("stays", false),
        });
        rights.push(group::TypeRights { owner: fields.texts("owner"), manager: fields.texts("group_manager") });
        parents.extend(above.unwrap_or_default());
        fields.close();
    }
    for parent in parents {
        is_known_type(&parent, "type.parent_unknown", &types, report);
    }
    (types, rights)
}

/// Whether a text names the organization or a type of the preset; reported if not.
fn is_known_type(named: &At<String>, rule: &'static str, types: &[ResourceType], report: &Report<'_>) -> bool {
    let slugs = || types.iter().map(|kind| kind.slug.as_str()).chain([ORGANIZATION]);
    let known = slugs().any(|slug| slug == named.value);
    if !known {
        let hint = match nearest(&named.value, slugs()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add a [[type]] with this slug".to_owned(),
        };
        let detail = format!("there is no type `{}`", named.value);
        report.add(named.at, rule, detail, hint);
    }
    known
}

fn slug(fields: &mut Fields<'_>, report: &Report<'_>) -> At<String> {
    let slug = fields.text("slug");
    if !slug.value.is_empty() && !is_slug(&slug.value) {
        let detail = format!("`{}` is not a slug", slug.value);
        let hint = "a lower-case letter, then lower-case letters, digits and `_`, 40 at most";
        report.add(slug.at, "name.format", detail, hint);
    }
    slug
}
