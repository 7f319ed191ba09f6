//! Samples of the audit trail and of the API reference.

use askama::Template;
use guildhall_server::console::view::{
    ApiAnswer, ApiBody, ApiDocsPage, ApiField, ApiGroup, ApiOperation, ApiParameter, AuditDay, AuditEvent,
    AuditFilters, AuditPage, Chip, Choice, Fact, FactValue, FieldChange, Input, Pager, Person, Place, Tone,
};

use super::shared::{SCRIPT, Visit, ada, endless, grace, words};
use super::{Sample, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/acme/admin/audit", "Audit", |v| audit(v, true).render()),
    page("/audit-empty", "Audit, nothing fits", |v| audit(v, false).render()),
    page("/api/docs", "API reference", |v| api(v).render()),
];

pub(crate) fn events(visit: &Visit) -> Vec<AuditEvent> {
    let event = |id: &str, ago_s: i64, actor: Person, verb: &str, target: &str, rest: &str, kind: &str| AuditEvent {
        id: id.to_owned(),
        at: visit.ago(ago_s),
        actor,
        verb: verb.to_owned(),
        target: (!target.is_empty()).then(|| Place::new(target, "/acme/admin/users/mem_2")),
        rest: rest.to_owned(),
        kind: kind.to_owned(),
        outcome: None,
        changes: Vec::new(),
        facts: vec![
            Fact::text("Credential", "Session, Firefox on Linux"),
            Fact::text("Address", "192.0.2.10"),
            Fact::new("Request", FactValue::Code("0193f0c2-6a41-7c8e".to_owned())),
            Fact::new("Revision", FactValue::Code("4711".to_owned())),
        ],
    };
    let change = |field: &str, before: Option<&str>, after: Option<&str>| FieldChange {
        field: field.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let mut role = event(
        "evt_1",
        120,
        ada(),
        "changed the role of",
        "Grace Hopper",
        "from Viewer to Admin",
        "member.role_changed",
    );
    role.changes = vec![change("role", Some("viewer"), Some("admin"))];
    let mut invited =
        event("evt_2", 3_800, grace(), "invited", "linus@acme.example", "as Viewer", "invitation.created");
    invited.changes = vec![
        change("email", None, Some("linus@acme.example")),
        change("role", None, Some("viewer")),
        change("name", None, Some(SCRIPT)),
    ];
    let mut denied = event(
        "evt_3",
        7_400,
        Person::new(SCRIPT, "bobby@acme.example", "mem_9"),
        "tried to remove",
        "Ada Lovelace",
        "",
        "member.removed",
    );
    denied.outcome = Some(Chip::new("Denied", Tone::Bad));
    let mut renamed = event("evt_4", 9_000, ada(), "renamed the organization", "", "", "organization.updated");
    renamed.changes = vec![change("name", Some(&endless()), Some("Acme Rockets"))];
    vec![role, invited, denied, renamed]
}

fn audit(visit: &Visit, some: bool) -> AuditPage {
    let mut earlier = events(visit);
    for event in &mut earlier {
        event.id = format!("{}_earlier", event.id);
    }
    let days = vec![
        AuditDay { label: "Today".to_owned(), events: events(visit) },
        AuditDay { label: "20 November 2026".to_owned(), events: earlier },
    ];
    AuditPage {
        page: visit.shell("Audit Logs"),
        words: words(),
        href: "/acme/admin/audit".to_owned(),
        filters: AuditFilters {
            actor: Input::of(visit.asked("actor")),
            target: Input::of(visit.asked("target")),
            kinds: vec![Choice::new("", "Everything"), Choice::new("member.removed", "member.removed")],
            outcomes: vec![Choice::new("", "Any"), Choice::new("denied", "Denied")],
            since: Input::default(),
            until: Input::default(),
            set: !some,
        },
        pager: Pager {
            summary: if some { "8 shown".to_owned() } else { "Nothing shown".to_owned() },
            first: None,
            next: some.then(|| "/acme/admin/audit?after=next".to_owned()),
        },
        days: if some { days } else { Vec::new() },
        csv_href: "/acme/admin/audit/export?format=csv".to_owned(),
        ndjson_href: "/acme/admin/audit/export?format=ndjson".to_owned(),
    }
}

fn field(name: &str, kind: &str, required: bool, description: &str, depth: u8) -> ApiField {
    ApiField { name: name.to_owned(), kind: kind.to_owned(), required, description: description.to_owned(), depth }
}

fn answer(status: &str, description: &str, codes: &[&str]) -> ApiAnswer {
    ApiAnswer {
        status: status.to_owned(),
        description: description.to_owned(),
        codes: codes.iter().map(|&code| code.to_owned()).collect(),
        body: None,
    }
}

fn organization() -> ApiParameter {
    ApiParameter {
        name: "org".to_owned(),
        place: "path".to_owned(),
        kind: "string".to_owned(),
        required: true,
        description: "Id or short name of the organization.".to_owned(),
    }
}

fn json() -> ApiBody {
    ApiBody { media_type: "application/json".to_owned(), ..ApiBody::default() }
}

fn list_members() -> ApiOperation {
    ApiOperation {
        id: "list-members".to_owned(),
        method: "GET".to_owned(),
        path: "/api/v1/organizations/{org}/members".to_owned(),
        summary: "List members and invitations".to_owned(),
        description: "By name; invited people are listed, removed ones are not.".to_owned(),
        access: "Needs member.list".to_owned(),
        parameters: vec![
            organization(),
            ApiParameter {
                name: "query".to_owned(),
                place: "query".to_owned(),
                kind: "string".to_owned(),
                required: false,
                description: "Part of a name or an address.".to_owned(),
            },
        ],
        body: None,
        answers: vec![
            ApiAnswer {
                status: "200".to_owned(),
                description: "One page".to_owned(),
                codes: Vec::new(),
                body: Some(ApiBody {
                    schema: "MemberList".to_owned(),
                    fields: vec![
                        field("items", "array of Member", true, "The members of this page", 0),
                        field("id", "string", true, "Such as mem_…", 1),
                        field("role", "string", true, "The slug of the role", 1),
                        field("next", "string | null", true, "The cursor of the next page", 0),
                    ],
                    example:
                        "{\n  \"items\": [{ \"id\": \"mem_01jd8x2v7k\", \"role\": \"admin\" }],\n  \"next\": null\n}"
                            .to_owned(),
                    ..json()
                }),
            },
            answer("400", "The cursor is bad or has expired", &["cursor.invalid"]),
        ],
    }
}

fn remove_member() -> ApiOperation {
    ApiOperation {
        id: "remove-member".to_owned(),
        method: "DELETE".to_owned(),
        path: "/api/v1/organizations/{org}/members/{mem}".to_owned(),
        summary: "Remove a member".to_owned(),
        access: "Needs member.remove".to_owned(),
        parameters: vec![organization()],
        answers: vec![
            answer("204", "Removed", &[]),
            answer("409", "Refused", &["member.last_owner", "member.owns_resources"]),
        ],
        ..ApiOperation::default()
    }
}

fn change_member() -> ApiOperation {
    ApiOperation {
        id: "change-member".to_owned(),
        method: "PATCH".to_owned(),
        path: "/api/v1/organizations/{org}/members/{mem}".to_owned(),
        summary: "Change a role".to_owned(),
        body: Some(ApiBody {
            schema: "MemberPatch".to_owned(),
            fields: vec![field("role", "string", true, "Slug or id of a role", 0)],
            ..json()
        }),
        answers: vec![answer("200", "The member", &[])],
        ..ApiOperation::default()
    }
}

fn api(visit: &Visit) -> ApiDocsPage {
    let group = |id: &str, name: &str, operations: Vec<ApiOperation>| ApiGroup {
        id: id.to_owned(),
        name: name.to_owned(),
        description: "People, service accounts and invitations of an organization.".to_owned(),
        operations,
    };
    ApiDocsPage {
        page: visit.plain("API reference"),
        version: "0.1.0".to_owned(),
        intro: "Everything the console does, for programs. JSON in and out; errors are problem documents with a stable code.".to_owned(),
        document_href: "/api/openapi.json".to_owned(),
        groups: vec![
            group("members", "Members", vec![list_members(), change_member(), remove_member()]),
            group("invitations", "Invitations", vec![ApiOperation { id: "invite".to_owned(), method: "POST".to_owned(), path: "/api/v1/organizations/{org}/invitations".to_owned(), summary: "Invite people".to_owned(), ..ApiOperation::default() }]),
        ],
    }
}
