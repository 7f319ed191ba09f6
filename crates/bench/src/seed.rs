//! Organizations of many people, written straight into the product's tables while it does not run, on
//! either engine. Makes what an import would make, without its audit trail.

use std::io::Write;

use guildhall_domain::ids::MemberId;
use guildhall_server::http::cursor;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

use crate::Outcome;
use crate::product::Product;
use crate::world::Dice;

/// Part of a name that one person in each organization has.
pub(crate) const RARE: &str = "quuxl";
/// Part of a name that one person of some two hundred has.
pub(crate) const COMMON: &str = "zor";
/// What one name of some four hundred begins with.
pub(crate) const BEGINNING: &str = "min";

const BEFORE: [&str; 16] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st", "br"];
const BETWEEN: [&str; 6] = ["a", "e", "i", "o", "u", "y"];
const AFTER: [&str; 5] = ["", "", "n", "r", "l"];
const IDENTITIES: (&str, &str) =
    ("identities", "id,email,email_key,email_verified_at,name,administrator,valid_from,revision,created_at");
const MEMBERSHIPS: (&str, &str) = (
    "memberships",
    "organization_id,id,identity_id,kind,email,email_key,name,sort_key,search_key,role,status,origin,joined_at,created_at,sessions_from,revision",
);
const ORGANIZATION: &str = "INSERT INTO organizations (id,slug,name,preset,preset_version,preset_text,policy,valid_from,revision,object_revision,created_at) SELECT {id},'{slug}','{slug}',preset,preset_version,preset_text,policy,valid_from,1,1,created_at FROM organizations WHERE slug='acme'";
const NOW: i64 = 1_700_000_000_000_000;
/// Bits of an id that tell who it is within an organization.
const WITHIN: u32 = 32;

/// The slug of the organization of so many.
pub(crate) fn slug(people: usize) -> String {
    format!("people-{people}")
}

/// A cursor into the middle of a list of members.
pub(crate) fn middle() -> String {
    cursor::write(&("m", MemberId::new(Uuid::nil()).to_string()))
}

/// Who stands at a place in the organization of this number.
pub(crate) fn member(number: usize, at: usize) -> MemberId {
    MemberId::new(person_id(number, at))
}

fn person_id(number: usize, at: usize) -> Uuid {
    Uuid::from_u128(organization(number).as_u128() | (at as u128 + 1))
}

/// What stands in a column.
enum Cell {
    Id(Uuid),
    Text(String),
    Number(i64),
}

impl Cell {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

struct Person {
    organization: Uuid,
    id: Uuid,
    name: String,
    email: String,
    role: &'static str,
    status: &'static str,
}

pub(crate) fn syllables(dice: &mut Dice, many: usize) -> String {
    let one = |dice: &mut Dice| {
        let pick = |dice: &mut Dice, all: &[&'static str]| all[dice.below(all.len())];
        [pick(dice, &BEFORE), pick(dice, &BETWEEN), pick(dice, &AFTER)].concat()
    };
    (0..many).map(|_| one(dice)).collect()
}

fn organization(number: usize) -> Uuid {
    Uuid::from_u128((number as u128 + 1) << (2 * WITHIN))
}

impl Person {
    /// Always the same one for a place.
    fn new(number: usize, at: usize, of: usize) -> Self {
        let organization = organization(number);
        let mut dice = Dice((number as u64 + 1) << WITHIN | at as u64);
        // The first throws of neighbours are alike.
        let (_, _, _) = (dice.id(), dice.id(), dice.id());
        let (first, last) = match at == of / 2 {
            true => ("nomi".to_owned(), format!("{RARE}ey")),
            false => (syllables(&mut dice, 2), syllables(&mut dice, 3)),
        };
        Self {
            id: person_id(number, at),
            organization,
            name: format!("{first} {last}"),
            email: format!("{first}.{last}.{at}@p{number}.test"),
            role: if at.is_multiple_of(20) { "admin" } else { "member" },
            status: if at % 50 == 7 { "deactivated" } else { "active" },
        }
    }

    fn identity(&self) -> Vec<Cell> {
        vec![
            Cell::Id(self.id),
            Cell::text(&self.email),
            Cell::text(&self.email),
            Cell::Number(NOW),
            Cell::text(&self.name),
            Cell::Number(0),
            Cell::Number(NOW),
            Cell::Number(1),
            Cell::Number(NOW),
        ]
    }

    fn membership(&self, identity: Uuid) -> Vec<Cell> {
        vec![
            Cell::Id(self.organization),
            Cell::Id(self.id),
            Cell::Id(identity),
            Cell::text("person"),
            Cell::text(&self.email),
            Cell::text(&self.email),
            Cell::text(&self.name),
            Cell::text(&self.name),
            Cell::Text(format!("{} {} ", self.name, self.email)),
            Cell::text(self.role),
            Cell::text(self.status),
            Cell::text("import"),
            Cell::Number(NOW),
            Cell::Number(NOW),
            Cell::Number(NOW),
            Cell::Number(1),
        ]
    }
}

/// A database that takes rows.
trait Tables {
    fn owner(&mut self) -> Outcome<Uuid>;
    fn run(&mut self, sql: &str) -> Outcome<()>;
    fn id(id: Uuid) -> String;
    fn fill(&mut self, table: (&str, &str), rows: &mut dyn Iterator<Item = Vec<Cell>>) -> Outcome<()>;
}

/// Makes an organization for each size, led by the owner of the first.
fn fill(tables: &mut impl Tables, sizes: &[usize]) -> Outcome<()> {
    let owner = tables.owner()?;
    for (number, size) in sizes.iter().enumerate() {
        make(tables, owner, number, *size)?;
    }
    Ok(())
}

fn make<T: Tables>(tables: &mut T, owner: Uuid, number: usize, size: usize) -> Outcome<()> {
    let sql = ORGANIZATION.replace("{id}", &T::id(organization(number))).replace("{slug}", &slug(size));
    tables.run(&sql)?;
    let people = || (0..size).map(|at| Person::new(number, at, size));
    tables.fill(IDENTITIES, &mut people().skip(1).map(|person| person.identity()))?;
    let mut members = people().enumerate().map(|(at, person)| match at {
        0 => Person { role: "owner", status: "active", ..person }.membership(owner),
        _ => person.membership(person.id),
    });
    tables.fill(MEMBERSHIPS, &mut members)
}

struct Sqlite(Connection);

fn wrong(error: impl std::fmt::Display) -> String {
    format!("filling the database: {error}")
}

impl Tables for Sqlite {
    fn owner(&mut self) -> Outcome<Uuid> {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
        let id = self.0.query_row("SELECT id FROM identities", [], read).map_err(wrong)?;
        Uuid::from_slice(&id).map_err(wrong)
    }

    fn run(&mut self, sql: &str) -> Outcome<()> {
        self.0.execute_batch(sql).map_err(wrong)
    }

    fn id(id: Uuid) -> String {
        format!("x'{}'", id.simple())
    }

    fn fill(&mut self, (table, columns): (&str, &str), rows: &mut dyn Iterator<Item = Vec<Cell>>) -> Outcome<()> {
        let room = vec!["?"; columns.split(',').count()].join(",");
        let tx = self.0.transaction().map_err(wrong)?;
        let mut insert = tx.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({room})")).map_err(wrong)?;
        for row in rows {
            let values = row.into_iter().map(|cell| match cell {
                Cell::Id(id) => Value::Blob(id.as_bytes().to_vec()),
                Cell::Text(text) => Value::Text(text),
                Cell::Number(number) => Value::Integer(number),
            });
            insert.execute(params_from_iter(values)).map_err(wrong)?;
        }
        drop(insert);
        tx.commit().map_err(wrong)
    }
}

struct Postgres(postgres::Client);

impl Tables for Postgres {
    fn owner(&mut self) -> Outcome<Uuid> {
        let row = self.0.query_one("SELECT id::text FROM identities", &[]).map_err(wrong)?;
        row.get::<_, String>(0).parse().map_err(wrong)
    }

    fn run(&mut self, sql: &str) -> Outcome<()> {
        self.0.batch_execute(sql).map_err(wrong)
    }

    fn id(id: Uuid) -> String {
        format!("'{id}'")
    }

    fn fill(&mut self, (table, columns): (&str, &str), rows: &mut dyn Iterator<Item = Vec<Cell>>) -> Outcome<()> {
        let mut sink = self.0.copy_in(&format!("COPY {table} ({columns}) FROM STDIN")).map_err(wrong)?;
        for row in rows {
            let cells = row.into_iter().map(|cell| match cell {
                Cell::Id(id) => id.to_string(),
                Cell::Text(text) => text,
                Cell::Number(number) => number.to_string(),
            });
            let line = cells.collect::<Vec<_>>().join("\t");
            sink.write_all(line.as_bytes()).and_then(|()| sink.write_all(b"\n")).map_err(wrong)?;
        }
        sink.finish().map(drop).map_err(wrong)
    }
}

/// Fills the product's database with an organization for each size.
pub(crate) fn people(product: &Product, sizes: &[usize]) -> Outcome<()> {
    match product.database.clone() {
        None => {
            let mut connection = Connection::open(product.file()).map_err(wrong)?;
            connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;").map_err(wrong)?;
            connection.set_prepared_statement_cache_capacity(4);
            let mut tables = Sqlite(connection);
            fill(&mut tables, sizes)?;
            connection = tables.0;
            connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").map_err(wrong)
        }
        Some(url) => {
            let sizes = sizes.to_vec();
            // The driver has a runtime of its own, which must not start inside another.
            let filled = std::thread::spawn(move || {
                let mut tables = Postgres(postgres::Client::connect(&url, postgres::NoTls).map_err(wrong)?);
                fill(&mut tables, &sizes)?;
                tables.run("ANALYZE")
            });
            filled.join().map_err(|_| "the database client broke down".to_owned())?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_the_rare_name_and_some_have_the_common_one() {
        let names: Vec<String> = (0..10_000).map(|at| Person::new(1, at, 10_000).name).collect();
        let with = |part: &str| names.iter().filter(|name| name.contains(part)).count();
        assert_eq!(with(RARE), 1);
        assert!((20..500).contains(&with(COMMON)), "{}", with(COMMON));
        let beginning = names.iter().filter(|name| name.starts_with(BEGINNING)).count();
        assert!((10..50).contains(&beginning), "{beginning}");
    }
}
