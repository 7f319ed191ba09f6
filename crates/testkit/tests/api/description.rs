//! The served description: the golden list of its operations, the permissions they name, and that each is told whole.

use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

use crate::operations::all;

#[tokio::test]
async fn the_list_of_operations_and_their_permissions_is_the_golden_one() {
    let test = TestApp::start(engines()[0]).await;
    let mut lines: Vec<String> = all(&test)
        .await
        .into_iter()
        .map(|o| format!("{:6} {:62} {:34} {}", o.method, o.path, o.id, o.permission.as_deref().unwrap_or("-")))
        .collect();
    lines.sort_by_key(|line| line[7..].to_owned());
    let now = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/operations.txt");
    if std::env::var_os("GUILDHALL_WRITE_GOLDEN").is_some() {
        std::fs::write(golden, &now).expect("writes");
    }
    let kept = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(now, kept, "run with GUILDHALL_WRITE_GOLDEN=1 and look at the difference");
    test.stop().await;
}

#[tokio::test]
async fn every_permission_of_an_operation_is_in_every_presets_catalogue() {
    for preset in ["standard", "cloudtruth"] {
        let (test, mut owner) = TestApp::house(engines()[0], preset).await;
        let catalogue = owner.get("/organizations/acme/permissions").await.expect(200);
        let names: Vec<&Value> =
            catalogue.body["items"].as_array().expect("permissions").iter().map(|p| &p["name"]).collect();
        for operation in all(&test).await {
            // A resource's permissions are those of its type.
            if let Some(permission) = operation.permission.filter(|p| !p.starts_with("{type}")) {
                assert!(names.contains(&&json!(permission)), "{}: {permission}", operation.id);
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn every_operation_is_described_with_an_answer_and_its_problems() {
    let test = TestApp::start(engines()[0]).await;
    let document = test.anybody().get("/api/openapi.json").await.expect(200).body;
    assert_eq!(document["openapi"], "3.1.0");
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let what = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|s| s.ends_with(['.', '?'])), "{what}: no summary");
            let answers = operation["responses"].as_object().expect("responses");
            assert!(answers.keys().any(|status| status.starts_with('2')), "{what}");
            assert!(answers.contains_key("401") && answers.contains_key("404"), "{what}");
            let named: Vec<&Value> =
                operation["parameters"].as_array().into_iter().flatten().map(|p| &p["name"]).collect();
            for part in path.split('/').filter_map(|p| p.strip_prefix('{')) {
                assert!(named.contains(&&json!(part.trim_end_matches('}'))), "{what}: `{part}` is not described");
            }
        }
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(document["components"]["schemas"].get(name).is_some(), "`{name}` is not described");
    }
    test.stop().await;
}
