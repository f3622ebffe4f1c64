//! Who may do what, as one table: every route with every kind of key, on the key's own site and on another's.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, header};
use chrono::Duration;
use manage::make_key;
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::names::{EventId, SiteId};
use reckon_core::domain::result::ResultId;
use reckon_core::store::Role;
use serde_json::{Value, json};

use crate::contract;
use crate::support::{Answer, OPERATOR, World, at};
use crate::template::template_routes;

const NOW: &str = "2026-11-23T05:00:30Z";

/// The statuses of each route. `own` names a thing of the site by its `{id}`, `other` one of another site.
const TABLE: &str = "
method  path                    thing   none publish write read admin operator expired revoked other-admin
OPTIONS /v1/events              -       204  204     204   204  204   204      204     204     204
POST    /v1/events              -       401  202     202   403  202   401      401     401     202
GET     /v1/pixel.gif           -       401  200     200   403  200   401      401     401     200
GET     /v1/postback            -       401  403     202   403  202   401      401     401     202
POST    /v1/postback            -       401  403     202   403  202   401      401     401     202
PATCH   /v1/conversions/{id}    own     401  403     200   403  200   401      401     401     404
PATCH   /v1/conversions/{id}    other   401  403     404   403  404   401      401     401     200
GET     /r/{id}                 own     302  302     302   302  302   302      302     302     302
GET     /r/{id}                 other   302  302     302   302  302   302      302     302     302
HEAD    /r/{id}                 own     302  302     302   302  302   302      302     302     302
HEAD    /r/{id}                 other   302  302     302   302  302   302      302     302     302
GET     /v1/reports/attribution -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/attribution -       401  403     403   200  200   401      401     401     200
GET     /v1/reports/cohorts     -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/cohorts     -       401  403     403   200  200   401      401     401     200
GET     /v1/reports/clv         -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/clv         -       401  403     403   200  200   401      401     401     200
GET     /v1/conversions         -       401  403     403   200  200   401      401     401     200
HEAD    /v1/conversions         -       401  403     403   200  200   401      401     401     200
GET     /v1/conversions/{id}/explain own   401 403   403   200  200   401      401     401     404
GET     /v1/conversions/{id}/explain other 401 403   403   404  404   401      401     401     200
OPTIONS /v1/track               -       204  204     204   204  204   204      204     204     204
POST    /v1/track               -       401  200     200   403  200   401      401     401     200
OPTIONS /v1/page                -       204  204     204   204  204   204      204     204     204
POST    /v1/page                -       401  200     200   403  200   401      401     401     200
OPTIONS /v1/screen              -       204  204     204   204  204   204      204     204     204
POST    /v1/screen              -       401  200     200   403  200   401      401     401     200
OPTIONS /v1/identify            -       204  204     204   204  204   204      204     204     204
POST    /v1/identify            -       401  200     200   403  200   401      401     401     200
OPTIONS /v1/group               -       204  204     204   204  204   204      204     204     204
POST    /v1/group               -       401  200     200   403  200   401      401     401     200
OPTIONS /v1/alias               -       204  204     204   204  204   204      204     204     204
POST    /v1/alias               -       401  200     200   403  200   401      401     401     200
OPTIONS /v1/batch               -       204  204     204   204  204   204      204     204     204
POST    /v1/batch               -       401  200     200   403  200   401      401     401     200
OPTIONS /api/event              -       204  204     204   204  204   204      204     204     204
POST    /api/event              -       401  202     202   403  202   401      401     401     202
OPTIONS /k/{key}/api/event      -       204  204     204   204  204   204      204     204     204
POST    /k/{key}/api/event      -       401  202     403   403  403   401      401     401     403
GET     /docs                   -       200  200     200   200  200   200      200     200     200
HEAD    /docs                   -       200  200     200   200  200   200      200     200     200
GET     /v1/openapi.json        -       200  200     200   200  200   200      200     200     200
HEAD    /v1/openapi.json        -       200  200     200   200  200   200      200     200     200
GET     /v1/reckon.js           -       200  200     200   200  200   200      200     200     200
HEAD    /v1/reckon.js           -       200  200     200   200  200   200      200     200     200
GET     /                       -       200  200     200   200  200   200      200     200     200
HEAD    /                       -       200  200     200   200  200   200      200     200     200
GET     /assets/{name}          -       200  200     200   200  200   200      200     200     200
HEAD    /assets/{name}          -       200  200     200   200  200   200      200     200     200
GET     /v1/metadata            -       200  200     200   200  200   200      200     200     200
HEAD    /v1/metadata            -       200  200     200   200  200   200      200     200     200
GET     /v1/reports/summary     -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/summary     -       401  403     403   200  200   401      401     401     200
GET     /v1/reports/channels    -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/channels    -       401  403     403   200  200   401      401     401     200
GET     /v1/reports/timeseries  -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/timeseries  -       401  403     403   200  200   401      401     401     200
GET     /v1/reports/breakdown   -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reports/breakdown   -       401  403     403   200  200   401      401     401     200
GET     /v1/restatements        -       401  403     403   200  200   401      401     401     200
HEAD    /v1/restatements        -       401  403     403   200  200   401      401     401     200
GET     /v1/goals               -       401  403     403   200  200   401      401     401     200
HEAD    /v1/goals               -       401  403     403   200  200   401      401     401     200
POST    /v1/goals               -       401  403     403   403  201   401      401     401     201
GET     /v1/goals/progress      -       401  403     403   200  200   401      401     401     200
HEAD    /v1/goals/progress      -       401  403     403   200  200   401      401     401     200
GET     /v1/goals/{id}          own     401  403     403   200  200   401      401     401     404
GET     /v1/goals/{id}          other   401  403     403   404  404   401      401     401     200
PUT     /v1/goals/{id}          own     401  403     403   403  200   401      401     401     404
PUT     /v1/goals/{id}          other   401  403     403   403  404   401      401     401     200
DELETE  /v1/goals/{id}          own     401  403     403   403  204   401      401     401     404
DELETE  /v1/goals/{id}          other   401  403     403   403  404   401      401     401     204
GET     /v1/goals/{id}/progress own     401  403     403   200  200   401      401     401     404
GET     /v1/goals/{id}/progress other   401  403     403   404  404   401      401     401     200
HEAD    /v1/goals/{id}/progress own     401  403     403   200  200   401      401     401     404
HEAD    /v1/goals/{id}/progress other   401  403     403   404  404   401      401     401     200
POST    /v1/sites               -       401  403     403   403  403   201      403     403     403
GET     /v1/sites/{id}          own     401  403     403   403  200   401      401     401     404
GET     /v1/sites/{id}          other   401  403     403   403  404   401      401     401     200
PATCH   /v1/sites/{id}          own     401  403     403   403  200   401      401     401     404
PATCH   /v1/sites/{id}          other   401  403     403   403  404   401      401     401     200
GET     /v1/keys                -       401  403     403   403  200   401      401     401     200
HEAD    /v1/keys                -       401  403     403   403  200   401      401     401     200
POST    /v1/keys                -       401  403     403   403  201   401      401     401     201
DELETE  /v1/keys/{id}           own     401  403     403   403  204   401      401     401     404
DELETE  /v1/keys/{id}           other   401  403     403   403  404   401      401     401     204
GET     /v1/links               -       401  403     403   200  200   401      401     401     200
HEAD    /v1/links               -       401  403     403   200  200   401      401     401     200
POST    /v1/links               -       401  403     403   403  201   401      401     401     201
GET     /v1/links/{id}          own     401  403     403   200  200   401      401     401     404
GET     /v1/links/{id}          other   401  403     403   404  404   401      401     401     200
PATCH   /v1/links/{id}          own     401  403     403   403  200   401      401     401     404
PATCH   /v1/links/{id}          other   401  403     403   403  404   401      401     401     200
GET     /v1/channel-rules       -       200  403     403   200  200   401      401     401     200
HEAD    /v1/channel-rules       -       200  403     403   200  200   401      401     401     200
PUT     /v1/channel-rules       -       401  403     403   403  200   401      401     401     200
POST    /v1/channel-rules/preview -     401  403     403   403  200   401      401     401     200
POST    /v1/rebuild             -       401  403     403   403  202   401      401     401     202
GET     /v1/rebuild/{id}        own     401  403     403   403  200   401      401     401     404
GET     /v1/rebuild/{id}        other   401  403     403   403  404   401      401     401     200
POST    /v1/spend               -       401  403     200   403  200   401      401     401     200
PUT     /v1/spend/{channel}/{campaign}/{date} - 401 403 200 403 200   401      401     401     200
GET     /v1/spend/{channel}/{campaign}/{date} own   401 403 200 200 200 401    401     401     404
GET     /v1/spend/{channel}/{campaign}/{date} other 401 403 404 404 404 401    401     401     200
DELETE  /v1/spend/{channel}/{campaign}/{date} own   401 403 204 403 204 401    401     401     404
DELETE  /v1/spend/{channel}/{campaign}/{date} other 401 403 404 403 404 401    401     401     204
GET     /v1/status              -       401  403     200   200  200   401      401     401     200
GET     /v1/reconcile           -       401  403     403   200  200   401      401     401     200
HEAD    /v1/reconcile           -       401  403     403   200  200   401      401     401     200
POST    /v1/reconcile           -       401  403     403   200  200   401      401     401     200
";

pub fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE.trim().lines().map(|line| line.split_whitespace().collect())
}

#[test]
fn every_route_stands_in_the_table() {
    let served: BTreeSet<(String, String)> =
        template_routes().into_iter().map(|(_, method, path)| (method, path)).collect();
    let told: BTreeSet<_> = rows().skip(1).map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    assert_eq!(told, served);
    for (method, path) in served.iter().filter(|(_, path)| path.contains("{id}")) {
        let things: Vec<_> =
            rows().filter(|row| row[0] == method && row[1] == path).map(|row| row[2]).collect();
        assert_eq!(things, ["own", "other"], "{method} {path}");
    }
}

/// A world with a second site, and a key of every kind.
pub struct Sites {
    pub world: World,
    pub other: SiteId,
    /// By the names of the table's columns; none for nobody.
    pub keys: Vec<(&'static str, Option<String>)>,
}

impl Sites {
    pub async fn new() -> Self {
        let world = World::new(NOW).await;
        let app = &world.system.app;
        let (other, admin) = world.another_site("other").await;
        // Made in the past, so that it has expired.
        let end = at(NOW) - Duration::seconds(1);
        let expired = make_key(app, &world.site, Role::Admin, "", Some(end)).await.unwrap();
        let revoked = make_key(app, &world.site, Role::Admin, "", None).await.unwrap();
        let all = world.store().keys(&world.site).await.unwrap();
        world.store().revoke(all.iter().find(|key| key.id == revoked.id).unwrap()).await.unwrap();
        let keys = vec![
            ("none", None),
            ("publish", Some(world.publish.clone())),
            ("write", Some(world.write.clone())),
            ("read", Some(world.read.clone())),
            ("admin", Some(world.admin.clone())),
            ("operator", Some(OPERATOR.to_owned())),
            ("expired", Some(expired.secret)),
            ("revoked", Some(revoked.secret)),
            ("other-admin", Some(admin)),
        ];
        Self { world, other, keys }
    }

    /// The key of a column.
    pub fn key(&self, column: &str) -> &str {
        self.keys.iter().find(|(name, _)| *name == column).unwrap().1.as_deref().unwrap()
    }

    /// The id of a new thing of a site that a path can name.
    pub async fn thing(&self, path: &str, site: &SiteId) -> String {
        let app = &self.world.system.app;
        let admin = self.key(if *site == self.other { "other-admin" } else { "admin" });
        let (path, body) = match path.split('/').nth(2).unwrap() {
            "sites" => return site.as_str().to_owned(),
            "keys" => return make_key(app, site, Role::Read, "", None).await.unwrap().id,
            "goals" => ("/v1/goals", body("POST", "/v1/goals")),
            "rebuild" => ("/v1/rebuild", body("POST", "/v1/rebuild")),
            "spend" => {
                let day = format!("paid_search/of-{site}/2026-11-22");
                let told = body("PUT", "/v1/spend/{channel}/{campaign}/{date}");
                self.world.call(Method::PUT, &format!("/v1/spend/{day}"), admin, told).await;
                return day;
            }
            "conversions" => {
                let event = json!({"kind": "lead", "id": format!("lead-of-{site}"), "occurred_at": NOW});
                self.world.call(Method::POST, "/v1/events", admin, Some(event)).await;
                let event = EventId::parse(&format!("lead-of-{site}")).unwrap();
                return ResultId { minute: Minute::of(at(NOW)), event }.text();
            }
            _ if path.starts_with("/r/") || path.starts_with("/v1/links") => {
                let made = self.world.call(Method::POST, "/v1/links", admin, body("POST", "/v1/links")).await;
                return made.json()["slug"].as_str().unwrap().to_owned();
            }
            strange => panic!("{strange} has no things"),
        };
        let made = self.world.call(Method::POST, path, admin, body).await.json();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Sends a request as a page of the first site would, or a server.
    pub async fn send(&self, method: &str, uri: &str, key: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ORIGIN, "https://shop.example")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.world.send(request.body(body).unwrap()).await
    }
}

/// A body that a route accepts.
pub fn body(method: &str, path: &str) -> Option<Value> {
    Some(match (method, path) {
        ("POST", "/v1/events") => json!({"kind": "view", "id": "e", "occurred_at": NOW}),
        ("POST", "/v1/batch") => json!({"batch": [{"type": "track", "event": "Seen", "messageId": "m"}]}),
        ("POST", "/v1/track" | "/v1/page" | "/v1/screen" | "/v1/identify" | "/v1/group" | "/v1/alias") => {
            json!({"event": "Seen", "name": "n", "messageId": "m", "timestamp": NOW, "userId": "u",
                   "anonymousId": "a", "previousId": "p", "groupId": "g"})
        }
        ("POST", "/api/event" | "/k/{key}/api/event") => {
            json!({"name": "pageview", "url": "https://shop.example/", "domain": "shop.example"})
        }
        ("POST", "/v1/spend") => {
            json!({"entries": [{"channel": "email", "campaign": "c", "date": "2026-11-22", "spend": "1.50"}]})
        }
        ("PUT", "/v1/spend/{channel}/{campaign}/{date}") => json!({"spend": "12.50", "clicks": 25}),
        ("PUT", "/v1/channel-rules") | ("POST", "/v1/channel-rules/preview") => {
            json!({"rules": [{"channel": "email", "when": {"source": "crm"}}]})
        }
        ("POST", "/v1/goals") | ("PUT", _) => {
            json!({"name": "g", "metric": "sales", "target": 1, "direction": "at_least", "period": {"every": "month"}})
        }
        ("POST", "/v1/sites") => json!({"id": "new", "name": "New", "time_zone": "UTC", "currency": "EUR"}),
        ("PATCH", "/v1/conversions/{id}") => json!({"status": "approved"}),
        ("POST", "/v1/links") => json!({"destination": "https://shop.example/"}),
        ("PATCH", _) => json!({"name": "Changed"}),
        ("POST", "/v1/keys") => json!({"role": "read"}),
        ("POST", "/v1/reconcile") => {
            json!({"from": "2026-11-23", "to": "2026-11-23", "by": "order", "rows": [{"order": "o"}]})
        }
        ("POST", "/v1/rebuild") => json!({"from": "2026-11-23", "to": "2026-11-23"}),
        _ => return None,
    })
}

/// The address of a route for a thing of that id.
pub fn uri(method: &str, path: &str, id: &str) -> String {
    // What is named by three parts is one thing; an id that names none is a campaign.
    let day = if id.contains('/') { id.to_owned() } else { format!("paid_search/{id}c/2026-11-22") };
    let uri = path.replace("{id}", id).replace("{channel}/{campaign}/{date}", &day);
    match path {
        "/v1/reports/breakdown" => format!("{uri}?by=campaign"),
        "/v1/reconcile" if method != "POST" => format!("{uri}?from=2026-11-23&to=2026-11-23"),
        "/v1/postback" => format!("{uri}?event=lead&id=l"),
        "/assets/{name}" => format!("/assets/{}", pages::ASSETS[0].0),
        _ => uri,
    }
}

#[tokio::test]
async fn every_key_may_do_what_the_table_says_and_nothing_else() {
    let sites = Sites::new().await;
    let mut rows = rows();
    let columns = rows.next().unwrap().split_off(3);
    assert_eq!(columns, sites.keys.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for row in rows {
        let (method, path, thing) = (row[0], row[1], row[2]);
        for ((name, key), expected) in sites.keys.iter().zip(&row[3..]) {
            let id = match thing {
                "own" => sites.thing(path, &sites.world.site).await,
                "other" => sites.thing(path, &sites.other).await,
                _ => String::new(),
            };
            // A key in the path has to be enough.
            let uri = uri(method, path, &id).replace("{key}", key.as_deref().unwrap_or("none"));
            let sent = key.as_deref().filter(|_| !path.contains("{key}"));
            let answer = sites.send(method, &uri, sent, body(method, path)).await;
            let place = format!("{method} {path} ({thing}) with {name}");
            assert_eq!(
                answer.status.to_string(),
                *expected,
                "{place}: {}",
                String::from_utf8_lossy(&answer.body)
            );
            contract::hold(method, path, &answer, &place);
            if answer.status >= 400 && method != "HEAD" {
                assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{place}");
            }
            assert_eq!(
                answer.headers.contains_key(header::WWW_AUTHENTICATE),
                answer.status == 401,
                "{place}"
            );
        }
    }
}
