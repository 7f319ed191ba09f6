//! `/auth/verify`, asked as proxies ask it, and behind a real nginx.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::json;

const HEADERS: [&str; 9] = [
    "x-guildhall-user",
    "x-guildhall-email",
    "x-guildhall-name",
    "x-guildhall-handle",
    "x-guildhall-credential",
    "x-guildhall-organization",
    "x-guildhall-organization-slug",
    "x-guildhall-member",
    "x-guildhall-role",
];

#[tokio::test]
async fn who_it_is_and_whether_they_may() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        ann.caller.patch("/me", json!({"name": "Zoë % X: 1"})).await.expect(200);
        let plain = ann.caller.get("/auth/verify").await.expect(200);
        let told = |name: &str| plain.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert!(HEADERS.iter().all(|name| told(name).is_some()), "every header, empty or not");
        assert_eq!(plain.header("x-guildhall-user"), ann.user);
        assert_eq!(plain.header("x-guildhall-email"), "ann@acme.test");
        assert_eq!(plain.header("x-guildhall-name"), "Zo%C3%AB%20%25%20X:%201");
        assert_eq!((plain.header("x-guildhall-credential"), plain.header("x-guildhall-role")), ("session", ""));
        assert_eq!(plain.header("cache-control"), "no-store");

        let here = ann.caller.get("/auth/verify?organization=acme").await.expect(200);
        assert_eq!((here.header("x-guildhall-role"), here.header("x-guildhall-organization-slug")), ("member", "acme"));
        assert_eq!(here.header("x-guildhall-member"), ann.member);
        ann.caller.get("/auth/verify?organization=acme&permission=workspace.create").await.expect(200);
        ann.caller.get("/auth/verify?organization=acme&permission=role.manage").await.refused(403, "access.denied");
        ann.caller.get("/auth/verify?organization=nowhere").await.refused(403, "access.denied");
        for mistake in
            ["permission=role.manage", "organization=acme&permission=fly", "organization=acme&resource=a:b", "org=acme"]
        {
            ann.caller.get(&format!("/auth/verify?{mistake}")).await.refused(400, "request.malformed");
        }

        // a token brings its organization, and asks for what it carries only
        let (mut token, _) = test.mint(&mut owner, "acme", Some(&["member.list"])).await;
        let by_token = token.get("/auth/verify?permission=member.list").await.expect(200);
        assert_eq!(
            (by_token.header("x-guildhall-credential"), by_token.header("x-guildhall-role")),
            ("personal_token", "owner")
        );
        token.get("/auth/verify?permission=role.manage").await.refused(403, "access.denied");
        // whatever method the request has that is asked about: nothing is written
        token.send("DELETE", "/auth/verify", None, &[]).await.expect(200);
        ann.caller.clone().without_csrf().send("POST", "/auth/verify", None, &[]).await.expect(200);

        let workspace = json!({"type": "workspace", "external_id": "plans", "name": "Plans"});
        owner.post("/organizations/acme/resources", workspace).await.expect(201);
        let there = "/auth/verify?organization=acme&permission=workspace.read&resource=workspace:plans";
        ann.caller.get(there).await.refused(403, "access.denied");
        let grant = json!({"subject": {"type": "member", "id": ann.member}, "role": "viewer"});
        owner.post("/organizations/acme/resources/workspace:plans/grants", grant).await.expect(201);
        ann.caller.get(there).await.expect(200);

        test.anybody().get("/auth/verify").await.refused(401, "auth.required");
        owner.post(&format!("/organizations/acme/members/{}/deactivate", ann.member), json!({})).await.expect(200);
        ann.caller.get(there).await.refused(401, "auth.required");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_the_client_sends_is_not_what_the_proxy_says() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut gina = test.join(&mut owner, "acme", "gina@acme.test", "guest").await.caller;
        // as Envoy asks: the client's path and query behind the prefix, the wish in headers
        let wish = [("x-guildhall-organization", "acme"), ("x-guildhall-permission", "role.manage")];
        let asked = "/auth/verify/reports?organization=acme&permission=organization.read&redirect=true";
        gina.send("GET", asked, None, &wish).await.refused(403, "access.denied");
        let wish = [("x-guildhall-organization", "acme"), ("x-guildhall-permission", "organization.read")];
        let passed = gina.send("PUT", "/auth/verify/reports?permission=role.manage", None, &wish).await.expect(200);
        assert_eq!(passed.header("x-guildhall-role"), "guest");
        gina.send("GET", "/auth/verify/", None, &wish).await.expect(200);
        // as the others ask: the wish in the query, headers come from the client
        let asked = "/auth/verify?organization=acme&permission=role.manage";
        gina.send("GET", asked, None, &wish).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_browser_without_session_is_led_to_the_sign_in_page_and_back() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let page = ("accept", "text/html,*/*");
        let mut browser = test.browser();
        browser.ask("GET", "/auth/verify?redirect=true", None, &[page, ("x-forwarded-uri", "/reports?year=26")]).await;
        assert_eq!(browser.status, 302);
        let location = browser.headers["location"].to_str().expect("text").to_owned();
        assert_eq!(location, format!("{}/sign-in?next=%2Freports%3Fyear%3D26", test.url));
        let wish = ("x-guildhall-redirect", "true");
        browser.ask("GET", "/auth/verify/reports?year=26", None, &[page, wish]).await;
        assert_eq!(browser.headers["location"].to_str().expect("text"), location);
        // never to another site
        for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
            browser.ask("GET", "/auth/verify?redirect=true", None, &[page, ("x-forwarded-uri", elsewhere)]).await;
            assert_eq!(browser.headers["location"].to_str().expect("text"), format!("{}/sign-in?next=%2F", test.url));
        }
        // a program is told, and so is whoever was not asked to be led
        browser.ask("GET", "/auth/verify?redirect=true", None, &[("accept", "application/json")]).await;
        assert_eq!(browser.status, 401);
        browser.ask("GET", "/auth/verify", None, &[page]).await;
        assert_eq!(browser.status, 401);
        test.stop().await;
    }
}

/// A running nginx, one process that ends when it is killed, with everything it writes in the test's own folder.
struct Nginx {
    process: Child,
    url: String,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The configuration of docs/forward-auth.md around one protected path, and a product that answers with what it was
/// told.
fn configuration(folder: &std::path::Path, guildhall: &str, port: u16, product: u16) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {folder}/nginx-{name};\n"))
        .collect();
    let copied: String = HEADERS
        .iter()
        .map(|name| {
            let variable = name.replace('-', "_");
            format!("auth_request_set ${variable} $upstream_http_{variable};\nproxy_set_header {name} ${variable};\n")
        })
        .collect();
    format!(
        r#"daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{port};
        location /reports/ {{
            auth_request /_guildhall;
            {copied}
            error_page 401 = @sign_in;
            proxy_pass http://127.0.0.1:{product};
        }}
        location = /_guildhall {{
            internal;
            proxy_pass {guildhall}/auth/verify?organization=acme&permission=member.list;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-URI $request_uri;
        }}
        location @sign_in {{
            return 302 {guildhall}/sign-in?next=$request_uri;
        }}
    }}
    server {{
        listen 127.0.0.1:{product};
        location / {{
            return 200 "user=$http_x_guildhall_user role=$http_x_guildhall_role handle=$http_x_guildhall_handle name=$http_x_guildhall_name";
        }}
    }}
}}
"#
    )
}

async fn start_nginx(test: &TestApp) -> Nginx {
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
    let program = program.into_iter().find(|path| path.exists());
    let program = program.expect("nginx; on Debian: apt-get install nginx-light, or run `cargo xtask test` once");
    let (port, product) = (free_port(), free_port());
    let file = test.folder.join("nginx.conf");
    std::fs::write(&file, configuration(&test.folder, &test.url, port, product)).expect("writes");
    let mut command = Command::new(program);
    command.arg("-p").arg(&test.folder).arg("-c").arg(&file).arg("-e").arg("stderr");
    let process = command.stdout(Stdio::null()).spawn().expect("nginx starts");
    for _ in 0..500 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    Nginx { process, url: format!("http://127.0.0.1:{port}") }
}

#[tokio::test]
async fn nginx_lets_through_whom_guildhall_lets_through() {
    let (test, mut owner) = TestApp::house(guildhall_testkit::Engine::Sqlite, "standard").await;
    let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
    let gina = test.join(&mut owner, "acme", "gina@acme.test", "guest").await;
    let nginx = start_nginx(&test).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let ask = |caller: Option<&Caller>| {
        let mut request = client.get(format!("{}/reports/2026?q=1", nginx.url)).header("x-guildhall-role", "owner");
        request = request.header("x-guildhall-handle", "made-up").header("x-guildhall-user", "usr_made_up");
        if let Some(cookie) = caller.and_then(Caller::cookie) {
            request = request.header("cookie", cookie);
        }
        async { request.send().await.expect("nginx answers") }
    };
    let passed = ask(Some(&ann.caller)).await;
    assert_eq!(passed.status(), 200);
    let told = passed.text().await.expect("text");
    assert_eq!(told, format!("user={} role=member handle= name=Ann", ann.user), "what the client made up is wiped");
    assert_eq!(ask(Some(&gina.caller)).await.status(), 403);
    let away = ask(None).await;
    assert_eq!(away.status(), 302);
    let location = away.headers()["location"].to_str().expect("text").to_owned();
    assert_eq!(location, format!("{}/sign-in?next=/reports/2026?q=1", test.url));

    // gone means gone, on the very next request
    owner.post(&format!("/organizations/acme/members/{}/deactivate", ann.member), json!({})).await.expect(200);
    assert_eq!(ask(Some(&ann.caller)).await.status(), 302);
    drop(nginx);
    test.stop().await;
}
