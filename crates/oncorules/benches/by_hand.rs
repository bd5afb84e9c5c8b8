//! RECIST 1.1 as one would write it by hand for this kind of case: target lesions outside nodes,
//! measured in millimetres. Tenths of a millimetre, multiplied crosswise, so exact as well.

use oncorules::model::{Case, Measurement, PartialDate, Role};
use oncorules::{EvaluateOptions, Program};

/// The numbers of a case.
pub(crate) struct Bound {
    start: PartialDate,
    dates: Vec<PartialDate>,
    before_start: usize,
    /// Assessment by assessment, in ten-thousandths of a millimetre.
    diameters: Vec<Option<i64>>,
    lesions: usize,
}

/// What was decided at one follow-up, each with the row that made it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timepoint {
    sum: Option<i64>,
    measured: i64,
    change: Option<f64>,
    target: (&'static str, &'static str),
    overall: (&'static str, &'static str),
    course: (&'static str, &'static str),
    category: &'static str,
    counts: (&'static str, &'static str),
    confirmed: (&'static str, &'static str),
}

/// What was decided over the line.
#[derive(Debug)]
pub(crate) struct Decided {
    timepoints: Vec<Timepoint>,
    best: &'static str,
    confirmed_best: &'static str,
    pending: &'static str,
    progression: Option<PartialDate>,
    response: Option<PartialDate>,
    confirmed_response: Option<PartialDate>,
    duration: Option<i32>,
}

pub(crate) fn bind(case: &Case) -> Bound {
    let start = case.lines[0].start().unwrap();
    let mut order: Vec<usize> = (0..case.assessments.len()).collect();
    order.sort_by_key(|i| case.assessments[*i].date.earliest());
    let before_start =
        order.iter().filter(|i| case.assessments[**i].date.earliest() <= start.earliest()).count();
    let baseline = case.assessments[order[before_start - 1]].lesions.as_deref().unwrap();
    let targets: Vec<&str> =
        baseline.iter().filter(|l| l.role == Some(Role::Target)).map(|l| &*l.id).collect();
    let mut diameters = vec![None; order.len() * targets.len()];
    for (at, index) in order.iter().enumerate() {
        for record in case.assessments[*index].lesions.iter().flatten() {
            let Some(lesion) = targets.iter().position(|t| **t == *record.id) else { continue };
            if let Some(Measurement::Length(quantity)) = &record.longest_diameter {
                assert!(quantity.unit.as_deref().is_none_or(|u| u == "mm"));
                let ten_thousandths =
                    quantity.value.times(10_000.into()).and_then(|n| n.as_whole());
                diameters[at * targets.len() + lesion] = ten_thousandths;
            }
        }
    }
    let dates = order.iter().map(|i| case.assessments[*i].date).collect();
    Bound { start, dates, before_start, diameters, lesions: targets.len() }
}

pub(crate) fn decide(case: &Bound) -> Decided {
    let n = case.lesions;
    let at = |t: usize| &case.diameters[t * n..(t + 1) * n];
    let total = |t: usize| at(t).iter().copied().sum::<Option<i64>>();
    let baseline = total(case.before_start - 1);
    let mut nadir = baseline;
    let mut timepoints: Vec<Timepoint> = Vec::with_capacity(case.dates.len());
    let (mut complete, mut progressed) = (false, false);
    for t in case.before_start..case.dates.len() {
        let sum = total(t);
        let measured: i64 = at(t).iter().flatten().sum();
        let target = match (nadir, baseline) {
            _ if at(t).iter().all(|d| *d == Some(0)) => ("CR", "CR"),
            (Some(nadir), _) if measured - nadir >= 50_000 && measured * 100 >= nadir * 120 => {
                ("PD", "PD")
            }
            _ if sum.is_none() => ("NE", "NE"),
            (_, Some(base)) if sum.is_some_and(|s| s * 100 <= base * 70) => ("PR", "PR"),
            _ => ("SD", "SD"),
        };
        let overall = match target.0 {
            "CR" => ("CR", "T1.1"),
            "PR" => ("PR", "T1.4"),
            "SD" => ("SD", "T1.5"),
            "PD" => ("PD", "T1.7"),
            _ => ("NE", "T1.6"),
        };
        let course = match overall.0 {
            "PR" | "SD" if complete => ("PD", "after-CR"),
            code => (code, "as-measured"),
        };
        let category = match course.0 {
            "CR" => "complete",
            "PR" => "partial",
            "SD" => "stable",
            "PD" => "progression",
            _ => "not evaluable",
        };
        let counts = if progressed { ("no", "after-progression") } else { ("yes", "counts") };
        #[allow(clippy::cast_precision_loss)]
        let change = sum.zip(baseline).map(|(s, b)| (s - b) as f64 * 100.0 / b as f64);
        timepoints.push(Timepoint {
            sum,
            measured,
            change,
            target,
            overall,
            course,
            category,
            counts,
            confirmed: ("no", "not-confirmed"),
        });
        nadir = match (nadir, sum) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        complete |= overall.0 == "CR";
        progressed |= course.0 == "PD";
    }
    let date = |i: usize| case.dates[case.before_start + i];
    for i in 0..timepoints.len() {
        let response = |wanted: &[&str], i: usize| {
            let t = &timepoints[i];
            t.counts.0 == "yes" && wanted.contains(&t.course.0)
        };
        let confirmed = |wanted: &[&str]| {
            response(wanted, i)
                && (i + 1..timepoints.len()).any(|j| {
                    let between = &timepoints[i + 1..j];
                    response(wanted, j)
                        && date(i).days_until(date(j)).is_some_and(|d| d >= 28)
                        && between
                            .iter()
                            .all(|t| wanted.contains(&t.course.0) || t.course.0 == "NE")
                        && between.iter().filter(|t| t.course.0 == "NE").count() <= 1
                })
        };
        if confirmed(&["CR"]) {
            timepoints[i].confirmed = ("CR", "CR");
        } else if confirmed(&["CR", "PR"]) {
            timepoints[i].confirmed = ("PR", "PR");
        }
    }
    let any = |code: &str| timepoints.iter().any(|t| t.counts.0 == "yes" && t.course.0 == code);
    let first = |wanted: &dyn Fn(&Timepoint) -> bool| timepoints.iter().position(wanted).map(date);
    let controlled = timepoints.iter().enumerate().any(|(i, t)| {
        t.counts.0 == "yes"
            && matches!(t.course.0, "CR" | "PR" | "SD")
            && case.start.days_until(date(i)).is_some_and(|d| d >= 42)
    });
    let progression = first(&|t| t.course.0 == "PD");
    let response = first(&|t| t.counts.0 == "yes" && matches!(t.course.0, "CR" | "PR"));
    let confirmed_response = first(&|t| matches!(t.confirmed.0, "CR" | "PR"));
    let otherwise = match (controlled, progression) {
        (true, _) => "SD",
        (_, Some(_)) => "PD",
        _ => "NE",
    };
    let seen = |code| timepoints.iter().any(|t| t.confirmed.0 == code);
    Decided {
        best: if any("CR") {
            "CR"
        } else if any("PR") {
            "PR"
        } else {
            otherwise
        },
        confirmed_best: if seen("CR") {
            "CR"
        } else if seen("PR") {
            "PR"
        } else {
            otherwise
        },
        pending: match (response, confirmed_response, progression) {
            (Some(_), None, None) => "yes",
            _ => "no",
        },
        duration: response.zip(progression).and_then(|(a, b)| a.days_until(b)),
        timepoints,
        progression,
        response,
        confirmed_response,
    }
}

/// Both ways must give the same, or there is nothing to compare.
pub(crate) fn assert_equal(program: &Program, case: &Case) {
    let engine = program.engine();
    let outcomes = engine.decide(case, &EvaluateOptions::default());
    let bound = bind(case);
    let decided = decide(&bound);
    let item = |name: &str| engine.item("recist-1.1", name).unwrap();
    for (i, t) in decided.timepoints.iter().enumerate() {
        let at = bound.before_start + i;
        for (name, (code, row)) in [
            ("target_response", t.target),
            ("overall_response", t.overall),
            ("course_response", t.course),
            ("counts", t.counts),
            ("starts_confirmed", t.confirmed),
        ] {
            let found = (outcomes.code(item(name), 0, at), outcomes.row(item(name), 0, at));
            assert_eq!(found, (Some(code), Some(row)), "{} {at} {name}", case.case);
        }
        let category = outcomes.code(item("response_category"), 0, at);
        assert_eq!(category, Some(t.category), "{} {at}", case.case);
        let measure = |name| outcomes.measure(item(name), 0, at).map(|m| m.to_string());
        let millimetres = |v: i64| {
            let text = format!("{}.{:04}", v / 10_000, v % 10_000);
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        };
        assert_eq!(measure("sum_of_diameters"), t.sum.map(millimetres));
        assert_eq!(measure("measured_sum"), Some(millimetres(t.measured)));
        let change = measure("change_from_baseline").map(|c| c.parse::<f64>().unwrap());
        assert_eq!(change.map(|c| (c * 1e4).round()), t.change.map(|c| (c * 1e4).round()));
    }
    for (name, code) in [
        ("best_overall_response", decided.best),
        ("confirmed_best_overall_response", decided.confirmed_best),
        ("confirmation_pending", decided.pending),
    ] {
        assert_eq!(outcomes.code(item(name), 0, 0), Some(code), "{} {name}", case.case);
    }
    for (name, date) in [
        ("progression_date", decided.progression),
        ("response_date", decided.response),
        ("confirmed_response_date", decided.confirmed_response),
    ] {
        let found = outcomes.measure(item(name), 0, 0).map(|d| d.to_string());
        assert_eq!(found, date.map(|d| d.to_string()), "{} {name}", case.case);
    }
    let duration = outcomes.measure(item("duration_of_response"), 0, 0).map(|d| d.to_string());
    assert_eq!(duration, decided.duration.map(|d| d.to_string()), "{}", case.case);
}
