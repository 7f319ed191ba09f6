//! Conditions: what a permission of a role depends on besides who holds it, said in the Common Expression
//! Language and asked of what is known and of what whoever asks says. Knows no masks and no presets.
//!
//! INVARIANT: a condition only ever gives. One that is not met, or that cannot be answered because something it
//! asks for was not said, gives nothing; nothing is taken away by one.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr};
use cel::parser::{Expression, Parser};
use cel::{Context, Env, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::group::Belonging;
use crate::ids::{MemberId, ServiceAccountId};
use crate::member::{Member, MemberKind};

/// How long an expression may be, in bytes.
pub const LONGEST: usize = 500;
/// How deeply an expression may be nested: reading and answering one takes a bounded part of a thread's stack.
const DEEPEST: u16 = 24;
/// What an expression can ask about.
const VARIABLES: [&str; 4] = ["subject", "action", "resource", "context"];
/// The functions that an expression can call. Operators begin with other characters.
const FUNCTIONS: [&str; 8] = ["contains", "startsWith", "endsWith", "size", "string", "int", "uint", "double"];

/// What whoever asks says of those a question is about, and of its circumstances. Only conditions look at it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Properties {
    /// Of the subject: `subject.properties` in an expression.
    pub subject: Map<String, Json>,
    /// Of the action: `action.properties`.
    pub action: Map<String, Json>,
    /// Of the resource: `resource.properties`.
    pub resource: Map<String, Json>,
    /// Of the circumstances: `context`.
    pub context: Map<String, Json>,
}

impl Properties {
    /// Where nothing was said.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: LazyLock<Properties> = LazyLock::new(Properties::default);
        &NONE
    }
}

/// Whom and what a question is about: what is known of them here, and what was said of them.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// `user`, `service_account` or `share_link`.
    pub subject: &'static str,
    /// `mem_…`, `svc_…` or `lnk_…`.
    pub id: String,
    /// Slug of the organization role, where there is one.
    pub role: Option<&'a str>,
    /// `grp_…` of every group they are in.
    pub groups: Vec<String>,
    /// `organization` or a type of the preset.
    pub kind: &'a str,
    /// External id of the resource, or `res_…` where it has none; `org_…` for the organization.
    pub resource: String,
    /// What was said besides.
    pub told: &'a Properties,
}

impl<'a> Scene<'a> {
    /// A member of these groups, at a place of this type and name.
    #[must_use]
    pub fn of_member(member: &'a Member, groups: &[Belonging], at: (&'a str, String), told: &'a Properties) -> Self {
        let program = member.kind == MemberKind::ServiceAccount;
        Self::of_somebody((member.id, program), Some(&member.role), groups, at, told)
    }

    /// The same of somebody told by what an index knows of them.
    #[must_use]
    pub fn of_somebody(
        (member, program): (MemberId, bool),
        role: Option<&'a str>,
        groups: &[Belonging],
        (kind, resource): (&'a str, String),
        told: &'a Properties,
    ) -> Self {
        let (subject, id) = match program {
            true => ("service_account", ServiceAccountId::new(member.uuid()).to_string()),
            false => ("user", member.to_string()),
        };
        let groups = groups.iter().map(|one| one.group.to_string()).collect();
        Self { subject, id, role, groups, kind, resource, told }
    }
}

/// One condition of a preset.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Unique among the preset's conditions; stands behind the `@` of a permission's name.
    pub slug: String,
    /// For people, said after the permission's label.
    pub label: String,
    /// The expression.
    pub when: String,
    expression: Expression,
}

impl Condition {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn new(slug: &str, label: &str, when: &str) -> Result<Self, String> {
        if when.len() > LONGEST {
            return Err(format!("the expression has {} bytes, and {LONGEST} fit", when.len()));
        }
        let read = Parser::new().max_recursion_depth(DEEPEST).parse(when);
        let expression = read.map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(|| "cannot be read".to_owned(), |error| error.msg.clone())
        })?;
        is_plain(&expression)?;
        Ok(Self { slug: slug.to_owned(), label: label.to_owned(), when: when.to_owned(), expression })
    }

    /// Whether it is met when somebody would do `action` in this scene.
    #[must_use]
    pub fn holds(&self, action: &str, scene: &Scene<'_>) -> bool {
        static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));
        let mut asked = Context::with_env(Arc::clone(&LANGUAGE));
        let properties = |of: &Map<String, Json>| ("properties", object(of));
        let mut subject = vec![("type", text(scene.subject)), ("id", text(&scene.id)), properties(&scene.told.subject)];
        subject.extend(scene.role.map(|role| ("role", text(role))));
        let groups: Vec<Value> = scene.groups.iter().map(|group| text(group)).collect();
        subject.push(("groups", groups.into()));
        let resource =
            vec![("type", text(scene.kind)), ("id", text(&scene.resource)), properties(&scene.told.resource)];
        let action = vec![("name", text(action)), properties(&scene.told.action)];
        for (name, fields) in [("subject", subject), ("action", action), ("resource", resource)] {
            let fields: HashMap<String, Value> =
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            asked.add_variable_from_value(name, fields);
        }
        asked.add_variable_from_value("context", object(&scene.told.context));
        matches!(asked.resolve(&self.expression), Ok(Value::Bool(true)))
    }
}

fn text(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

fn object(fields: &Map<String, Json>) -> Value {
    let fields: HashMap<String, Value> = fields.iter().map(|(key, value)| (key.clone(), said(value))).collect();
    fields.into()
}

/// A value as expressions compare it: a number that fits is a signed one, as those in expressions are.
fn said(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(signed), _) => Value::Int(signed),
            (None, Some(unsigned)) => Value::UInt(unsigned),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(string) => text(string),
        Json::Array(entries) => entries.iter().map(said).collect::<Vec<_>>().into(),
        Json::Object(fields) => object(fields),
    }
}

/// Whether an expression asks about nothing but what there is, calls nothing else and repeats nothing: so it is
/// answered in as many steps as it has parts.
fn is_plain(expression: &Expression) -> Result<(), String> {
    match &expression.expr {
        Expr::Literal(_) => Ok(()),
        Expr::Ident(name) if VARIABLES.contains(&name.as_str()) => Ok(()),
        Expr::Ident(name) => Err(format!("there is no `{name}`; there are {}", VARIABLES.join(", "))),
        Expr::Select(select) => is_plain(&select.operand),
        Expr::List(list) => list.elements.iter().try_for_each(is_plain),
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => is_plain(&entry.key).and_then(|()| is_plain(&entry.value)),
            EntryExpr::StructField(field) => is_plain(&field.value),
        }),
        Expr::Call(call) => {
            let named = call.func_name.starts_with(|first: char| first.is_ascii_alphabetic());
            if named && !FUNCTIONS.contains(&call.func_name.as_str()) {
                return Err(format!("there is no function `{}`; there are {}", call.func_name, FUNCTIONS.join(", ")));
            }
            call.target.iter().map(|target| &**target).chain(&call.args).try_for_each(is_plain)
        }
        Expr::Comprehension(_) => {
            Err("`all`, `exists`, `map` and `filter` are not for conditions; use `in`".to_owned())
        }
        Expr::Struct(_) | Expr::Unspecified => Err("structures are not for conditions".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(when: &str, told: Json) -> bool {
        let told: Properties = serde_json::from_value(told).unwrap();
        let scene = Scene {
            subject: "user",
            id: "mem_1".to_owned(),
            role: Some("member"),
            groups: vec!["grp_1".to_owned()],
            kind: "record",
            resource: "record-1".to_owned(),
            told: &told,
        };
        Condition::new("one", "when so", when).unwrap().holds("record.write", &scene)
    }

    #[test]
    fn an_expression_sees_what_is_known_and_what_is_said() {
        let none = || json!({});
        for known in [
            "subject.type == 'user' && subject.id == 'mem_1' && subject.role == 'member'",
            "'grp_1' in subject.groups && !('grp_2' in subject.groups)",
            "action.name == 'record.write'",
            "resource.type == 'record' && resource.id.startsWith('record-') && size(context) == 0",
        ] {
            assert!(holds(known, none()), "{known}");
        }
        let told = json!({
            "subject": {"clearance": 3, "team": {"name": "red"}}, "action": {"soft": true},
            "resource": {"level": 2.5, "tags": ["a", "b"], "big": u64::MAX, "gone": null}, "context": {"ip": "10.0.0.1"},
        });
        for said in [
            "subject.properties.clearance == 3 && subject.properties.team.name == 'red'",
            "double(subject.properties.clearance) > resource.properties.level",
            "action.properties.soft && 'b' in resource.properties.tags && resource.properties.gone == null",
            "context.ip.startsWith('10.') && resource.properties.big == 18446744073709551615u",
        ] {
            assert!(holds(said, told.clone()), "{said}");
        }
    }

    #[test]
    fn what_cannot_be_answered_gives_nothing() {
        for lacking in [
            "resource.properties.status == 'active'",
            "resource.properties.status != 'archived'",
            "!(resource.properties.status == 'archived')",
            "subject.properties.level > 3",
            "subject.role > 3",
            "'text'",
            "1 / 0 == 1",
        ] {
            assert!(!holds(lacking, json!({})), "{lacking}");
        }
        assert!(holds("!has(resource.properties.status) || resource.properties.status != 'archived'", json!({})));
        assert!(holds("resource.properties.status == 'x' || subject.role == 'member'", json!({})));
    }

    #[test]
    fn a_wrong_or_hostile_expression_is_refused_with_a_reason() {
        let deep = |open: &str, close: &str, n: usize| format!("{}true{}", open.repeat(n), close.repeat(n));
        for (when, told) in [
            ("subject.role ==".to_owned(), "ERROR"),
            ("user.role == 'x'".to_owned(), "there is no `user`"),
            ("subject.role.matches('(a+)+')".to_owned(), "there is no function `matches`"),
            ("subject.groups.exists(g, g == 'x')".to_owned(), "not for conditions"),
            (deep("(", ")", 200), "limit"),
            (deep("[", "]", 200), "limit"),
            ("a.b.C{x: 1}".to_owned(), "structures"),
            ("true || ".repeat(200), "500 fit"),
            (String::new(), ""),
        ] {
            let refused = Condition::new("one", "", &when).unwrap_err();
            assert!(refused.contains(told) || told == "ERROR", "{when}: {refused}");
        }
        assert!(Condition::new("one", "", &deep("!(", ")", 20)).is_ok());
        assert!(Condition::new("one", "", &("true".to_owned() + &" && true".repeat(60))).is_ok());
    }
}
