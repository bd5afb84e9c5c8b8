//! What no case may say, whichever reader it came through.
//!
//! Only what cannot be true is refused. What is merely suspicious (two assessments on one day,
//! cycles out of order, a scan after death) is left for the engine's findings.

use oncorules_model::{
    Assessment, Case, LesionRecord, Measurement, Number, Observation, PartialDate, Quantity,
    TherapyLine,
};
use std::collections::BTreeSet;
use std::fmt;

/// One step on the way from a case to a value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the value under a key.
    Key(String),
    /// Into the item at a place of a list, from 0.
    Item(usize),
}

/// Something in a case that cannot be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A short fixed code such as `duplicate-lesion`.
    pub code: &'static str,
    /// Where it stands in the case, from the outside in.
    pub path: Vec<Step>,
    /// What is wrong: one sentence in lower case, user input in backticks.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Violation {
    /// The place as text, such as `assessments[1].lesions[0].longest_diameter`.
    pub fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if place.is_empty() => place.push_str(key),
                Step::Key(key) => {
                    place.push('.');
                    place.push_str(key);
                }
                Step::Item(index) => place.push_str(&format!("[{index}]")),
            }
        }
        place
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)
    }
}

/// What in `case` cannot be true: an empty id, a lesion twice in one assessment, a length that is
/// negative, over 2 m or no length at all, a grade outside 1 to 5, a time that ends before it
/// begins, more lines, assessments or lesions than any patient has. An empty list means that the case can be evaluated.
///
/// ```
/// use oncorules_formats::{read_case_json, validate};
/// let mut case = read_case_json(r#"{"case": "P-1", "side_effects": [{"term": "rash", "grade": 2}]}"#).unwrap();
/// assert!(validate(&case).is_empty());
/// case.side_effects[0].grade = 6;
/// assert_eq!(validate(&case)[0].to_string(), "side_effects[0].grade: `6` is no grade of the CTCAE");
/// ```
pub fn validate(case: &Case) -> Vec<Violation> {
    let mut check = Check { path: vec![], found: vec![] };
    check.case(case);
    check.found
}

/// The longest length that can be a diameter, in millimetres.
const LONGEST_MM: i32 = 2000;

/// The length in millimetres, where its unit is a length (a bare number counts as millimetres).
pub(crate) fn millimetres(length: &Quantity) -> Result<Option<Number>, &str> {
    let factor = match length.unit.as_deref() {
        None | Some("mm") => 1,
        Some("cm") => 10,
        Some("m") => 1000,
        Some(other) => return Err(other),
    };
    Ok(length.value.times(Number::from(factor)))
}

/// Why a length cannot be one, as code, message and help.
pub(crate) fn length_fault(
    length: &Quantity,
) -> Option<(&'static str, String, Option<&'static str>)> {
    let mm = match millimetres(length) {
        Ok(mm) => mm,
        Err(unit) => {
            return Some((
                "unit-not-a-length",
                format!("`{unit}` is not a unit of length that is understood here"),
                Some("give lengths in `mm`, `cm` or `m`"),
            ));
        }
    };
    if length.value.is_negative() {
        return Some(("negative-length", format!("`{length}` is less than nothing"), None));
    }
    if mm.is_none_or(|mm| mm > Number::from(LONGEST_MM)) {
        return Some((
            "length-too-long",
            format!("`{length}` is more than 2 m, longer than any lesion"),
            Some("check the number and its unit"),
        ));
    }
    None
}

/// How much one case may hold: far more than any patient, far less than what would take minutes.
const MOST_LINES: usize = 200;
const MOST_ASSESSMENTS: usize = 5_000;
const MOST_SIDE_EFFECTS: usize = 50_000;
const MOST_LESIONS: usize = 10_000;

struct Check {
    path: Vec<Step>,
    found: Vec<Violation>,
}

impl Check {
    fn key(&mut self, key: &str, inside: impl FnOnce(&mut Self)) {
        self.path.push(Step::Key(key.to_string()));
        inside(self);
        self.path.pop();
    }

    fn items<T>(&mut self, key: &str, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.key(key, |check| {
            for (index, item) in items.iter().enumerate() {
                check.path.push(Step::Item(index));
                each(check, item);
                check.path.pop();
            }
        });
    }

    fn fault(&mut self, code: &'static str, message: impl Into<String>, help: Option<&str>) {
        self.found.push(Violation {
            code,
            path: self.path.clone(),
            message: message.into(),
            help: help.map(str::to_string),
        });
    }

    fn case(&mut self, case: &Case) {
        if case.case.trim().is_empty() {
            let help = Some("give every case a pseudonymous id of its own");
            self.key("case", |c| c.fault("empty-case-id", "the case has an empty id", help));
        }
        self.sizes(case);
        self.items("lines", &case.lines, Self::line);
        self.items("assessments", &case.assessments, Self::assessment);
        self.items("side_effects", &case.side_effects, |c, effect| {
            if effect.term.trim().is_empty() {
                c.key("term", |c| c.fault("empty-term", "the side effect has no name", None));
            }
            if !(1..=5).contains(&effect.grade) {
                let message = format!("`{}` is no grade of the CTCAE", effect.grade);
                let help = Some("grades run from 1 (mild) to 5 (death)");
                c.key("grade", |c| c.fault("grade-out-of-range", message, help));
            }
            c.order(("from", effect.from), ("to", effect.to));
        });
        self.date("died", case.died);
        self.date("last_known_alive", case.last_known_alive);
    }

    /// More than any patient has is a mistake in the data, and would take the time of all others.
    fn sizes(&mut self, case: &Case) {
        let mut most = |key: &str, found: usize, most: usize, what: &str| {
            if found > most {
                let message =
                    format!("{found} {what} are more than any patient has (at most {most})");
                let help = Some("check whether several patients share this id");
                self.key(key, |c| c.fault("too-many", message, help));
            }
        };
        most("lines", case.lines.len(), MOST_LINES, "lines of therapy");
        most("assessments", case.assessments.len(), MOST_ASSESSMENTS, "assessments");
        most("side_effects", case.side_effects.len(), MOST_SIDE_EFFECTS, "side effects");
        let records = || case.assessments.iter().flat_map(|a| a.lesions.iter().flatten());
        if records().count() > MOST_LESIONS {
            let lesions = records().map(|l| &*l.id).collect::<BTreeSet<&str>>().len();
            most("assessments", lesions, MOST_LESIONS, "lesions");
        }
    }

    /// A date whose last possible day lies before its first.
    fn date(&mut self, key: &str, date: Option<PartialDate>) {
        if let Some(date) = date.filter(|d| d.earliest() > d.latest()) {
            self.key(key, |c| c.reversed(date));
        }
    }

    fn reversed(&mut self, date: PartialDate) {
        let help = Some("write the earlier day first: 2024-02-01/2024-02-10");
        self.fault(
            "date-range-reversed",
            format!("the range `{date}` ends before it begins"),
            help,
        );
    }

    /// Two dates of which the first must not lie after the second.
    fn order(&mut self, first: (&str, Option<PartialDate>), last: (&str, Option<PartialDate>)) {
        self.date(first.0, first.1);
        self.date(last.0, last.1);
        if let (Some(from), Some(to)) = (first.1, last.1)
            && to.is_before(from) == Some(true)
        {
            let message = format!("`{}: {to}` lies before `{}: {from}`", last.0, first.0);
            self.key(last.0, |c| c.fault("ends-before-start", message, None));
        }
    }

    fn line(&mut self, line: &TherapyLine) {
        self.order(("started", line.started), ("ended", line.ended));
        self.items("cycles", &line.cycles, |c, cycle| {
            if cycle.earliest() > cycle.latest() {
                c.reversed(*cycle);
            }
            if let Some(ended) = line.ended
                && ended.is_before(*cycle) == Some(true)
            {
                let message =
                    format!("a cycle began on {cycle}, after the line had ended on {ended}");
                let help = Some("`ended` is the day of the last dose");
                c.fault("cycle-after-end", message, help);
            }
        });
        if let Some(length) = &line.cycle_length {
            self.key("cycle_length", |c| {
                if !matches!(length.unit.as_deref(), None | Some("d" | "wk" | "h")) {
                    let unit = length.unit.as_deref().unwrap_or_default();
                    let message = format!("`{unit}` is not a unit for the length of a cycle");
                    c.fault("unit-not-a-time", message, Some("write it as `21 d` or `3 wk`"));
                } else if length.value <= Number::ZERO {
                    let message = format!("a cycle cannot last `{length}`");
                    c.fault("cycle-length-not-positive", message, None);
                }
            });
        }
        self.items("drugs", &line.drugs, |c, drug| {
            if drug.name().trim().is_empty() {
                c.fault("empty-drug", "the drug has no name", None);
            }
            if let Some(course) = drug.course() {
                c.order(("first_dose", course.first_dose), ("last_dose", course.last_dose));
            }
        });
    }

    fn assessment(&mut self, assessment: &Assessment) {
        self.date("date", Some(assessment.date));
        let mut seen = BTreeSet::new();
        self.items("lesions", assessment.lesions.as_deref().unwrap_or_default(), |c, lesion| {
            if lesion.id.trim().is_empty() {
                c.key("id", |c| c.fault("empty-lesion-id", "the lesion has an empty id", None));
            } else if !seen.insert(lesion.id.clone()) {
                let message = format!("lesion `{}` stands twice in this assessment", lesion.id);
                let help =
                    Some("give both axes of a lesion in one entry, or the second its own id");
                c.key("id", |c| c.fault("duplicate-lesion", message, help));
            }
            c.lesion(lesion);
        });
        self.key("observations", |c| {
            for (name, observation) in &assessment.observations {
                c.key(name, |c| c.observation(observation));
            }
        });
    }

    fn lesion(&mut self, lesion: &LesionRecord) {
        let axes =
            [("longest_diameter", &lesion.longest_diameter), ("short_axis", &lesion.short_axis)];
        for (key, measurement) in axes {
            if let Some(Measurement::Length(length)) = measurement
                && let Some((code, message, help)) = length_fault(length)
            {
                self.key(key, |c| c.fault(code, message, help));
            }
        }
    }

    /// A text that was meant to be a number and is none must not pass as a word.
    fn observation(&mut self, observation: &Observation) {
        let Observation::Text(text) = observation else { return };
        let bare = text.trim().trim_start_matches(['+', '-', '.']).to_ascii_lowercase();
        if matches!(bare.as_str(), "nan" | "inf" | "infinity") {
            let help = Some("leave out what is not known");
            self.fault("not-a-number", format!("`{text}` is not a number"), help);
        } else if let Err(
            error
            @ oncorules_model::QuantityError::Number(oncorules_model::NumberError::TooLong(_)),
        ) = text.parse::<Quantity>()
        {
            self.fault("number-too-long", error.to_string(), None);
        }
    }
}
