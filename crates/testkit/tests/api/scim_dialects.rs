//! What real directories send, each with its habits: Entra ID, classic and compliant, and Okta.

use guildhall_testkit::engines;
use serde_json::{Value, json};

use crate::scim::{form_encode, house, ids, refused};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[tokio::test]
async fn entra_classic() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        // It looks first, and creates when nobody is found.
        let look = format!("/Users?filter={}", form_encode("userName eq \"ada@acme.test\""));
        assert_eq!(directory.get(&look).await.expect(200).body["totalResults"], json!(0));
        let made = directory
            .post(
                "/Users",
                json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
                    "externalId": "58342554-38d6-4ec8-948c-50044d0a33fd",
                    "userName": "ada@acme.test", "active": "True", "displayName": "Ada",
                    "emails": [{"primary": true, "type": "work", "value": "ada@acme.test"}],
                    "meta": {"resourceType": "User"},
                    "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
                    "roles": [],
                }),
            )
            .await
            .expect(201);
        let path = format!("/Users/{}", made.at("/id"));
        let answer = directory
            .patch(
                &path,
                json!([
                    {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555 0100"},
                    {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Engines"},
                    {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": made.at("/id")},
                    {"op": "Replace", "path": "name.givenName", "value": [{"value": "Augusta"}]},
                    {"op": "Replace", "path": format!("{ENTERPRISE}:employeeNumber"), "value": 701_984},
                ]),
            )
            .await
            .expect(200);
        assert_eq!(answer.body["phoneNumbers"], json!([{"type": "mobile", "value": "+1 555 0100"}]));
        assert_eq!(
            answer.body[ENTERPRISE],
            json!({"department": "Engines", "manager": {"value": made.at("/id")}, "employeeNumber": "701984"})
        );
        assert_eq!(answer.at("/name/givenName"), "Augusta");
        let off =
            directory.patch(&path, json!([{"op": "Replace", "path": "active", "value": "False"}])).await.expect(200);
        assert_eq!(off.body["active"], json!(false));
        let on = directory.patch(&path, json!([{"op": "Add", "path": "active", "value": "True"}])).await.expect(200);
        assert_eq!(on.body["active"], json!(true));
        // Members go by a list of values.
        let bob = directory.person("bob@acme.test").await;
        let group = directory.post("/Groups", json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "8aa1a0c0", "displayName": "Engineering",
        })).await;
        refused(&group, 400, Some("invalidSyntax"));
        let group = directory.group("Engineering", &[made.at("/id"), &bob]).await;
        let path = format!("/Groups/{group}");
        let left = directory
            .patch(
                &path,
                json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": made.at("/id")}]}]),
            )
            .await
            .expect(200);
        assert_eq!(left.body["members"].as_array().map(Vec::len), Some(1));
        assert_eq!(left.at("/members/0/value"), bob);
        directory.patch(&path, json!([{"op": "Replace", "path": "displayName", "value": "Engines"}])).await.expect(200);
        let look = format!("/Groups?excludedAttributes=members&filter={}", form_encode("displayName eq \"Engines\""));
        assert_eq!(ids(&directory.get(&look).await.expect(200)), [group]);
        test.stop().await;
    }
}

#[tokio::test]
async fn entra_compliant() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        let ada = directory.person("ada@acme.test").await;
        let path = format!("/Users/{ada}");
        let answer = directory
            .patch(
                &path,
                json!([
                    {"op": "replace", "value": {
                        "displayName": "Ada L.",
                        "name.familyName": "Lovelace",
                        "name": {"givenName": "Ada"},
                        "active": true,
                        "phoneNumbers[type eq \"work\"].value": "+1 555 0199",
                        format!("{ENTERPRISE}:department"): "Engines",
                        ENTERPRISE: {"costCenter": "C1"},
                        "urn:ietf:params:scim:schemas:core:2.0:User:title": "Countess",
                    }},
                ]),
            )
            .await;
        // Replacing what is not there is refused (RFC 7644, 3.5.2.3); adding makes it.
        refused(&answer, 400, Some("noTarget"));
        let answer = directory.patch(&path, json!([
            {"op": "add", "value": {
                "displayName": "Ada L.",
                "name.familyName": "Lovelace",
                "name": {"givenName": "Ada"},
                "active": true,
                "phoneNumbers[type eq \"work\"].value": "+1 555 0199",
                format!("{ENTERPRISE}:department"): "Engines",
                ENTERPRISE: {"costCenter": "C1"},
                "urn:ietf:params:scim:schemas:core:2.0:User:title": "Countess",
            }},
            {"op": "replace", "path": "emails[type eq \"work\"]", "value": {"type": "work", "value": "ada@acme.test", "display": "Work"}},
        ])).await.expect(200);
        assert_eq!(answer.body["name"], json!({"givenName": "Ada", "familyName": "Lovelace"}));
        assert_eq!(answer.body["phoneNumbers"], json!([{"type": "work", "value": "+1 555 0199"}]));
        assert_eq!(answer.body[ENTERPRISE], json!({"costCenter": "C1", "department": "Engines"}));
        assert_eq!((answer.at("/title"), answer.at("/emails/0/display")), ("Countess", "Work"));
        assert_eq!(answer.body["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]));
        // Of several values only the one that fits is touched.
        let two = json!([
            {"op": "add", "path": "emails", "value": [{"type": "home", "value": "ada@home.test"}]},
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ADA@acme.test"},
            {"op": "add", "path": "emails[type eq \"home\"].primary", "value": "True"},
        ]);
        let emails = directory.patch(&path, two).await.expect(200).body["emails"].clone();
        assert_eq!((&emails[0]["value"], &emails[0]["primary"]), (&json!("ADA@acme.test"), &Value::Null));
        assert_eq!(emails[1], json!({"type": "home", "value": "ada@home.test", "primary": true}));
        let gone = directory
            .patch(
                &path,
                json!([
                    {"op": "remove", "path": "phoneNumbers[type eq \"work\"]"},
                    {"op": "remove", "path": format!("{ENTERPRISE}:department")},
                    {"op": "remove", "path": ENTERPRISE},
                    {"op": "remove", "path": "name.familyName"},
                ]),
            )
            .await
            .expect(200);
        assert!(gone.body.get("phoneNumbers").is_none() && gone.body.get(ENTERPRISE).is_none());
        assert_eq!(gone.body["name"], json!({"givenName": "Ada"}));
        test.stop().await;
    }
}

#[tokio::test]
async fn okta() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        // The test of the connection.
        directory.get("/Users?startIndex=1&count=2").await.expect(200);
        directory.get("/Groups?startIndex=1&count=2").await.expect(200);
        let made = directory
            .post(
                "/Users",
                json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": "ada@acme.test",
                    "name": {"givenName": "Ada", "familyName": "Lovelace"},
                    "emails": [{"primary": true, "value": "ada@acme.test"}],
                    "displayName": "Ada Lovelace", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7",
                    "groups": [], "password": "1mz050nq", "active": true,
                }),
            )
            .await
            .expect(201);
        assert!(made.body.get("password").is_none());
        let path = format!("/Users/{}", made.at("/id"));
        // It sends back what it got.
        let mut whole = made.body.clone();
        whole["active"] = json!(false);
        assert_eq!(directory.put(&path, whole.clone()).await.expect(200).body["active"], json!(false));
        let on = json!([{"op": "replace", "value": {"active": true}}]);
        assert_eq!(directory.patch(&path, on).await.expect(200).body["active"], json!(true));
        let bob = directory.person("bob@acme.test").await;
        let group = directory.group("Engineering", &[made.at("/id"), &bob]).await;
        let here = format!("/Groups/{group}");
        directory
            .patch(&here, json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]))
            .await
            .expect(200);
        directory
            .patch(&here, json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]))
            .await
            .expect(200);
        let renamed = directory
            .patch(&here, json!([{"op": "replace", "value": {"id": group, "displayName": "Engines"}}]))
            .await
            .expect(200);
        assert_eq!((renamed.at("/displayName"), renamed.at("/members/0/value")), ("Engines", made.at("/id")));
        let emptied =
            directory.patch(&here, json!([{"op": "replace", "path": "members", "value": []}])).await.expect(200);
        assert_eq!(emptied.body["members"], Value::Null);
        let filled = directory
            .patch(
                &here,
                json!([{"op": "replace", "value": {"members": [{"value": bob, "display": "bob@acme.test"}]}}]),
            )
            .await
            .expect(200);
        assert_eq!(filled.at("/members/0/value"), bob);
        test.stop().await;
    }
}

#[tokio::test]
async fn operations_that_make_no_sense_are_told_apart_and_change_nothing() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        let ada = directory.person("ada@acme.test").await;
        let path = format!("/Users/{ada}");
        let before = directory.get(&path).await.expect(200);
        for (operation, kind) in [
            (json!({"op": "move", "path": "title", "value": "x"}), "invalidSyntax"),
            (json!({"path": "title", "value": "x"}), "invalidSyntax"),
            (json!("add"), "invalidSyntax"),
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "replace", "path": "ims[type eq \"x\"].value", "value": "y"}), "noTarget"),
            (json!({"op": "add", "path": "nothing", "value": "x"}), "invalidPath"),
            (json!({"op": "add", "path": "emails[type eq", "value": "x"}), "invalidPath"),
            (json!({"op": "add", "path": "title[type eq \"x\"]", "value": "x"}), "invalidPath"),
            (json!({"op": "add", "path": "urn:unknown:2.0:User:x", "value": "x"}), "invalidPath"),
            (json!({"op": "replace", "path": "id", "value": "x"}), "mutability"),
            (json!({"op": "replace", "path": "meta.created", "value": "x"}), "mutability"),
            (json!({"op": "add", "path": "groups", "value": [{"value": "x"}]}), "mutability"),
            (json!({"op": "add", "path": "active", "value": "maybe"}), "invalidValue"),
            (json!({"op": "add", "path": "title"}), "invalidValue"),
            (json!({"op": "replace", "value": "x"}), "invalidValue"),
            (json!({"op": "remove", "path": "userName"}), "invalidValue"),
            (json!({"op": "replace", "path": "name", "value": 7}), "invalidValue"),
            (
                json!({"op": "add", "path": "ims", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
                "invalidValue",
            ),
        ] {
            let both = json!([{"op": "add", "path": "title", "value": "changed"}, operation]);
            refused(&directory.patch(&path, both).await, 400, Some(kind));
        }
        refused(&directory.send("PATCH", &path, Some(json!({}))).await, 400, Some("invalidSyntax"));
        let unknown = json!({"userName": "x@acme.test", "urn:example:2.0:User": {"a": 1}});
        refused(&directory.put(&path, unknown).await, 400, Some("invalidSyntax"));
        assert_eq!(directory.get(&path).await.expect(200).body, before.body);
        test.stop().await;
    }
}
