//! A plot of cost against size, both in powers of ten, as a picture that can be read on light and on
//! dark paper. Knows nothing of what the lines mean.

use std::fmt::Write;

use crate::figure::short;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 400.0;
/// Between two names beside the lines.
const LINE: f64 = 17.0;
/// Of middle lightness: each stands out from white and from black.
const COLOURS: [&str; 8] = ["#3b82f6", "#e0702a", "#12a150", "#a855f7", "#d9468f", "#0d9dae", "#b08d00", "#dc4747"];
const GREY: &str = "#7d8590";

/// One line of the plot.
pub(crate) struct Curve {
    pub(crate) name: String,
    /// How many people, and what it cost in microseconds.
    pub(crate) points: Vec<(f64, f64)>,
}

struct Frame {
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn of(curves: &[Curve]) -> Self {
        let powers = |read: fn(&(f64, f64)) -> f64| {
            let all = curves.iter().flat_map(|curve| &curve.points).map(|point| read(point).max(1e-6).log10());
            let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), n| (low.min(n), high.max(n)));
            (low.floor(), high.ceil().max(low.floor() + 1.0))
        };
        Self { x: powers(|point| point.0), y: powers(|point| point.1) }
    }

    fn x(&self, people: f64) -> f64 {
        LEFT + (people.log10() - self.x.0) / (self.x.1 - self.x.0) * (RIGHT - LEFT)
    }

    fn y(&self, cost: f64) -> f64 {
        BOTTOM - (cost.max(1e-6).log10() - self.y.0) / (self.y.1 - self.y.0) * (BOTTOM - TOP)
    }
}

/// The powers of ten from one to another.
fn powers((low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(low), |power| Some(power + 1.0)).take_while(move |power| *power <= high + 0.1).take(20)
}

fn count(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{} M", n / 1e6),
        n if n >= 1e3 => format!("{} k", n / 1e3),
        n => n.to_string(),
    }
}

fn cost(us: f64) -> String {
    match us {
        us if us >= 1e6 => format!("{} s", us / 1e6),
        us if us >= 1e3 => format!("{} ms", us / 1e3),
        us if us >= 1.0 => format!("{us} µs"),
        us => format!("{} ns", (us * 1e3).round()),
    }
}

/// The whole picture.
pub(crate) fn picture(title: &str, curves: &[Curve]) -> String {
    let frame = Frame::of(curves);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"{GREY}\">\n\
         <title>{title}</title>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"15\" font-weight=\"600\">{title}</text>\n"
    );
    for power in powers(frame.x) {
        let (people, x) = (10_f64.powf(power), frame.x(10_f64.powf(power)));
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"{GREY}\" stroke-opacity=\"0.25\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            BOTTOM + 20.0,
            count(people)
        );
    }
    for power in powers(frame.y) {
        let (us, y) = (10_f64.powf(power), frame.y(10_f64.powf(power)));
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"{GREY}\" stroke-opacity=\"0.25\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            cost(us)
        );
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    let _ = writeln!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">people</text>", BOTTOM + 42.0);
    let mut names = Vec::new();
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let _ = writeln!(svg, "{}", line(&frame, curve, colour));
        if let Some((people, us)) = curve.points.last() {
            names.push((frame.y(*us), frame.x(*people), format!("{}: {}", curve.name, cost_told(*us)), *colour));
        }
    }
    for (y, from, (x, name, colour)) in beside(names) {
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {from:.1}L{} {y:.1}\" stroke=\"{colour}\" stroke-opacity=\"0.5\"/>\
             <text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>",
            RIGHT + 14.0,
            RIGHT + 18.0,
            y + 4.0
        );
    }
    svg + "</svg>\n"
}

fn cost_told(us: f64) -> String {
    match us {
        us if us >= 1e3 => format!("{} ms", short(us / 1e3)),
        us if us >= 1.0 => format!("{} µs", short(us)),
        us => format!("{} ns", short(us * 1e3)),
    }
}

fn line(frame: &Frame, curve: &Curve, colour: &str) -> String {
    let at = |(people, us): &(f64, f64)| format!("{:.1} {:.1}", frame.x(*people), frame.y(*us));
    let path = curve.points.iter().map(at).collect::<Vec<_>>().join("L");
    let dots = curve.points.iter().fold(String::new(), |text, (people, us)| {
        format!("{text}<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", frame.x(*people), frame.y(*us))
    });
    format!("<path d=\"M{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>{dots}")
}

/// Names at their lines' ends, moved apart as far as they need.
#[allow(clippy::type_complexity, reason = "places and what stands there, used once")]
fn beside(mut names: Vec<(f64, f64, String, &str)>) -> Vec<(f64, f64, (f64, String, &str))> {
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut next = TOP;
    let placed = names.into_iter().map(|(from, x, name, colour)| {
        let y = from.max(next);
        next = y + LINE;
        (y, from, (x, name, colour))
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_and_every_power_of_ten_is_drawn_and_named_once() {
        let curve =
            |name: &str, us: f64| Curve { name: name.to_owned(), points: vec![(1e3, us), (1e4, us), (1e6, us * 2.0)] };
        let svg = picture("Cost", &[curve("check", 0.1), curve("page", 40.0), curve("search", 40.5)]);
        for told in ["check: 200 ns", "page: 80.0 µs", "search: 81.0 µs", ">1 k<", ">1 M<", ">100 ns<", ">100 µs<"] {
            assert_eq!(svg.matches(told).count(), 1, "{told} in {svg}");
        }
        assert_eq!(svg.matches("<circle").count(), 9);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn names_never_stand_on_one_another() {
        let placed =
            beside(vec![(100.0, 0.0, "a".into(), ""), (101.0, 0.0, "b".into(), ""), (90.0, 0.0, "c".into(), "")]);
        assert!(placed.is_sorted_by(|one, next| next.0 - one.0 >= LINE));
    }
}
