//! Recorded facts: what the case says of an object.

use crate::course::{Course, Line};
use crate::eval::Evaluator;
use oncorules_model::{Number, PartialDate};
use oncorules_rules::{Fact, ObjectKind, Value};

fn number(value: u32) -> Value {
    Number::ratio(i64::from(value), 1).map_or(Value::Unknown, Value::Number)
}

fn date(value: Option<PartialDate>) -> Value {
    value.map_or(Value::Unknown, Value::Date)
}

fn text(value: Option<u32>) -> Value {
    value.map_or(Value::Unknown, Value::Text)
}

fn code(value: Option<u16>) -> Value {
    value.map_or(Value::Unknown, Value::Code)
}

/// The kind of object that a fact belongs to.
pub(crate) fn kind_of(fact: Fact) -> ObjectKind {
    use Fact as F;
    match fact {
        F::LesionId
        | F::LesionRole
        | F::LesionSite
        | F::LesionOrgan
        | F::LesionNodal
        | F::LongestDiameter
        | F::ShortAxis
        | F::TooSmall
        | F::Merged
        | F::LesionRecorded
        | F::LesionStatus
        | F::FirstSeen => ObjectKind::Lesion,
        F::Date | F::Visit | F::IsBaseline | F::LesionsRecorded | F::Cycle | F::DaysOnLine => {
            ObjectKind::Timepoint
        }
        F::LineNumber
        | F::LineStart
        | F::LineEnded
        | F::LastDose
        | F::NextStart
        | F::Regimen
        | F::Intent
        | F::CycleLength
        | F::Cycles
        | F::StoppedFor
        | F::Ongoing
        | F::AsOf
        | F::Died
        | F::Disease => ObjectKind::Line,
        F::DrugName
        | F::DrugClass
        | F::DrugCrossResistance
        | F::DrugRoutes
        | F::DrugFirstDose
        | F::DrugLastDose
        | F::DrugStoppedFor => ObjectKind::Drug,
        F::ClassName => ObjectKind::Class,
        F::Term | F::Grade | F::From | F::To | F::SideEffectOngoing => ObjectKind::SideEffect,
        F::MarkerName | F::RaisedAtBaseline | F::AboveLimit => ObjectKind::Marker,
        F::KnownName | F::KnownClass | F::KnownCrossResistance | F::KnownRoutes => {
            ObjectKind::KnownDrug
        }
        F::RegimenName | F::RegimenTitle | F::RegimenCycleLength | F::ForDisease => {
            ObjectKind::Regimen
        }
    }
}

impl Evaluator<'_> {
    /// The value of a fact of an object.
    #[inline]
    pub(crate) fn fact(&self, fact: Fact, object: u32) -> Value {
        match kind_of(fact) {
            ObjectKind::Lesion => self.lesion_fact(fact, object),
            ObjectKind::Timepoint => self.timepoint_fact(fact, object),
            ObjectKind::Line => self
                .course
                .lines
                .get(object as usize)
                .map_or(Value::Unknown, |l| line_fact(self.course, l, fact)),
            ObjectKind::Marker => self.marker_fact(fact, object),
            _ => self.other_fact(fact, object),
        }
    }

    #[inline]
    fn lesion_fact(&self, fact: Fact, object: u32) -> Value {
        let Some(sighting) = self.line.sightings.get(object as usize) else {
            return Value::Unknown;
        };
        match fact {
            Fact::LongestDiameter => return sighting.longest,
            Fact::ShortAxis => return sighting.short,
            Fact::TooSmall => return Value::Bool(sighting.too_small),
            Fact::Merged => return Value::Bool(sighting.merged),
            Fact::LesionRecorded => return Value::Bool(sighting.recorded),
            Fact::LesionStatus => return code(sighting.status),
            _ => {}
        }
        let Some(lesion) = self.lesion(object) else { return Value::Unknown };
        match fact {
            Fact::LesionId => Value::Text(lesion.id_text),
            Fact::LesionRole => Value::Code(lesion.role as u16),
            Fact::LesionSite => text(lesion.site),
            Fact::LesionOrgan => text(lesion.organ),
            Fact::LesionNodal => Value::Bool(lesion.nodal),
            Fact::FirstSeen => Value::Date(lesion.first_seen),
            _ => Value::Unknown,
        }
    }

    #[inline]
    fn timepoint_fact(&self, fact: Fact, object: u32) -> Value {
        let Some(timepoint) = self.line.timepoints.get(object as usize) else {
            return Value::Unknown;
        };
        match fact {
            Fact::Date => Value::Date(timepoint.date),
            Fact::Visit => text(timepoint.visit),
            Fact::IsBaseline => Value::Bool(
                self.state.members(self.ruleset).is_some_and(|m| m.baseline == Some(object)),
            ),
            Fact::LesionsRecorded => Value::Bool(timepoint.lesions_recorded),
            Fact::Cycle => timepoint.cycle.map_or(Value::Unknown, number),
            Fact::DaysOnLine => match self.line.start.and_then(|s| s.days_until(timepoint.date)) {
                Some(days) => Value::Number(Number::from(days)),
                None => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn marker_fact(&self, fact: Fact, object: u32) -> Value {
        let n = self.line.markers.len().max(1);
        let (at, marker) = (object as usize / n, object as usize % n);
        let above = |timepoint: usize| {
            self.line.marker_above.get(timepoint * n + marker).copied().flatten()
        };
        match fact {
            Fact::MarkerName => text(self.line.markers.get(marker).copied()),
            Fact::AboveLimit => above(at).map_or(Value::Unknown, Value::Bool),
            Fact::RaisedAtBaseline => {
                // The last value on or before the start of the line.
                let known = (0..self.line.before_start as usize).rev().find_map(above);
                known.map_or(Value::Unknown, Value::Bool)
            }
            _ => Value::Unknown,
        }
    }

    fn other_fact(&self, fact: Fact, object: u32) -> Value {
        let at = object as usize;
        let course = self.course;
        if let Some(drug) = course.drugs.get(at).filter(|_| kind_of(fact) == ObjectKind::Drug) {
            return match fact {
                Fact::DrugName => Value::Text(drug.name_text),
                Fact::DrugClass => text(drug.class),
                Fact::DrugCrossResistance => text(drug.group),
                Fact::DrugRoutes => text(drug.routes),
                Fact::DrugFirstDose => date(drug.first_dose),
                Fact::DrugLastDose => date(drug.last_dose),
                _ => code(drug.stopped_for),
            };
        }
        match fact {
            Fact::ClassName => text(course.classes.get(at).map(|c| c.name)),
            Fact::Term => text(course.side_effects.get(at).map(|s| s.term)),
            Fact::Grade => {
                course.side_effects.get(at).map_or(Value::Unknown, |s| number(u32::from(s.grade)))
            }
            Fact::From => date(course.side_effects.get(at).and_then(|s| s.from)),
            Fact::To => date(course.side_effects.get(at).and_then(|s| s.to)),
            Fact::SideEffectOngoing => match course.side_effects.get(at) {
                Some(effect) => Value::Bool(match (effect.to, course.as_of) {
                    (Some(to), Some(as_of)) => to.latest() >= as_of.earliest(),
                    (Some(_), None) => false,
                    (None, _) => true,
                }),
                None => Value::Unknown,
            },
            Fact::KnownName => self.known_drug(at, 0),
            Fact::KnownClass => self.known_drug(at, 1),
            Fact::KnownCrossResistance => self.known_drug(at, 2),
            Fact::KnownRoutes => self.known_drug(at, 3),
            Fact::RegimenName => text(course.program.regimens.get(at).map(|r| r.texts[0])),
            Fact::RegimenTitle => text(course.program.regimens.get(at).map(|r| r.texts[1])),
            Fact::RegimenCycleLength => course
                .program
                .regimens
                .get(at)
                .and_then(|r| r.cycle_length)
                .map_or(Value::Unknown, Value::Number),
            Fact::ForDisease => match (course.program.regimens.get(at), &course.case.disease) {
                (Some(regimen), Some(disease)) => {
                    let name = disease.name().to_lowercase();
                    Value::Bool(regimen.diseases.iter().any(|d| *d.to_lowercase() == name))
                }
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn known_drug(&self, at: usize, slot: usize) -> Value {
        text(self.course.program.drugs.get(at).and_then(|d| d.texts.get(slot).copied().flatten()))
    }
}

fn line_fact(course: &Course<'_>, line: &Line, fact: Fact) -> Value {
    match fact {
        Fact::LineNumber => number(line.number),
        Fact::LineStart => date(line.start),
        Fact::LineEnded => date(line.ended),
        Fact::LastDose => date(line.last_dose),
        Fact::NextStart => date(line.next_start),
        Fact::Regimen => text(line.regimen),
        Fact::Intent => code(line.intent),
        Fact::CycleLength => line.cycle_length.map_or(Value::Unknown, Value::Number),
        Fact::Cycles if line.cycles.is_empty() => Value::Unknown,
        Fact::Cycles => number(line.cycles.len() as u32),
        Fact::StoppedFor => code(line.stopped_for),
        Fact::Ongoing => Value::Bool(
            line.ended.is_none() && line.next_start.is_none() && course.case.died.is_none(),
        ),
        Fact::AsOf => date(course.as_of),
        Fact::Died => date(course.case.died),
        Fact::Disease => course.disease,
        _ => Value::Unknown,
    }
}
