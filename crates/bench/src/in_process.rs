//! The check in process: the rights index beside bare references on one generated workload, in
//! instructions as valgrind counts them and in time; the memory a membership takes; and the curve
//! against size.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use crate::Outcome;
use crate::figure::{Figure, Goal, Section, spread};
use crate::plot::Curve;
use crate::world::{QUESTIONS, Size, Which, World};

const LIMIT: &str = "finding the member, the resource and the permission by their names (half), and looking for the \
     member and each of their groups among a workspace's hundred grants";
const MASKS: &str = "bare masks, interned numbers";
const HASHED: &str = "hash maps by 128-bit ids, and masks";

/// What valgrind runs: the workload, asked so many times.
pub(crate) async fn ask(many: &str, which: &str, times: &str) -> Outcome<()> {
    let number = |text: &str| text.parse::<usize>().map_err(|e| format!("`{text}`: {e}"));
    let (world, times) = (World::new(Size::of(number(many)?))?, number(times)?);
    let allowed = match Which::ALL.iter().find(|(name, _)| *name == which) {
        Some((_, which)) => world.run(*which, times),
        None => ask_peer(which, &world, times).await?,
    };
    println!("{allowed} allowed, {} bytes", world.index.bytes());
    Ok(())
}

#[cfg(feature = "peers")]
async fn ask_peer(name: &str, world: &World, times: usize) -> Outcome<usize> {
    let mut peer = crate::peers::peer(name, world).await?;
    crate::peers::ask(peer.as_mut(), world, QUESTIONS, times)
}

#[cfg(not(feature = "peers"))]
#[allow(clippy::unused_async, reason = "as with the peers")]
async fn ask_peer(name: &str, _: &World, _: usize) -> Outcome<usize> {
    Err(format!("`{name}` was not built in"))
}

/// Instructions of one question: the difference between few and many. `None` without valgrind.
pub(crate) fn instructions(many: usize, which: &str) -> Option<f64> {
    let this = std::env::current_exe().ok()?;
    let count = |times: &str| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(&this);
        let output = valgrind.args(["ask", &many.to_string(), which, times]).output().ok()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<f64>().ok())
    };
    // What builds the world hashes by chance and takes some hundred thousand more or less each time: our own questions
    // are quick, and are asked so often that this does not count.
    let times = if Which::ALL.iter().any(|(name, _)| *name == which) { 200 } else { 5 };
    #[allow(clippy::cast_precision_loss, reason = "some thousands")]
    Some((count(&(times + 1).to_string())? - count("1")?) / (times * QUESTIONS) as f64)
}

/// Nanoseconds of one question.
pub(crate) fn nanoseconds(world: &World, which: Which) -> f64 {
    const TIMES: usize = 200;
    let begun = Instant::now();
    black_box(world.run(which, TIMES));
    #[allow(clippy::cast_precision_loss, reason = "some hundred thousands")]
    let questions = (TIMES * QUESTIONS) as f64;
    begun.elapsed().as_secs_f64() * 1e9 / questions
}

/// The index beside the bare references, for two sizes.
pub(crate) fn section(rounds: usize) -> Outcome<Section> {
    let mut figures = Vec::new();
    for (many, told) in [(10_000, "10,000 people"), (100_000, "100,000 people")] {
        let world = World::new(Size::of(many))?;
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            for (times, (_, which)) in times.iter_mut().zip(Which::ALL) {
                times.push(nanoseconds(&world, which));
            }
        }
        let [index, handles, masks, hashed] = times;
        let counted = Which::ALL.map(|(name, _)| instructions(many, name));
        if let [Some(index), Some(handles), Some(masks), Some(hashed)] = counted {
            let figure = |what: &str, against, ours, theirs| {
                let what = format!("check {what}, {told}, instructions");
                Figure::new(what, "in process", against, (vec![ours], vec![theirs]), LIMIT)
            };
            figures.extend([
                figure("by handles", MASKS, handles, masks).goal(Goal::OursAtMost(300.0)),
                figure("by external ids", MASKS, index, masks).goal(Goal::OursAtMost(640.0)),
                figure("by external ids", HASHED, index, hashed),
            ]);
        }
        let figure = |what: &str, against, ours: &[f64], theirs: &[f64]| {
            let what = format!("check {what}, {told}, ns");
            Figure::new(what, "in process", against, (ours.to_vec(), theirs.to_vec()), LIMIT)
        };
        figures.extend([
            figure("by handles", MASKS, &handles, &masks),
            figure("by external ids", MASKS, &index, &masks),
            figure("by external ids", HASHED, &index, &hashed),
        ]);
    }
    Ok(Section {
        title: "The check in process",
        note: "One organization with 500 groups of which everybody is in three, 200 workspaces and 20,000 shares to \
               people and groups; 1,000 questions, allowed and denied, asked again and again. By external ids means by a \
               person's id, a type, the workspace's outside name and the permission's name. All answers are equal. \
               Instructions are counted by valgrind, and missing where it is not installed."
            .to_owned(),
        figures,
    })
}

/// Nanoseconds by size, as a curve, and how much a million costs beside ten thousand.
pub(crate) fn by_size(rounds: usize, sizes: &[usize]) -> Outcome<(Vec<Figure>, Vec<Curve>)> {
    let mut worlds = Vec::new();
    for people in sizes {
        worlds.push((*people, World::new(Size::of(*people))?, Vec::new()));
    }
    for _ in 0..rounds {
        for (_, world, times) in &mut worlds {
            times.push(nanoseconds(world, Which::Index));
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "at most a million")]
    let points = worlds.iter().map(|(people, _, times)| (*people as f64, spread(times).median / 1e3)).collect();
    let curve = Curve { name: "check in process".to_owned(), points };
    let at = |wanted: usize| worlds.iter().find(|(people, ..)| *people == wanted).map(|(.., times)| times.clone());
    let (Some(large), Some(small)) = (sizes.last().and_then(|size| at(*size)), at(10_000)) else {
        return Ok((Vec::new(), vec![curve]));
    };
    let limit = "the same instructions; with many people their rows come from memory instead of the processor's caches";
    let figure = Figure::new(
        "check in process by external ids, the largest size, ns",
        "in process",
        "10,000 people",
        (large, small),
        limit,
    );
    Ok((vec![figure], vec![curve]))
}
