//! The first start: the form behind the address that the server printed.

use guildhall_domain::preset;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;

use super::password_hint;
use crate::console::verdict::Verdict;
use crate::console::view::{Choice, LinkState, Select, SetupPage, Tone};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::http::problem::status;
use crate::http::reply::set_session;
use crate::ops::Answer;
use crate::ops::setup::{self, SetUp};

/// What was typed into the form.
#[derive(Default)]
struct Typed {
    organization: String,
    slug: String,
    preset: String,
    name: String,
    email: String,
}

/// `GET /setup?token=`
pub(super) async fn show(visit: Visit) -> Shown {
    let token = visit.asked("token");
    page(&visit, token, Typed::default(), Verdict::default()).await
}

/// Shows where the set-up address is found, before anything is set up.
///
/// # Errors
/// When the template cannot be written.
pub(super) fn hint(visit: &Visit) -> Shown {
    Verdict::default()
        .page(visit, &filled(visit, String::new(), LinkState::Unknown, Typed::default(), &Verdict::default()))
}

async fn page(visit: &Visit, token: String, typed: Typed, mut verdict: Verdict) -> Shown {
    let state = match setup::check_address(&visit.ctx, &token).await {
        Ok(()) => LinkState::Open,
        Err(Stop::Refused(refusal)) if matches!(refusal.code, Code::SetupDone | Code::LinkInvalid) => {
            verdict.status = status(refusal.code.kind());
            if refusal.code == Code::SetupDone { LinkState::Used } else { LinkState::Unknown }
        }
        Err(stop) => return Err(visit.wrong(stop)),
    };
    verdict.page(visit, &filled(visit, token, state, typed, &verdict))
}

fn filled(visit: &Visit, token: String, state: LinkState, typed: Typed, verdict: &Verdict) -> SetupPage {
    let wanted = if typed.preset.is_empty() { "standard" } else { &typed.preset };
    let choices = preset::all_built_in()
        .iter()
        .map(|one| Choice::new(&one.name, &one.title).hint(&one.description).selected(one.name == wanted));
    let mut page = visit.plain("Set up");
    page.flash.extend(verdict.flash());
    SetupPage {
        page,
        token,
        state,
        preset: Select { choices: choices.collect(), error: verdict.at("preset") },
        organization_name: verdict.input("organization", typed.organization),
        slug: verdict.input("slug", typed.slug),
        name: verdict.input("name", typed.name),
        email: verdict.input("email", typed.email),
        password: verdict.input("password", ""),
        password_hint: password_hint(&visit.ctx),
    }
}

/// `POST /setup`
pub(super) async fn complete(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let own = |field: &str| sent.get(field).to_owned();
    let typed = Typed {
        organization: own("organization_name"),
        slug: own("slug"),
        preset: own("preset"),
        name: own("name"),
        email: own("email"),
    };
    let wanted = SetUp {
        token: own("token"),
        organization: typed.organization.clone(),
        slug: Some(typed.slug.clone()).filter(|slug| !slug.is_empty()),
        preset: Some(typed.preset.clone()).filter(|preset| !preset.is_empty()),
        email: typed.email.clone(),
        name: typed.name.clone(),
        password: own("password"),
    };
    match setup::complete(&visit.ctx, wanted).await.and_then(Answer::done) {
        Ok(ready) => {
            let path = format!("/{}/admin/users", ready.organization.slug);
            let text = format!("{} is set up. Invite the first people when you like.", ready.organization.name);
            let mut response = go_with(&path, Tone::Good, &text);
            set_session(&visit.ctx.app, &mut response, &ready.session);
            Ok(response)
        }
        Err(stop) => {
            let fields = ["organization", "slug", "preset", "name", "email", "password"];
            let verdict = Verdict::of(visit, stop, &fields)?;
            page(visit, own("token"), typed, verdict).await
        }
    }
}
