//! A case laid out for evaluation: sorted, cut into lines, facts in the units that rules expect.
//! Nothing is decided here; what cannot be used is named as a finding.

use crate::numbering::Numbering;
use oncorules_model::{Case, Finding, Number, PartialDate};
use oncorules_rules::{Program, Value};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// A case, bound to a program.
pub(crate) struct Course<'c> {
    pub(crate) program: &'c Program,
    pub(crate) case: &'c Case,
    pub(crate) as_of: Option<PartialDate>,
    pub(crate) disease: Value,
    pub(crate) lines: Vec<Line>,
    pub(crate) drugs: Vec<Drug>,
    pub(crate) classes: Vec<Class>,
    pub(crate) side_effects: Vec<SideEffect>,
    pub(crate) numbering: Numbering,
    pub(crate) texts: RefCell<Texts>,
    pub(crate) findings: RefCell<Vec<Finding>>,
    /// How many calls of scripts failed.
    pub(crate) scripts_failed: Cell<u32>,
}

/// Texts of the case, numbered after those of the program.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) own: Vec<Arc<str>>,
}

impl Course<'_> {
    /// The number of a text.
    pub(crate) fn intern(&self, text: &str) -> u32 {
        let fixed = &self.program.texts;
        if let Some(at) = self.program.text_number(text) {
            return at;
        }
        let mut texts = self.texts.borrow_mut();
        let at = texts.own.iter().position(|t| **t == *text).unwrap_or_else(|| {
            texts.own.push(text.into());
            texts.own.len() - 1
        });
        (fixed.len() + at) as u32
    }

    pub(crate) fn text(&self, id: u32) -> Arc<str> {
        let fixed = &self.program.texts;
        let id = id as usize;
        if let Some(text) = fixed.get(id) {
            return text.clone();
        }
        self.texts.borrow().own.get(id - fixed.len()).cloned().unwrap_or_default()
    }

    pub(crate) fn find(
        &self,
        code: &str,
        message: String,
        line: Option<u32>,
        date: Option<PartialDate>,
    ) {
        let finding =
            Finding { code: code.into(), message: message.into(), line, date, ruleset: None };
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
}

/// One line of therapy.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) number: u32,
    pub(crate) start: Option<PartialDate>,
    pub(crate) ended: Option<PartialDate>,
    pub(crate) last_dose: Option<PartialDate>,
    pub(crate) next_start: Option<PartialDate>,
    pub(crate) regimen: Option<u32>,
    pub(crate) intent: Option<u16>,
    pub(crate) cycle_length: Option<Number>,
    pub(crate) cycles: Vec<PartialDate>,
    pub(crate) stopped_for: Option<u16>,
    pub(crate) drugs: std::ops::Range<u32>,
    pub(crate) classes: std::ops::Range<u32>,
    pub(crate) side_effects: Vec<u32>,
    /// The assessments, by date: those before the start first.
    pub(crate) timepoints: Vec<Timepoint>,
    /// How many of them lie on or before the start.
    pub(crate) before_start: u32,
    /// The last assessment of lesions on or before the start.
    pub(crate) lesion_baseline: Option<u32>,
    pub(crate) lesions: Vec<Lesion>,
    /// Which of them are targets and which non-targets, parts of others left out.
    pub(crate) targets: Vec<u32>,
    pub(crate) non_targets: Vec<u32>,
    /// Whether any lesion is a part of another.
    pub(crate) has_parts: bool,
    /// What all of them share, so that it need not be asked of each.
    pub(crate) shared: Shared,
    /// What is known of each lesion at each timepoint: timepoint by timepoint.
    pub(crate) sightings: Vec<Sighting>,
    /// Observations, timepoint by timepoint: value, upper and lower limit.
    pub(crate) observations: Vec<[Value; 3]>,
    /// Names of observations with an upper limit, and for each timepoint whether it is exceeded.
    pub(crate) markers: Vec<u32>,
    pub(crate) marker_above: Vec<Option<bool>>,
    /// Reported codes: node, timepoint, code.
    pub(crate) reported: Vec<(u32, u32, u16)>,
}

/// Facts of lesions that are the same for all lesions of a line at all its timepoints.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Shared {
    pub(crate) none_merged: bool,
    pub(crate) none_too_small: bool,
    pub(crate) no_status: bool,
    pub(crate) no_short_axis: bool,
    pub(crate) nodal: Option<bool>,
}

impl Shared {
    pub(crate) fn of(lesions: &[Lesion], sightings: &[Sighting]) -> Self {
        let mut shared = Self {
            none_merged: true,
            none_too_small: true,
            no_status: true,
            no_short_axis: true,
            nodal: lesions.first().map(|l| l.nodal),
        };
        for sighting in sightings {
            shared.none_merged &= !sighting.merged;
            shared.none_too_small &= !sighting.too_small;
            shared.no_status &= sighting.status.is_none();
            shared.no_short_axis &= !sighting.short.is_known();
        }
        if lesions.iter().any(|l| Some(l.nodal) != shared.nodal) {
            shared.nodal = None;
        }
        shared
    }
}

/// One assessment in a line.
#[derive(Debug)]
pub(crate) struct Timepoint {
    pub(crate) date: PartialDate,
    pub(crate) visit: Option<u32>,
    /// The assessment's place in the case.
    pub(crate) assessment: usize,
    pub(crate) lesions_recorded: bool,
    pub(crate) cycle: Option<u32>,
}

/// A lesion of a line.
#[derive(Debug)]
pub(crate) struct Lesion {
    /// Its number in the case.
    pub(crate) number: u32,
    pub(crate) id: Arc<str>,
    pub(crate) id_text: u32,
    pub(crate) role: oncorules_model::Role,
    pub(crate) site: Option<u32>,
    pub(crate) organ: Option<u32>,
    pub(crate) nodal: bool,
    pub(crate) first_seen: PartialDate,
    /// The first timepoint of the line at which it is recorded.
    pub(crate) first_timepoint: u32,
    /// The lesion that it is a part of.
    pub(crate) part_of: Option<u32>,
}

/// What is known of a lesion at a timepoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sighting {
    pub(crate) longest: Value,
    pub(crate) short: Value,
    pub(crate) too_small: bool,
    pub(crate) merged: bool,
    pub(crate) recorded: bool,
    pub(crate) status: Option<u16>,
}

impl Sighting {
    pub(crate) const NOTHING: Sighting = Sighting {
        longest: Value::Unknown,
        short: Value::Unknown,
        too_small: false,
        merged: false,
        recorded: false,
        status: None,
    };
}

/// A drug given in a line.
#[derive(Debug)]
pub(crate) struct Drug {
    pub(crate) name: Arc<str>,
    pub(crate) name_text: u32,
    pub(crate) class: Option<u32>,
    pub(crate) group: Option<u32>,
    pub(crate) routes: Option<u32>,
    pub(crate) first_dose: Option<PartialDate>,
    pub(crate) last_dose: Option<PartialDate>,
    pub(crate) stopped_for: Option<u16>,
}

/// A class of drugs in a line.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: u32,
    pub(crate) drugs: Vec<u32>,
}

/// A side effect.
#[derive(Debug)]
pub(crate) struct SideEffect {
    pub(crate) term: u32,
    pub(crate) grade: u8,
    pub(crate) from: Option<PartialDate>,
    pub(crate) to: Option<PartialDate>,
}
