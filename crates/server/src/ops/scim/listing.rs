//! Lists of what a directory keeps: filtered, sorted, by page or by cursor (RFC 7644, 3.4.2; RFC 9865). What an index
//! can find is found by it, a page of everything begins at its place, and only other questions look at everybody.

use guildhall_domain::ids::{GroupId, MemberId};
use guildhall_store::Conn;
use guildhall_store::read::scim::{self, Kind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::resources::type_of;
use super::rows::{Row, probe, probed, rows};
use super::{Directory, Halt, Site, shapes};
use crate::http::cursor;
use crate::scim::ScimError;
use crate::scim::document::Document;
use crate::scim::filter::Filter;
use crate::scim::matching::{fits, sort_key};
use crate::scim::projection::Projection;
use crate::scim::publish::{LIST, PAGE_MOST, PAGE_USUAL};
use crate::scim::schema::{Named, Target};

/// How many rows one step of looking at everybody reads.
const STEP: u32 = 500;

/// What a list is asked for, as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// What they have to fit.
    pub filter: Option<String>,
    /// By what they are sorted.
    pub sort_by: Option<String>,
    /// The other way round.
    pub descending: bool,
    /// Counted from 1.
    pub start_index: Option<i64>,
    /// How many at most.
    pub count: Option<i64>,
    /// Where the page before ended; an empty one begins.
    pub cursor: Option<String>,
    /// What to show.
    pub attributes: Vec<String>,
    /// What not to show.
    pub excluded: Vec<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// How many there are; `None` where nobody counted.
    pub total: Option<u64>,
    /// Where the page begins; `None` where it began at a cursor.
    pub start: Option<u64>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// The resources.
    pub resources: Vec<Value>,
}

impl Listed {
    /// The answer's body.
    #[must_use]
    pub fn body(self) -> Value {
        let mut told = Document::new();
        told.insert("schemas".to_owned(), json!([LIST]));
        if let Some(total) = self.total {
            told.insert("totalResults".to_owned(), json!(total));
        }
        told.insert("itemsPerPage".to_owned(), json!(self.resources.len()));
        if let Some(start) = self.start {
            told.insert("startIndex".to_owned(), json!(start));
        }
        if let Some(next) = self.next {
            told.insert("nextCursor".to_owned(), json!(next));
        }
        told.insert("Resources".to_owned(), Value::Array(self.resources));
        Value::Object(told)
    }
}

/// The question, understood.
struct Asked {
    kind: Kind,
    filter: Option<Filter>,
    sort: Option<(Target, bool)>,
    projection: Projection,
    start: u64,
    count: u64,
    /// Where a list by cursor goes on; 0 begins.
    cursor: Option<u64>,
    /// What a cursor of this list is known by.
    mark: String,
}

impl Asked {
    fn of(kind: Kind, query: &Query) -> Result<Self, ScimError> {
        let resource = type_of(kind);
        let text = query.filter.as_deref().filter(|text| !text.trim().is_empty());
        let filter = text.map(|text| Filter::parse(resource, text)).transpose()?;
        let sort = match query.sort_by.as_deref().map(|name| resource.find(name.trim())) {
            None => None,
            Some(Some(Named::Attribute(target))) => Some((target, query.descending)),
            Some(_) => return Err(ScimError::path("`sortBy` names no attribute")),
        };
        let sorted = query.sort_by.as_deref().unwrap_or_default();
        let about = format!("{kind:?} {text:?} {sorted} {}", query.descending);
        let digest = Sha256::digest(about.as_bytes());
        let mark: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let cursor = match query.cursor.as_deref() {
            None => None,
            Some("") => Some(0),
            Some(text) => Some(position(text, &mark)?),
        };
        Ok(Self {
            kind,
            filter,
            sort,
            projection: Projection::of(resource, &query.attributes, &query.excluded)?,
            start: query.start_index.and_then(|n| u64::try_from(n).ok()).unwrap_or(1).max(1),
            count: query.count.map_or(PAGE_USUAL, |n| u64::try_from(n).unwrap_or(0).min(PAGE_MOST)),
            cursor,
            mark,
        })
    }

    fn next(&self, position: u64) -> String {
        cursor::write(&(self.mark.as_str(), position))
    }
}

fn position(text: &str, mark: &str) -> Result<u64, ScimError> {
    let wrong = || ScimError::cursor("the cursor is broken, or from a list with another filter or order");
    let (of, position) = cursor::read::<(String, u64)>(text).map_err(|_| wrong())?;
    if of == mark { Ok(position) } else { Err(wrong()) }
}

/// A list.
///
/// # Errors
/// `invalidFilter`, `invalidPath`, `invalidCursor`.
pub async fn list(directory: &Directory, kind: Kind, query: &Query) -> Result<Listed, Halt> {
    let asked = Asked::of(kind, query)?;
    directory.read(move |site, conn| page(site, conn, &asked)).await
}

/// A list of everything there is: people, then groups.
///
/// # Errors
/// As [`list`]; 501 for cursors.
pub async fn everything(directory: &Directory, query: &Query) -> Result<Listed, Halt> {
    if query.cursor.is_some() {
        return Err(ScimError::not_offered("lists of all resources together have no cursors; use `startIndex`").into());
    }
    // A filter about one type's attributes finds none of the other.
    let (people, groups) = (Asked::of(Kind::People, query), Asked::of(Kind::Groups, query));
    let (people, groups) = match (people, groups) {
        (Err(error), Err(_)) => return Err(error.into()),
        (people, groups) => (people.ok(), groups.ok()),
    };
    let both = move |site: &Site, conn: &mut Conn<'_>| {
        let first = people.map(|asked| page(site, conn, &asked)).transpose()?.unwrap_or_default();
        let (total, shown) = (first.total.unwrap_or(0), first.resources.len() as u64);
        let second = groups.map(|asked| {
            let start = asked.start.saturating_sub(total).max(1);
            page(site, conn, &Asked { start, count: asked.count.saturating_sub(shown), ..asked })
        });
        let second = second.transpose()?.unwrap_or_default();
        let mut resources = first.resources;
        resources.extend(second.resources);
        Ok(Listed {
            total: Some(total + second.total.unwrap_or(0)),
            start: first.start.or(second.start),
            next: None,
            resources,
        })
    };
    directory.read(both).await
}

fn page(site: &Site, conn: &mut Conn<'_>, asked: &Asked) -> Result<Listed, Halt> {
    let found = match asked.filter.as_ref().and_then(|filter| probe(asked.kind, filter)) {
        Some(probe) => Some(probed(site.organization.id, conn, &probe)?),
        None => None,
    };
    match (found, &asked.sort, &asked.filter) {
        (Some(rows), ..) => of_found(site, conn, asked, rows),
        (None, None, None) => of_everybody(site, conn, asked),
        (None, None, Some(filter)) if asked.cursor.is_some() => onwards(site, conn, asked, filter),
        _ => looked_through(site, conn, asked),
    }
}

/// A page of everybody in the order they came: no row before it is looked at.
fn of_everybody(site: &Site, conn: &mut Conn<'_>, asked: &Asked) -> Result<Listed, Halt> {
    let here = site.organization.id;
    let skip = if asked.cursor.is_some() { 0 } else { asked.start - 1 };
    let (before, total) = scim::place_before(conn, here, asked.kind, skip)?;
    let mut rows = match asked.count {
        0 => Vec::new(),
        count => rows(here, conn, asked.kind, asked.cursor.unwrap_or(before), count + 1)?,
    };
    let more = rows.len() as u64 > asked.count;
    rows.truncate(usize::try_from(asked.count).unwrap_or(usize::MAX));
    let last = rows.last().filter(|_| more && asked.cursor.is_some()).map(Row::place);
    Ok(Listed {
        total: Some(total),
        start: asked.cursor.is_none().then_some(asked.start),
        next: last.map(|place| asked.next(place)),
        resources: shown(site, conn, asked, &rows)?,
    })
}

/// The next who fit behind a cursor. Nobody is counted.
fn onwards(site: &Site, conn: &mut Conn<'_>, asked: &Asked, filter: &Filter) -> Result<Listed, Halt> {
    let (here, mut after, mut found) = (site.organization.id, asked.cursor.unwrap_or(0), Vec::new());
    let enough = usize::try_from(asked.count).unwrap_or(usize::MAX).saturating_add(1);
    while found.len() < enough {
        let step = rows(here, conn, asked.kind, after, u64::from(STEP))?;
        let Some(last) = step.last() else { break };
        after = last.place();
        let documents = documents(site, conn, &step, &Projection::Everything)?;
        found
            .extend(step.into_iter().zip(documents).filter(|(_, document)| fits(filter, document)).map(|(row, _)| row));
    }
    let more = found.len() >= enough;
    found.truncate(enough - 1);
    let last = found.last().filter(|_| more).map(Row::place);
    Ok(Listed {
        total: None,
        start: None,
        next: last.map(|p| asked.next(p)),
        resources: shown(site, conn, asked, &found)?,
    })
}

/// A page out of a few rows that an index found.
fn of_found(site: &Site, conn: &mut Conn<'_>, asked: &Asked, rows: Vec<Row>) -> Result<Listed, Halt> {
    let documents = documents(site, conn, &rows, &Projection::Everything)?;
    let fitting =
        rows.into_iter().zip(documents).filter(|(_, document)| asked.filter.as_ref().is_none_or(|f| fits(f, document)));
    let keyed = fitting.map(|(row, document)| (asked.sort.map(|(target, _)| sort_key(target, &document)), row));
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort_by(|(one, a), (other, b)| one.cmp(other).then(a.place().cmp(&b.place())));
    if asked.sort.is_some_and(|(_, descending)| descending) {
        keyed.reverse();
    }
    let rows: Vec<Row> = keyed.into_iter().map(|(_, row)| row).collect();
    windowed(site, conn, asked, rows.len() as u64, |skip, count| Ok(rows.into_iter().skip(skip).take(count).collect()))
}

/// A page of everybody who fits, in whatever order: each row is looked at, of which only key and place are kept.
fn looked_through(site: &Site, conn: &mut Conn<'_>, asked: &Asked) -> Result<Listed, Halt> {
    let (here, mut after) = (site.organization.id, 0);
    let mut fitting: Vec<((bool, String), u64)> = Vec::new();
    loop {
        let step = rows(here, conn, asked.kind, after, u64::from(STEP))?;
        let Some(last) = step.last() else { break };
        after = last.place();
        let documents = documents(site, conn, &step, &Projection::Everything)?;
        for (row, document) in step.iter().zip(documents) {
            if asked.filter.as_ref().is_none_or(|filter| fits(filter, &document)) {
                let key = asked.sort.map(|(target, _)| sort_key(target, &document)).unwrap_or_default();
                fitting.push((key, row.place()));
            }
        }
    }
    fitting.sort();
    if asked.sort.is_some_and(|(_, descending)| descending) {
        fitting.reverse();
    }
    let total = fitting.len() as u64;
    let places: Vec<u64> = fitting.into_iter().map(|(_, place)| place).collect();
    let (from, many) = window(asked);
    let mut chosen = Vec::new();
    for place in places.into_iter().skip(from).take(many) {
        chosen.extend(rows(here, conn, asked.kind, place - 1, 1)?);
    }
    windowed(site, conn, asked, total, |_, _| Ok(chosen))
}

/// How many to leave out before the page, and how many it has.
fn window(asked: &Asked) -> (usize, usize) {
    let skip = asked.cursor.unwrap_or(asked.start - 1);
    (usize::try_from(skip).unwrap_or(usize::MAX), usize::try_from(asked.count).unwrap_or(usize::MAX))
}

fn windowed(
    site: &Site,
    conn: &mut Conn<'_>,
    asked: &Asked,
    total: u64,
    choose: impl FnOnce(usize, usize) -> Result<Vec<Row>, Halt>,
) -> Result<Listed, Halt> {
    let (skip, count) = window(asked);
    let chosen = choose(skip, count)?;
    let end = skip as u64 + chosen.len() as u64;
    let more = asked.cursor.is_some() && end < total && !chosen.is_empty();
    Ok(Listed {
        total: Some(total),
        start: asked.cursor.is_none().then_some(asked.start),
        next: more.then(|| asked.next(end)),
        resources: shown(site, conn, asked, &chosen)?,
    })
}

fn shown(site: &Site, conn: &mut Conn<'_>, asked: &Asked, rows: &[Row]) -> Result<Vec<Value>, Halt> {
    let resource = type_of(asked.kind);
    let all = documents(site, conn, rows, &asked.projection)?;
    Ok(all.into_iter().map(|document| Value::Object(asked.projection.apply(resource, document))).collect())
}

/// Rows as resources; what is not to be shown is not looked up.
fn documents(site: &Site, conn: &mut Conn<'_>, rows: &[Row], projection: &Projection) -> Result<Vec<Document>, Halt> {
    let here = site.organization.id;
    let people: Vec<MemberId> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Person(kept) => Some(kept.member.id),
            Row::Group(_) => None,
        })
        .collect();
    let mut groups: std::collections::HashMap<MemberId, Vec<(GroupId, String)>> = std::collections::HashMap::new();
    if projection.shows("groups") {
        for (member, group, name) in scim::groups_of(conn, here, &people)? {
            groups.entry(member).or_default().push((group, name));
        }
    }
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.push(match row {
            Row::Person(kept) => shapes::person(site, kept, groups.get(&kept.member.id).map_or(&[][..], Vec::as_slice)),
            Row::Group(kept) => {
                let seats = match projection.shows("members") {
                    true => scim::seats(conn, here, kept.group.id)?,
                    false => Vec::new(),
                };
                shapes::group(site, kept, &seats)
            }
        });
    }
    Ok(all)
}
