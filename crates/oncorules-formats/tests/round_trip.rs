//! Any case, written as JSON, comes back the same over the fast path and over the tree.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use oncorules_formats::{read_case_json, read_cases, validate};
use oncorules_model::*;
use oncorules_source::SourceFile;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use std::sync::Arc;

fn word() -> impl Strategy<Value = Arc<str>> {
    // A word, a number, a word of YAML's own, or any printable text.
    prop_oneof![
        "[a-z][a-z0-9 _-]{0,8}[a-z0-9]",
        "[0-9]{1,4}(\\.[0-9]{1,2})?",
        Just("no".to_string()),
        Just("null".to_string()),
        Just("true".to_string()),
        Just("0x1F".to_string()),
        "[a-zA-Z][ -~äµ€]{0,9}",
    ]
    .prop_map(Arc::from)
}

fn key() -> impl Strategy<Value = Arc<str>> {
    "[a-z][a-z0-9_-]{0,9}".prop_map(Arc::from)
}

fn date() -> impl Strategy<Value = PartialDate> {
    (1950i16..2100, 1i8..13, 1i8..29, 0..4).prop_map(|(y, m, d, form)| {
        let text = match form {
            0 => format!("{y:04}"),
            1 => format!("{y:04}-{m:02}"),
            _ => format!("{y:04}-{m:02}-{d:02}"),
        };
        text.parse().unwrap()
    })
}

fn number(range: std::ops::Range<i64>) -> impl Strategy<Value = Number> {
    range.prop_map(|n| Number::ratio(n, 10_000).unwrap())
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let unit = option::of(prop_oneof![Just("U/mL"), Just("10*9/L"), Just("%"), Just("g/dL")]);
    (number(-9_999_999_999..9_999_999_999), unit)
        .prop_map(|(value, unit)| Quantity { value, unit: unit.map(Arc::from) })
}

fn measurement() -> impl Strategy<Value = Measurement> {
    let unit = option::of(prop_oneof![Just("mm"), Just("cm")]);
    prop_oneof![
        4 => (number(0..1_000_000), unit).prop_map(|(value, unit)| {
            Measurement::Length(Quantity { value, unit: unit.map(Arc::from) })
        }),
        1 => Just(Measurement::TooSmall),
        1 => Just(Measurement::NotAssessed),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    prop_oneof![
        any::<bool>().prop_map(Observation::Flag),
        quantity().prop_map(Observation::Quantity),
        "[a-df-z][a-z +]{0,8}[a-z]".prop_map(|t| Observation::Text(t.into())),
        (quantity(), option::of(quantity()), option::of(quantity())).prop_map(
            |(value, upper_limit, lower_limit)| {
                Observation::Ranged(RangedObservation { value, upper_limit, lower_limit })
            }
        ),
    ]
}

fn reported() -> impl Strategy<Value = Reported> {
    prop_oneof![
        word().prop_map(Reported::Code),
        btree_map(key(), word(), 0..3).prop_map(Reported::Ruleset)
    ]
}

fn lesion() -> impl Strategy<Value = LesionRecord> {
    let role = option::of(prop_oneof![Just(Role::Target), Just(Role::NonTarget), Just(Role::New)]);
    let status = option::of(prop_oneof![
        Just(LesionStatus::Absent),
        Just(LesionStatus::UnequivocalProgression),
        Just(LesionStatus::NotEvaluable),
        Just(LesionStatus::Equivocal),
    ]);
    (
        word(),
        role,
        option::of(word()),
        option::of(any::<bool>()),
        option::of(measurement()),
        option::of(measurement()),
        status,
        option::of(word()),
        option::of(word()),
    )
        .prop_map(
            |(id, role, site, node, longest_diameter, short_axis, status, method, split_from)| {
                LesionRecord {
                    id,
                    role,
                    site,
                    node,
                    longest_diameter,
                    short_axis,
                    status,
                    method,
                    split_from,
                    merged_into: None,
                }
            },
        )
}

fn assessment() -> impl Strategy<Value = Assessment> {
    (
        date(),
        option::of(word()),
        option::of(vec(lesion(), 0..4)),
        btree_map(key(), observation(), 0..4),
        btree_map(key(), reported(), 0..3),
    )
        .prop_map(|(date, visit, lesions, observations, reported)| Assessment {
            date,
            visit,
            lesions,
            observations,
            reported,
        })
}

fn line() -> impl Strategy<Value = TherapyLine> {
    let drug = prop_oneof![
        word().prop_map(DrugGiven::Name),
        (word(), option::of(date()), option::of(word())).prop_map(|(drug, first_dose, route)| {
            DrugGiven::Course(DrugCourse {
                drug,
                first_dose,
                last_dose: None,
                stopped_for: Some(StopReason::Intolerance),
                route,
            })
        }),
    ];
    (
        option::of(word()),
        vec(drug, 0..3),
        vec(date(), 0..4),
        option::of(Just(Intent::Adjuvant)),
        option::of(date()),
    )
        .prop_map(|(regimen, drugs, cycles, intent, started)| TherapyLine {
            regimen,
            drugs,
            intent,
            cycles,
            cycle_length: Some("21 d".parse().unwrap()),
            started,
            ended: None,
            stopped_for: None,
        })
}

prop_compose! {
    fn case()(
        case in word(),
        coded in any::<bool>(),
        name in option::of(word()),
        lines in vec(line(), 0..3),
        assessments in vec(assessment(), 0..4),
        grades in vec((1u8..6, word(), option::of(date())), 0..3),
        died in option::of(date()),
        evaluator in option::of(word()),
    ) -> Case {
        let disease = match (coded, name) {
            (true, name) => Some(Disease::Coded(CodedDisease {
                name,
                code: Some("C56".into()),
                system: None,
            })),
            (false, name) => name.map(Disease::Name),
        };
        let side_effects = grades
            .into_iter()
            .map(|(grade, term, from)| SideEffect { term, grade, from, to: None, drug: None })
            .collect();
        let source_notes = evaluator.iter().map(|e| SourceNote {
            code: "noted".into(), message: e.to_string(), date: died,
        }).collect();
        Case { case, disease, lines, assessments, side_effects, died, last_known_alive: None, evaluator, source_notes }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fast_and_tree_give_the_same_case(case in case()) {
        let json = serde_json::to_string(&case).unwrap();
        let pretty = serde_json::to_string_pretty(&case).unwrap();
        let fast = read_case_json(&json);
        // The tree alone: as YAML, whose parser does not know that it is JSON.
        let (tree, wrong) = read_cases(&SourceFile::new("t.yaml", format!("# as YAML\n{pretty}")));
        if validate(&case).is_empty() {
            prop_assert_eq!(&fast, &Ok(case.clone()));
            prop_assert!(wrong.is_empty(), "{}\n{}", wrong, json);
            prop_assert_eq!(&tree, &vec![case]);
        } else {
            prop_assert!(fast.is_err());
            prop_assert!(tree.is_empty() && wrong.has_errors());
        }
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[-:{}\\[\\],a-z0-9 \"'&*|>#%!\n\t]{0,120}") {
        let _ = read_cases(&SourceFile::new("t.yaml", format!("case: A\nlines: {text}")));
        let _ = read_cases(&SourceFile::new("t.yaml", text.as_str()));
        let _ = read_case_json(&text);
    }
}
