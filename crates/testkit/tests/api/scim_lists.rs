//! Lists of what a directory keeps: filters, order, pages, cursors, what is shown.

use guildhall_testkit::{Engine, TestApp, engines};
use serde_json::{Value, json};

use crate::scim::{Directory, form_encode, house, ids, refused};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Four people who differ in everything that filters ask for.
async fn four(engine: Engine) -> (TestApp, Directory, Vec<String>) {
    let (test, _, mut directory) = house(engine, "standard").await;
    let people = [
        json!({"userName": "ada", "externalId": "A1", "title": "Engineer", "displayName": "Ada", "name": {"familyName": "Lovelace", "givenName": "Ada"},
            "emails": [{"value": "Ada@acme.test", "type": "work", "primary": true}, {"value": "ada@home.test", "type": "home"}], ENTERPRISE: {"department": "Engines"}}),
        json!({"userName": "bob", "externalId": "a1", "title": "Sales", "displayName": "Bob", "emails": [{"value": "bob@acme.test", "type": "home"}], "active": false}),
        json!({"userName": "Cyd", "displayName": "Cyd", "emails": [{"value": "cyd@acme.test", "type": "work"}], "phoneNumbers": [{"value": "+1 555", "type": "mobile"}]}),
        json!({"userName": "dan_x", "title": "", "displayName": "Dän", "emails": [{"value": "dan@other.test", "type": "work"}], ENTERPRISE: {"department": "Sales"}}),
    ];
    let mut ids = Vec::new();
    for person in people {
        ids.push(directory.post("/Users", person).await.expect(201).at("/id").to_owned());
    }
    (test, directory, ids)
}

#[tokio::test]
async fn on_45_filters_know_every_operator_and_combine() {
    for engine in engines() {
        let (test, mut directory, people) = four(engine).await;
        let cases: &[(&str, &[usize])] = &[
            ("userName eq \"ADA\"", &[0]),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName Eq \"ada\"", &[0]),
            ("userName ne \"ada\"", &[1, 2, 3]),
            ("userName co \"A\"", &[0, 3]),
            ("userName sw \"c\"", &[2]),
            ("userName ew \"_X\"", &[3]),
            ("userName gt \"bob\"", &[2, 3]),
            ("userName ge \"bob\"", &[1, 2, 3]),
            ("userName lt \"bob\"", &[0]),
            ("userName le \"bob\"", &[0, 1]),
            ("externalId eq \"A1\"", &[0]),
            ("externalId eq \"a1\"", &[1]),
            ("title pr", &[0, 1]),
            ("not (title pr)", &[2, 3]),
            ("title eq null", &[2, 3]),
            ("active eq true", &[0, 2, 3]),
            ("active eq \"False\"", &[1]),
            ("name.familyName eq \"lovelace\"", &[0]),
            ("emails eq \"ada@HOME.test\"", &[0]),
            ("emails.value eq \"bob@acme.test\"", &[1]),
            ("emails[type eq \"work\"]", &[0, 2, 3]),
            ("emails[type eq \"work\" and value co \"@acme\"]", &[0, 2]),
            ("emails[type eq \"home\"].value eq \"bob@acme.test\"", &[1]),
            ("emails[type eq \"work\" and value eq \"bob@acme.test\"]", &[]),
            ("emails co \"other.test\"", &[3]),
            ("phoneNumbers pr", &[2]),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"sales\"", &[3]),
            ("title eq \"engineer\" or title eq \"sales\" and active eq true", &[0]),
            ("(title eq \"engineer\" or title eq \"sales\") and active eq false", &[1]),
            ("userName eq \"ada\" and active eq false", &[]),
            ("meta.created gt \"2020-01-01T00:00:00Z\"", &[0, 1, 2, 3]),
            ("meta.lastModified lt \"2020-01-01T00:00:00Z\"", &[]),
            ("displayName eq \"DÄN\"", &[3]),
            ("emails[not (type eq \"work\")]", &[0, 1]),
        ];
        for (filter, wanted) in cases {
            let wanted: Vec<String> = wanted.iter().filter_map(|at| people.get(*at).cloned()).collect();
            assert_eq!(directory.found("Users", filter).await, wanted, "{filter}");
        }
        assert_eq!(directory.found("Users", &format!("id eq \"{}\"", people[2])).await, [people[2].clone()]);
        for bad in [
            "userName",
            "userName eq",
            "userName xx \"a\"",
            "nothing eq \"a\"",
            "(userName pr",
            "userName eq \"a\" and",
            "userName eq a",
            "emails[value]",
            "emails[type pr",
            "name.none pr",
            "userName pr or or title pr",
            "not userName pr",
            "userName[value pr]",
        ] {
            refused(&directory.get(&format!("/Users?filter={}", form_encode(bad))).await, 400, Some("invalidFilter"));
        }
        let deep = format!("{}userName pr{}", "(".repeat(500), ")".repeat(500));
        refused(&directory.get(&format!("/Users?filter={}", form_encode(&deep))).await, 400, Some("invalidFilter"));
        test.stop().await;
    }
}

#[tokio::test]
async fn groups_are_found_by_name_id_and_member() {
    for engine in engines() {
        let (test, mut directory, people) = four(engine).await;
        let one = directory.group("Sales", &[&people[0], &people[1]]).await;
        let two = directory.group("Support", &[&people[1]]).await;
        for (filter, wanted) in [
            ("displayName eq \"sales\"".to_owned(), vec![one.clone()]),
            (format!("members.value eq \"{}\"", people[1]), vec![one.clone(), two.clone()]),
            (format!("members[value eq \"{}\"]", people[0]), vec![one.clone()]),
            (format!("id eq \"{two}\""), vec![two.clone()]),
            ("displayName sw \"s\"".to_owned(), vec![one.clone(), two.clone()]),
            ("externalId eq \"none\"".to_owned(), vec![]),
        ] {
            assert_eq!(directory.found("Groups", &filter).await, wanted, "{filter}");
        }
        let ada = directory.get(&format!("/Users/{}", people[0])).await.expect(200);
        assert_eq!((ada.at("/groups/0/value"), ada.at("/groups/0/display")), (one.as_str(), "Sales"));
        assert_eq!(directory.found("Users", "groups.display eq \"Support\"").await, [people[1].clone()]);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_45_pages_begin_where_they_are_asked_to_and_tell_how_many_there_are() {
    for engine in engines() {
        let (test, mut directory, mut people) = four(engine).await;
        for n in 0..600 {
            if n % 300 == 0 {
                let operation = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{n}"), "data": crate::scim::person(&format!("p{n}@acme.test"))});
                let done = directory
                    .post("/Bulk", json!({"Operations": (n..n + 300).map(operation).collect::<Vec<_>>()}))
                    .await
                    .expect(200);
                let all = done.body["Operations"].as_array().expect("operations").clone();
                people.extend(
                    all.iter()
                        .map(|o| o["location"].as_str().and_then(|l| l.rsplit('/').next()).expect("an id").to_owned()),
                );
            }
        }
        // Holes in the list do not shift what follows.
        for gone in [1, 3, 300, 511] {
            directory.delete(&format!("/Users/{}", people[gone])).await.expect(204);
        }
        let gone: Vec<String> = [1, 3, 300, 511].iter().map(|at| people[*at].clone()).collect();
        people.retain(|id| !gone.contains(id));
        let total = people.len();
        for (start, count) in
            [(1, 2), (2, 1), (250, 20), (255, 3), (256, 3), (300, 100), (total, 5), (total + 1, 5), (10_000, 5)]
        {
            let page = directory.get(&format!("/Users?startIndex={start}&count={count}")).await.expect(200);
            let wanted: Vec<String> = people.iter().skip(start - 1).take(count).cloned().collect();
            assert_eq!(ids(&page), wanted, "{start} {count}");
            assert_eq!((&page.body["totalResults"], &page.body["startIndex"]), (&json!(total), &json!(start)));
            assert_eq!(page.body["itemsPerPage"], json!(wanted.len()));
        }
        assert_eq!(ids(&directory.get("/Users").await.expect(200)).len(), 100);
        assert_eq!(ids(&directory.get("/Users?count=5000").await.expect(200)).len(), 500);
        for none in ["count=0", "count=-3"] {
            let page = directory.get(&format!("/Users?{none}")).await.expect(200);
            assert_eq!((ids(&page).len(), &page.body["totalResults"]), (0, &json!(total)));
        }
        assert_eq!(directory.get("/Users?startIndex=-5&count=1").await.expect(200).body["startIndex"], json!(1));
        refused(&directory.get("/Users?count=many").await, 400, Some("invalidValue"));
        // By cursor, everybody once.
        for query in ["", "&filter=userName%20pr", "&sortBy=userName"] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = directory.get(&format!("/Users?count=101&cursor={cursor}{query}")).await.expect(200);
                seen.extend(ids(&page));
                match page.body["nextCursor"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!(seen.len(), total, "{query}");
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), total, "{query}");
        }
        refused(&directory.get("/Users?cursor=broken").await, 400, Some("invalidCursor"));
        let page = directory.get("/Users?cursor=&count=2").await.expect(200);
        let other = format!("/Users?filter=title%20pr&cursor={}", page.at("/nextCursor"));
        refused(&directory.get(&other).await, 400, Some("invalidCursor"));
        test.stop().await;
    }
}

#[tokio::test]
async fn lists_are_sorted_by_any_attribute() {
    for engine in engines() {
        let (test, mut directory, people) = four(engine).await;
        for (query, order) in [
            ("sortBy=userName", [0, 1, 2, 3]),
            ("sortBy=userName&sortOrder=descending", [3, 2, 1, 0]),
            ("sortBy=emails", [0, 1, 2, 3]),
            ("sortBy=title", [3, 0, 1, 2]),
            ("sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", [0, 3, 1, 2]),
        ] {
            let page = directory.get(&format!("/Users?{query}")).await.expect(200);
            let wanted: Vec<String> = order.iter().map(|at| people[*at].clone()).collect();
            assert_eq!(ids(&page), wanted, "{query}");
        }
        let second = directory.get("/Users?sortBy=userName&startIndex=2&count=1").await.expect(200);
        assert_eq!((ids(&second), &second.body["totalResults"]), (vec![people[1].clone()], &json!(4)));
        refused(&directory.get("/Users?sortBy=nothing").await, 400, Some("invalidPath"));
        test.stop().await;
    }
}

#[tokio::test]
async fn on_45_only_what_is_asked_for_is_shown() {
    for engine in engines() {
        let (test, mut directory, people) = four(engine).await;
        let ada = format!("/Users/{}", people[0]);
        let keys = |body: &Value| body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        let only =
            directory.get(&format!("{ada}?attributes=userName,name.familyName,emails.type")).await.expect(200).body;
        assert_eq!(keys(&only), ["emails", "id", "name", "schemas", "userName"]);
        assert_eq!(only["name"], json!({"familyName": "Lovelace"}));
        assert_eq!(only["emails"], json!([{"type": "work"}, {"type": "home"}]));
        let of_extension = directory.get(&format!("{ada}?attributes={ENTERPRISE}:department")).await.expect(200).body;
        assert_eq!(of_extension[ENTERPRISE], json!({"department": "Engines"}));
        let without = directory
            .get(&format!("{ada}?excludedAttributes=emails.value,name,id,{ENTERPRISE}"))
            .await
            .expect(200)
            .body;
        assert_eq!(without["emails"][0], json!({"type": "work", "primary": true}));
        assert!(without.get("name").is_none() && without.get(ENTERPRISE).is_none() && without.get("id").is_some());
        let group = directory.group("Sales", &[&people[0]]).await;
        let listed = directory.get("/Groups?excludedAttributes=members").await.expect(200);
        assert_eq!((ids(&listed), &listed.body["Resources"][0]["members"]), (vec![group], &Value::Null));
        refused(
            &directory.get(&format!("{ada}?attributes=id&excludedAttributes=name")).await,
            400,
            Some("invalidSyntax"),
        );
        // By POST too, and over everything.
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"a\"", "attributes": ["userName"], "startIndex": 1, "count": 10});
        let found = directory.post("/Users/.search", search).await.expect(200);
        assert_eq!(
            (ids(&found), keys(&found.body["Resources"][0])),
            (vec![people[0].clone()], vec!["id".to_owned(), "schemas".to_owned(), "userName".to_owned()])
        );
        let all = directory.post("/.search", json!({"startIndex": 4, "count": 2})).await.expect(200);
        assert_eq!((ids(&all).len(), &all.body["totalResults"]), (2, &json!(5)));
        test.stop().await;
    }
}
