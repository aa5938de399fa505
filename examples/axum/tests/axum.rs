//! The example's service over HTTP, on each database: every request, every refusal, 64 clients at once.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test fails by panicking")]

#[path = "../../chinook/csv_file.rs"]
mod csv_file;
#[path = "../../tests/support/databases.rs"]
mod databases;
#[path = "support/http.rs"]
mod http;
#[path = "../json.rs"]
mod json;
#[path = "../models.rs"]
mod models;
#[path = "../problem.rs"]
mod problem;
#[path = "../seed.rs"]
mod seed;
#[path = "../service.rs"]
mod service;

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use aludel::{EngineOptions, prelude::*};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use databases::databases;
use http::Client;
use models::{Album, Artist, Track};

pub type Error = Box<dyn std::error::Error>;
pub type Result<T> = std::result::Result<T, Error>;

/// Starts the service on a free port.
async fn serve(engine: &Engine) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, service::router(engine.clone())).into_future());
    address
}

/// Runs a test against a service on a fresh catalogue, on each database.
fn on_each(label: &str, test: impl AsyncFn(&Engine, SocketAddr)) {
    for database in databases(label) {
        eprintln!("on {}", database.name);
        Runtime::new().unwrap().block_on(async {
            let engine = Engine::new(&database.url).unwrap();
            seed::catalogue(&engine).await.unwrap();
            let address = serve(&engine).await;
            test(&engine, address).await;
        });
    }
}

/// Rows of artists, albums and tracks, and what the tracks cost together.
async fn totals(engine: &Engine) -> (i64, i64, i64, Decimal) {
    let mut session = Session::new(engine);
    let artists = session.scalars(select(func::count(Artist.id))).one().await.unwrap();
    let albums = session.scalars(select(func::count(Album.id))).one().await.unwrap();
    let tracks = session.scalars(select(func::count(Track.id))).one().await.unwrap();
    let price = session.scalars(select(func::sum(Track.unit_price))).one().await.unwrap();
    (artists, albums, tracks, price.unwrap())
}

fn new_artist(name: &str) -> Value {
    let track = |name: &str, price: &str| json!({ "name": name, "milliseconds": 1000, "unit_price": price, "genre_id": 1 });
    json!({ "name": name, "albums": [
        { "title": "First", "tracks": [track("a", "0.99"), track("b", "1.99")] },
        { "title": "Second", "tracks": [track("c", "0.01")] },
    ] })
}

fn error(answer: &http::Answer) -> &str {
    answer.body["error"].as_str().unwrap_or_else(|| panic!("{answer:?}"))
}

#[test]
fn pages_have_whole_artists() {
    on_each("pages", async |engine, address| {
        let mut client = Client::to(address).await;
        engine.log().start();
        let first = client.get("/artists?limit=2").await;
        let sent = engine.log().take();
        let tables = ["FROM artist", "FROM album", "FROM track"];
        let selects: Vec<_> = sent.iter().filter(|it| it.starts_with("SELECT")).collect();
        assert_eq!(selects.len(), tables.len(), "{sent:#?}");
        assert!(selects.iter().zip(tables).all(|(sql, table)| sql.contains(table)), "{sent:#?}");
        engine.log().stop();

        assert_eq!(first.status, 200);
        let acdc = &first.body["artists"][0];
        assert_eq!(acdc["name"], "AC/DC");
        assert_eq!(acdc["albums"][1]["title"], "Let There Be Rock");
        assert_eq!(acdc["albums"][1]["tracks"].as_array().unwrap().len(), 8);
        assert_eq!(acdc["albums"][0]["tracks"][0]["unit_price"], "0.99");

        // Page by page to the end: each artist once, in order.
        let (mut ids, mut after) = (Vec::new(), Value::from(0));
        while !after.is_null() {
            let page = client.get(&format!("/artists?limit=50&after={after}")).await;
            let artists = page.body["artists"].as_array().unwrap();
            ids.extend(artists.iter().map(|it| it["id"].as_i64().unwrap()));
            after = page.body["next"].clone();
        }
        assert_eq!(ids, (1..=275).collect::<Vec<_>>());
    });
}

#[test]
fn an_artist_is_saved_shown_and_deleted_whole() {
    on_each("whole", async |engine, address| {
        let mut client = Client::to(address).await;
        let before = totals(engine).await;
        let created = client.post("/artists", &new_artist("Aludel")).await;
        assert_eq!(created.status, 201, "{created:?}");
        let place = created.headers["location"].to_str().unwrap().to_owned();
        let (artists, albums, tracks, price) = before;
        let after = (artists + 1, albums + 2, tracks + 3, price + Decimal::new(299, 2));
        assert_eq!(totals(engine).await, after);

        let shown = client.get(&place).await;
        assert_eq!((shown.status, &shown.body), (200, &created.body));
        assert_eq!(shown.body["albums"][1]["tracks"][0]["name"], "c");

        let empty = json!({ "name": "Empty", "albums": [{ "title": "x" }] });
        let empty = client.post("/artists", &empty).await;
        assert_eq!((empty.status, &empty.body["albums"][0]["tracks"]), (201, &json!([])));
        let alone = client.post("/artists", &json!({ "name": "Alone" })).await;
        assert_eq!((alone.status, &alone.body["albums"]), (201, &json!([])));
        for new in [empty, alone] {
            let place = new.headers["location"].to_str().unwrap().to_owned();
            assert_eq!(client.get(&place).await.body, new.body);
            assert_eq!(client.delete(&place).await.status, 204);
        }

        assert_eq!(client.delete(&place).await.status, 204);
        assert_eq!(totals(engine).await, before);
        for answer in [client.get(&place).await, client.delete(&place).await] {
            assert_eq!(answer.status, 404);
            assert!(error(&answer).contains("no row was found"), "{answer:?}");
        }
    });
}

#[test]
fn whoever_patches_what_was_changed_gets_409_and_what_it_is_now() {
    on_each("patch", async |_, address| {
        let mut client = Client::to(address).await;
        let patched = client.patch("/albums/4", 1, &json!({ "title": "Mine" })).await;
        assert_eq!(patched.status, 200, "{patched:?}");
        assert_eq!(patched.headers["etag"], "\"2\"");
        assert_eq!(patched.body["tracks"].as_array().unwrap().len(), 8);

        let late = client.patch("/albums/4", 1, &json!({ "title": "Too late" })).await;
        assert_eq!(late.status, 409);
        assert_eq!(late.body["current"], patched.body);
        assert_eq!(
            (&late.body["current"]["title"], &late.body["current"]["version"]),
            (&json!("Mine"), &json!(2))
        );

        let again = client.patch("/albums/4", 2, &json!({ "title": "In time" })).await;
        assert_eq!((again.status, &again.body["version"]), (200, &json!(3)));
        assert_eq!(client.patch("/albums/9999", 1, &json!({ "title": "x" })).await.status, 404);
    });
}

#[test]
fn what_the_database_refuses_is_a_conflict_and_nothing_is_kept() {
    on_each("refuse", async |engine, address| {
        let mut client = Client::to(address).await;
        let before = totals(engine).await;
        let taken = client.post("/artists", &new_artist("AC/DC")).await;
        assert_eq!(taken.status, 409);
        assert_eq!(error(&taken), "a unique constraint refused the Artist");

        let mut nowhere = new_artist("Aludel");
        nowhere["albums"][1]["tracks"][0]["genre_id"] = json!(9999);
        let nowhere = client.post("/artists", &nowhere).await;
        assert_eq!(nowhere.status, 409);
        assert_eq!(error(&nowhere), "a foreign key constraint refused the Track");
        assert_eq!(totals(engine).await, before);
    });
}

#[test]
fn bad_input_is_422() {
    on_each("input", async |engine, address| {
        let mut client = Client::to(address).await;
        let before = totals(engine).await;
        let mut negative = new_artist("Aludel");
        negative["albums"][0]["tracks"][0]["milliseconds"] = json!(-1);
        let mut long = new_artist("Aludel");
        long["albums"][0]["title"] = "é".repeat(161).into();
        let json = ("content-type", "application/json");
        let with = ("if-match", "\"1\"");
        let title = json!({ "title": "x" });
        for (method, path, headers, body, says) in [
            ("POST", "/artists", &[json][..], json!({ "name": "" }), "`name` is empty"),
            ("POST", "/artists", &[json], json!({ "nome": "x" }), "unknown field `nome`"),
            ("POST", "/artists", &[json], json!({ "name": 1 }), "expected a string"),
            ("POST", "/artists", &[json], negative, "shorter or cheaper"),
            ("POST", "/artists", &[json], long, "more than 160 characters"),
            ("POST", "/artists", &[], json!({ "name": "x" }), "Content-Type"),
            ("GET", "/artists?limit=0", &[], Value::Null, "between 1 and 100"),
            ("GET", "/artists?after=x", &[], Value::Null, "invalid digit"),
            ("GET", "/artists/x", &[], Value::Null, "Cannot parse"),
            ("PATCH", "/albums/1", &[json], title.clone(), "`If-Match` has to name"),
            ("PATCH", "/albums/1", &[json, ("if-match", "*")], title, "`If-Match` has to name"),
            ("PATCH", "/albums/1", &[json, with], json!({ "title": "" }), "`title` is empty"),
        ] {
            let answer = client.send(method, path, headers, body.to_string()).await;
            assert_eq!(answer.status, 422, "{method} {path} {body}: {answer:?}");
            assert!(error(&answer).contains(says), "{says}: {answer:?}");
        }
        assert_eq!(totals(engine).await, before);
    });
}

/// What the book shows is what runs here.
#[test]
fn the_book_shows_this_service() {
    let page = include_str!("../../../book/src/web.md");
    let sources =
        [include_str!("../service.rs"), include_str!("../json.rs"), include_str!("../problem.rs")];
    let blocks: Vec<&str> =
        page.split("```rust\n").skip(1).map(|it| it.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        assert!(sources.iter().any(|it| it.contains(block)), "nowhere in the example:\n{block}");
    }
}

#[test]
fn a_pool_without_a_connection_is_503() {
    for database in databases("pool") {
        Runtime::new().unwrap().block_on(async {
            let options = EngineOptions::new().pool_size(1).max_overflow(0);
            let options = options.checkout_timeout(Duration::from_millis(50));
            let engine = Engine::with_options(&database.url, options).unwrap();
            seed::catalogue(&engine).await.unwrap();
            let mut client = Client::to(serve(&engine).await).await;
            let held = engine.connect().await.unwrap();
            let answer = client.get("/artists/1").await;
            assert_eq!((answer.status, error(&answer)), (503, "service unavailable"));
            drop(held);
            assert_eq!(client.get("/artists/1").await.status, 200);
        });
    }
}

/// A handler whose client hangs up is dropped wherever it stands: what it began is saved whole or not at
/// all, and the pool of two connections loses none.
#[test]
fn clients_that_hang_up_leave_nothing_half_done() {
    for database in databases("gone") {
        Runtime::new().unwrap().block_on(async {
            let options = EngineOptions::new().pool_size(2).max_overflow(0);
            let engine = Engine::with_options(&database.url, options).unwrap();
            seed::catalogue(&engine).await.unwrap();
            let address = serve(&engine).await;
            for number in 0..40 {
                let body = new_artist(&format!("Gone {number}")).to_string();
                let mut stream = TcpStream::connect(address).await.unwrap();
                let head = "POST /artists HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
                let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(request.as_bytes()).await.unwrap();
                // The handler gets somewhat further each time.
                for _ in 0..number {
                    tokio::task::yield_now().await;
                }
            }
            let mut client = Client::to(address).await;
            assert_eq!(client.post("/artists", &new_artist("Gone at last")).await.status, 201);

            let mut session = Session::new(&engine);
            let stmt = select((Artist.name, func::count(Track.id), func::sum(Track.unit_price)))
                .join(Artist.albums)
                .join(Album.tracks)
                .filter(Artist.name.starts_with("Gone "))
                .group_by((Artist.id, Artist.name));
            let whole = session.execute(stmt).all().await.unwrap();
            let saved = select(func::count(Artist.id)).filter(Artist.name.starts_with("Gone "));
            let saved: i64 = session.scalars(saved).one().await.unwrap();
            eprintln!("{saved} of 41 saved on {}", database.name);
            assert_eq!(whole.len() as i64, saved);
            for (name, tracks, price) in whole {
                assert_eq!((tracks, price), (3, Some(Decimal::new(299, 2))), "{name}");
            }
        });
    }
}

const CLIENTS: i64 = 64;
/// Albums that all clients patch, all the time.
const SHARED: [i64; 2] = [1, 4];

/// What one client did, and may be seen to have done.
#[derive(Default)]
struct Done {
    /// Versions that its patches made, of each shared album.
    versions: [Vec<i64>; SHARED.len()],
    conflicts: usize,
    requests: usize,
    keeps: bool,
}

/// Creates an artist, patches a shared album until it goes through, reads meanwhile, and in half of
/// all cases deletes what it has created.
async fn client(number: i64, address: SocketAddr) -> Done {
    let mut client = Client::to(address).await;
    let mut done = Done { keeps: number % 2 == 0, ..Done::default() };
    let created = client.post("/artists", &new_artist(&format!("Client {number}"))).await;
    assert_eq!(created.status, 201, "{created:?}");
    let place = format!("/artists/{}", created.body["id"]);

    let album = (number % 2) as usize;
    loop {
        // Nobody deletes AC/DC, so it is seen whole, whatever happens to others.
        let acdc = client.get("/artists/1").await;
        assert_eq!(acdc.status, 200, "{acdc:?}");
        let albums = &acdc.body["albums"];
        assert_eq!(albums[0]["tracks"].as_array().unwrap().len(), 10);
        assert_eq!(albums[1]["tracks"].as_array().unwrap().len(), 8);
        let seen = &albums[album];
        assert_eq!(seen["id"], SHARED[album]);
        let (path, title) = (format!("/albums/{}", SHARED[album]), format!("By {number}"));
        let version = seen["version"].as_i64().unwrap();
        let patched = client.patch(&path, version, &json!({ "title": title })).await;
        done.requests += 2;
        match patched.status {
            200 => {
                assert_eq!(patched.body["title"], title);
                assert_eq!(patched.body["version"], version + 1);
                done.versions[album].push(version + 1);
                break;
            }
            409 => {
                assert!(patched.body["current"]["version"].as_i64().unwrap() > version);
                done.conflicts += 1;
            }
            _ => panic!("{patched:?}"),
        }
    }

    let page = client.get(&format!("/artists?limit=5&after={}", number * 4)).await;
    assert_eq!((page.status, page.body["artists"].as_array().unwrap().len()), (200, 5));
    assert_eq!(client.get(&place).await.body, created.body);
    assert_eq!(client.post("/artists", &new_artist("AC/DC")).await.status, 409);
    done.requests += 4;
    if !done.keeps {
        assert_eq!(client.delete(&place).await.status, 204);
        assert_eq!(client.get(&place).await.status, 404);
        done.requests += 2;
    }
    done
}

#[test]
fn sixty_four_clients_lose_nothing() {
    on_each("many", async |engine, address| {
        let before = totals(engine).await;
        let clients: Vec<_> = (0..CLIENTS).map(|it| tokio::spawn(client(it, address))).collect();
        let mut done = Vec::new();
        for client in clients {
            done.push(client.await.unwrap());
        }
        let requests: usize = done.iter().map(|it| it.requests).sum();
        let conflicts: usize = done.iter().map(|it| it.conflicts).sum();
        eprintln!("{requests} requests, {conflicts} conflicts");

        let kept = done.iter().filter(|it| it.keeps).count() as i64;
        let (artists, albums, tracks, price) = before;
        let price = price + Decimal::new(299, 2) * Decimal::from(kept);
        let after = (artists + kept, albums + 2 * kept, tracks + 3 * kept, price);
        assert_eq!(totals(engine).await, after);

        // Every version was made by exactly one patch, and none was lost.
        let mut session = Session::new(engine);
        for (place, id) in SHARED.into_iter().enumerate() {
            let made: Vec<i64> = done.iter().flat_map(|it| it.versions[place].clone()).collect();
            let distinct: BTreeSet<i64> = made.iter().copied().collect();
            assert_eq!(distinct.len(), made.len());
            assert_eq!(distinct, (2..=CLIENTS / 2 + 1).collect());
            let album = session.get_one(Album, id).await.unwrap();
            assert_eq!(album.borrow().version, CLIENTS / 2 + 1);
        }
        // Every connection is home again but ours.
        session.close().await.unwrap();
        assert_eq!(engine.status().out, 0);
    });
}
