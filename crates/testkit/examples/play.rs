//! The whole program with some people in it, to look at in a browser: prints where it listens and the links that were
//! mailed, then runs until it is stopped. The first argument names the preset. Everybody's password is `correct horse`.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Engine, TestApp};
use serde_json::json;

#[tokio::main]
async fn main() {
    let preset = std::env::args().nth(1).unwrap_or_else(|| "standard".to_owned());
    if preset == "empty" {
        let test = TestApp::start(Engine::Sqlite).await;
        let address = guildhall_server::ops::setup::address(&test.ctx()).await.expect("a set-up address");
        println!("{}\nsetup {}", test.url, address.expect("nothing is set up"));
        std::future::pending::<()>().await;
    }
    let test = TestApp::start(Engine::Sqlite).await;
    let owner = test.init(&preset).await;
    println!("{}\nowner {}", test.url, owner.email);
    let mut admin = test.with_token(&owner.token);
    let people = ["ada", "grace", "linus", "margaret", "alan", "barbara"];
    let wanted: Vec<_> =
        people.iter().map(|name| json!({"email": format!("{name}@acme.test"), "name": name})).collect();
    drop(admin.post("/organizations/acme/invitations", json!({"invitations": wanted})).await.expect(200));
    for name in people {
        let secret = test.mails_to(&format!("{name}@acme.test")).await.pop().expect("a mail").secret("/invite/");
        match name {
            // One waits, one is open, one was used.
            "alan" | "barbara" => println!("invite {name} {}/invite/{secret}", test.url),
            _ => {
                let answer = json!({"token": secret, "name": format!("{name} of Acme"), "password": PASSWORD});
                drop(test.anybody().post("/invitations/accept", answer).await.expect(200));
                println!("used {name} {}/invite/{secret}", test.url);
            }
        }
    }
    drop(
        admin.post("/organizations", json!({"name": "Beta Works", "slug": "beta", "preset": preset})).await.expect(201),
    );
    drop(test.anybody().post("/password/forgot", json!({"email": "grace@acme.test"})).await.expect(204));
    let mail = test.mails_to("grace@acme.test").await;
    let reset = mail.iter().find_map(|m| m.link("/password/reset/")).expect("a link to a new password");
    println!("reset grace {reset}");
    loop {
        test.deliver().await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}
