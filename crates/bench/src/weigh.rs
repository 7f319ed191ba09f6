//! What a membership takes in memory: for rights, for being looked up, and in the bare reference. Each is
//! built in a process of its own, whose memory is looked at before and after.

use std::process::Command;

use guildhall_domain::directory::{Directory, Entry, Facet};
use guildhall_domain::ids::MemberId;
use guildhall_domain::member::{MemberKind, Status};

use crate::figure::{Figure, Goal};
use crate::process::{output, resident_kib};
use crate::world::{Dice, Placed, Size, people};
use crate::{Outcome, hashed};

const MANY: usize = 1_000_000;

/// What a child runs: builds one of them and prints its bytes for each person, as seen from outside and
/// as it says itself.
pub(crate) fn weigh(what: &str) -> Outcome<()> {
    let own = || resident_kib(std::process::id()).map(|kib| kib * 1024.0);
    let (before, size) = (own()?, Size { people: MANY, ..Size::of(0) });
    let said = match what {
        "rights" => {
            let Placed { index, ids, .. } = people(size, &mut Dice(7))?;
            let lists = ids.len() * (size_of_val(&ids[0]) + size_of::<[u16; 3]>());
            // The lists beside it are ours.
            print_bytes(own()? - before, lists);
            index.bytes()
        }
        "directory" => {
            let mut directory = Directory::default();
            let (role, mut dice) = (directory.role("member"), Dice(7));
            let facets = [Facet::Status(Status::Active), Facet::Kind(MemberKind::Person), role];
            let entries = (0..MANY).map(|n| {
                let (first, last) = (crate::seed::syllables(&mut dice, 2), crate::seed::syllables(&mut dice, 3));
                Entry {
                    id: MemberId::new(dice.id()),
                    sort_key: format!("{first} {last}").into(),
                    search_key: format!("{first} {last} {first}.{last}.{n}@acme.test ").into(),
                    facets: facets.to_vec(),
                }
            });
            directory.fill(entries.collect());
            print_bytes(own()? - before, 0);
            directory.bytes()
        }
        "hashed" => {
            let mut dice = Dice(7);
            let ids: Vec<_> = (0..MANY).map(|_| dice.id()).collect();
            let map = hashed::people(&ids);
            print_bytes(own()? - before, ids.len() * size_of_val(&ids[0]));
            map.capacity() * 49
        }
        other => return Err(format!("cannot weigh `{other}`")),
    };
    println!("{}", said / MANY);
    Ok(())
}

fn print_bytes(taken: f64, but: usize) {
    #[allow(clippy::cast_precision_loss, reason = "some hundred million")]
    let each = (taken - but as f64) / MANY as f64;
    println!("{each:.1}");
}

fn told(what: &str) -> Outcome<[f64; 2]> {
    let this = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
    let text = output(Command::new(this).args(["weigh", what]), "")?;
    let mut numbers = text.lines().map_while(|line| line.parse::<f64>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(seen), Some(said)) => Ok([seen, said]),
        _ => Err(format!("weighing `{what}` told {text}")),
    }
}

/// Rights and directory beside the bare map.
pub(crate) fn figures() -> Outcome<Vec<Figure>> {
    let ([rights, rights_said], [directory, directory_said], [map, _]) =
        (told("rights")?, told("directory")?, told("hashed")?);
    let rights_limit = "two ids of 16 bytes with their hash tables, and a list of groups of its own for each member";
    let directory_limit = "the texts themselves, and the sets of places of every three letters; as seen from outside \
         also what filling it left free for other use";
    let figure = |what, ours, limit| {
        Figure::new(what, "in process", "bare hash map: id to mask and groups", (vec![ours], vec![map]), limit)
    };
    Ok(vec![
        figure("rights, a million people in 3 groups each, bytes a membership", rights, rights_limit)
            .goal(Goal::OursAtMost(200.0)),
        figure("the same by its own account, which bounds it", rights_said, rights_limit),
        figure("directory of a million people, bytes a membership", directory, directory_limit),
        figure("the same by its own account, which bounds it", directory_said, directory_limit),
    ])
}
