//! Speed beside the same logic written by hand, in one run: `cargo bench -p oncorules`.
//!
//! The case: 8 assessments with 5 target lesions, RECIST 1.1. What is compared is first held to be
//! equal. Runs alternate, so that a busy machine slows all of them alike; medians are printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod by_hand;

use oncorules::model::Case;
use oncorules::{EvaluateOptions, Program, Rulesets};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 60;
const PER_ROUND: u32 = 400;

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let rounds = if std::env::args().any(|a| a == "--bench") { ROUNDS } else { 1 };
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    let chemo = Rulesets::built_in().load("chemo-response").unwrap();
    let cases = cases();
    for case in &cases {
        by_hand::assert_equal(&program, case);
    }
    println!("{} cases of 8 assessments and 5 target lesions; both ways agree", cases.len());
    let options = EvaluateOptions::default();
    let each = |work: &mut dyn FnMut(&Case)| {
        let started = Instant::now();
        for i in 0..PER_ROUND {
            work(black_box(&cases[i as usize % cases.len()]));
        }
        started.elapsed() / PER_ROUND
    };
    let bound: Vec<by_hand::Bound> = cases.iter().map(by_hand::bind).collect();
    let mut next = 0;
    let mut times: Vec<(&str, Vec<Duration>)> = vec![
        ("by hand, from the case: measures, decisions, rows", vec![]),
        ("by hand, from numbers laid out beforehand", vec![]),
        ("oncorules: measures, decisions, rows", vec![]),
        ("oncorules: full report", vec![]),
        ("oncorules: full report as JSON", vec![]),
        ("oncorules, chemo-response: full report as JSON", vec![]),
    ];
    let json = |program: &Program, case: &Case| {
        let report = program.evaluate(case, &options);
        black_box(serde_json::to_string(&report).unwrap());
    };
    for _ in 0..rounds {
        let all = [
            each(&mut |case| drop(black_box(by_hand::decide(&by_hand::bind(case))))),
            each(&mut |_| {
                next = (next + 1) % bound.len();
                drop(black_box(by_hand::decide(black_box(&bound[next]))));
            }),
            each(&mut |case| drop(black_box(program.engine().decide(case, &options)))),
            each(&mut |case| drop(black_box(program.evaluate(case, &options)))),
            each(&mut |case| json(&program, case)),
            each(&mut |case| json(&chemo, case)),
        ];
        for ((_, times), time) in times.iter_mut().zip(all) {
            times.push(time);
        }
    }
    let median = |times: &[Duration]| {
        let mut sorted = times.to_vec();
        sorted.sort();
        sorted[sorted.len() / 2].as_secs_f64() * 1e6
    };
    let base = median(&times[0].1);
    println!("\n{:52} {:>12} {:>14}", "", "us a case", "times by hand");
    for (name, times) in &times {
        println!("{name:52} {:>12.2} {:>14.1}", median(times), median(times) / base);
    }
    println!("\n{:52} {:>12}", "loading, checking and proving", "ms");
    let mut total = 0.0;
    for id in Rulesets::built_in().ids() {
        let times: Vec<Duration> = (0..rounds.min(10))
            .map(|_| {
                let started = Instant::now();
                drop(black_box(Rulesets::built_in().load(&id)));
                started.elapsed()
            })
            .collect();
        total += median(&times) / 1e3;
        println!("{id:52} {:>12.2}", median(&times) / 1e3);
    }
    println!("{:52} {total:>12.2}", "all shipped rulesets");
}

/// Courses of many kinds: responses that hold, are lost, come back, or cannot be evaluated.
fn cases() -> Vec<Case> {
    let courses: [[i32; 8]; 8] = [
        [300, 280, 200, 190, 180, 180, 185, 190],
        [300, 200, 150, 0, 0, 0, 0, 0],
        [300, 310, 290, 305, 300, 295, 300, 300],
        [300, 330, 380, 400, 420, 450, 480, 500],
        [300, 200, 200, 210, 220, 260, 300, 320],
        [300, 205, 250, 205, 200, 250, 200, 200],
        [231, 162, 161, 160, 150, 140, 150, 160],
        [330, 231, -1, 231, -1, 230, 230, 230],
    ];
    courses
        .iter()
        .enumerate()
        .map(|(number, course)| {
            let assessment = |(i, sum): (usize, &i32)| {
                let lesion = |l: i32| {
                    let first = r#""role":"target","site":"liver","#;
                    let said = if i == 0 { first } else { "" };
                    let tenths = sum * 2 + if *sum == 0 { 0 } else { l - 2 };
                    match *sum {
                        -1 if l == 4 => format!(r#"{{"id":"T{l}","longest_diameter":"not assessed"}}"#),
                        _ => format!(
                            r#"{{"id":"T{l}",{said}"longest_diameter":"{}.{} mm"}}"#,
                            tenths.abs() / 10,
                            tenths.abs() % 10
                        ),
                    }
                };
                let lesions: Vec<String> = (0..5).map(lesion).collect();
                format!(r#"{{"date":"2024-{:02}-02","lesions":[{}]}}"#, i + 1, lesions.join(","))
            };
            let assessments: Vec<String> = course.iter().enumerate().map(assessment).collect();
            oncorules::case_from_json(&format!(
                r#"{{"case":"C{number}","lines":[{{"cycles":["2024-01-05","2024-01-26","2024-02-16"]}}],
                    "assessments":[{}]}}"#,
                assessments.join(",")
            ))
            .unwrap()
        })
        .collect()
}
