//! Laying out a case: what is sorted, converted and cut, by stated rules.

use crate::course::*;
use crate::lesions;
use crate::numbering::Numbering;
use oncorules_model::{Assessment, Case, Observation, PartialDate, Quantity, Reported};
use oncorules_rules::{NodeId, Program, Type, Value, value_in};
use std::cell::RefCell;
use std::sync::Arc;

/// Lays out a case for a program, as of a date.
pub(crate) fn bind<'c>(
    program: &'c Program,
    case: &'c Case,
    as_of: Option<PartialDate>,
) -> Course<'c> {
    let mut course = Course {
        program,
        case,
        as_of: as_of.or_else(|| last_date(case)),
        disease: Value::Unknown,
        lines: vec![],
        drugs: vec![],
        classes: vec![],
        side_effects: vec![],
        numbering: Numbering::of(case),
        texts: RefCell::default(),
        findings: RefCell::default(),
        scripts_failed: std::cell::Cell::new(0),
    };
    if let Some(disease) = &case.disease {
        course.disease = Value::Text(course.intern(disease.name()));
    }
    for note in &case.source_notes {
        course.find(&note.code, note.message.clone(), None, note.date);
    }
    let cut = |date: PartialDate| as_of.is_some_and(|as_of| date.earliest() > as_of.latest());
    let later = case.assessments.iter().filter(|a| cut(a.date)).count();
    if later > 0 {
        course.find(
            "after-as-of",
            format!("{later} assessments after the date asked for were set aside"),
            None,
            None,
        );
    }
    let mut assessments: Vec<(usize, &Assessment)> =
        case.assessments.iter().enumerate().filter(|(_, a)| !cut(a.date)).collect();
    assessments.sort_by_key(|(index, a)| (a.date.earliest(), a.date.latest(), *index));
    for pair in assessments.windows(2) {
        if let [(_, a), (_, b)] = pair {
            if a.date == b.date && a.date.is_exact() {
                course.find("same-date", "two assessments have the same date; they are kept apart in the order of the input".into(), None, Some(a.date));
            } else if a.date.latest() >= b.date.earliest() {
                course.find("order-uncertain", format!("the assessments of {} and {} cannot be told apart in time; they are taken in this order", a.date, b.date), None, Some(a.date));
            }
        }
    }
    if case.lines.is_empty() {
        course.find(
            "no-line",
            "the case has no line of therapy, so nothing can be assessed".into(),
            None,
            None,
        );
    }
    let mut order: Vec<usize> = (0..case.lines.len()).collect();
    let start_of = |i: &usize| case.lines.get(*i).and_then(oncorules_model::TherapyLine::start);
    let starts: Vec<Option<PartialDate>> = order.iter().map(start_of).collect();
    if starts.iter().all(Option::is_some) && !starts.is_sorted_by_key(|s| s.map(|d| d.earliest())) {
        course.find(
            "lines-sorted",
            "the lines of therapy are not in the order of their dates; they were sorted".into(),
            None,
            None,
        );
        order.sort_by_key(|i| start_of(i).map(|d| (d.earliest(), d.latest())));
    }
    order.retain(|i| {
        let begun = start_of(i).is_none_or(|d| !cut(d));
        if !begun {
            course.find(
                "after-as-of",
                format!("line {} began after the date asked for and was set aside", i + 1),
                None,
                start_of(i),
            );
        }
        begun
    });
    for (position, index) in order.iter().enumerate() {
        let Some(raw) = case.lines.get(*index) else { continue };
        let number = position as u32 + 1;
        let next_start = order.get(position + 1).and_then(start_of);
        let previous_start = position.checked_sub(1).and_then(|p| order.get(p)).and_then(start_of);
        let line =
            bind_line(&mut course, raw, number, next_start, previous_start, &assessments, &cut);
        course.lines.push(line);
    }
    side_effects(&mut course);
    course
}

/// The last date on which the case records anything.
fn last_date(case: &Case) -> Option<PartialDate> {
    case.assessments
        .iter()
        .map(|a| a.date)
        .chain(
            case.lines
                .iter()
                .flat_map(|l| l.cycles.iter().copied().chain(l.started).chain(l.ended)),
        )
        .chain(case.died)
        .chain(case.last_known_alive)
        .chain(case.side_effects.iter().flat_map(|s| s.from.into_iter().chain(s.to)))
        .max_by_key(|d| (d.latest(), d.earliest()))
}

fn bind_line(
    course: &mut Course<'_>,
    raw: &oncorules_model::TherapyLine,
    number: u32,
    next_start: Option<PartialDate>,
    previous_start: Option<PartialDate>,
    assessments: &[(usize, &Assessment)],
    cut: &dyn Fn(PartialDate) -> bool,
) -> Line {
    let program = course.program;
    let start = raw.start();
    let mut cycles: Vec<PartialDate> = raw.cycles.iter().copied().filter(|c| !cut(*c)).collect();
    cycles.sort_by_key(|c| (c.earliest(), c.latest()));
    let regimen = raw.regimen.as_deref().and_then(|name| {
        program.regimens.iter().find(|r| {
            same(&r.id, name) || same(&r.title, name) || r.names.iter().any(|n| same(n, name))
        })
    });
    let cycle_length = match &raw.cycle_length {
        Some(length) => {
            let days = value_in(length, "d");
            if days.is_none() {
                course.find(
                    "unit",
                    format!("the cycle length `{length}` of line {number} cannot be read in days"),
                    Some(number),
                    None,
                );
            }
            days
        }
        None => regimen.and_then(|r| r.cycle_length),
    };
    let ended = raw.ended.filter(|d| !cut(*d));
    let mut line = Line {
        number,
        start,
        ended,
        last_dose: ended.or(cycles.last().copied()),
        next_start,
        regimen: raw.regimen.as_deref().map(|r| course.intern(r)),
        intent: raw.intent.map(|i| i as u16),
        cycle_length,
        stopped_for: raw
            .stopped_for
            .filter(|_| ended.is_some() || raw.ended.is_none())
            .map(|s| s as u16),
        ..Line::default()
    };
    drugs(course, raw, regimen, &mut line);
    let Some(start) = start else {
        course.find("no-line-start", format!("line {number} has neither cycles nor `started`, so its assessments cannot be placed"), Some(number), None);
        line.cycles = cycles;
        return line;
    };
    for (index, assessment) in assessments {
        let date = assessment.date;
        // On or before the start: what this line is measured against. After it, up to the start
        // of the next line: what the line has done.
        let before = date.earliest() <= start.earliest();
        let too_early = previous_start.is_some_and(|p| date.earliest() <= p.earliest());
        let too_late = next_start.is_some_and(|n| date.earliest() > n.earliest());
        if too_early || too_late {
            continue;
        }
        if before {
            line.before_start += 1;
        }
        if !date.is_exact() || !start.is_exact() {
            let uncertain = date.is_before(start).is_none() && date != start;
            if uncertain {
                course.find("order-uncertain", format!("it is not certain whether the assessment of {date} lies before or after the start on {start}"), Some(number), Some(date));
            }
        }
        let begun = cycles.iter().filter(|c| c.earliest() <= date.earliest()).count() as u32;
        line.timepoints.push(Timepoint {
            date,
            visit: assessment.visit.as_deref().map(|v| course.intern(v)),
            assessment: *index,
            lesions_recorded: assessment.lesions.is_some(),
            cycle: (!cycles.is_empty()).then_some(begun),
        });
    }
    line.cycles = cycles;
    line.lesion_baseline = line
        .timepoints
        .iter()
        .take(line.before_start as usize)
        .rposition(|t| t.lesions_recorded)
        .map(|i| i as u32);
    lesions::bind(course, &mut line);
    observations(course, &mut line);
    markers(course, &mut line);
    reported(course, &mut line);
    line
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b.trim())
}

fn drugs(
    course: &mut Course<'_>,
    raw: &oncorules_model::TherapyLine,
    regimen: Option<&oncorules_rules::KnownRegimen>,
    line: &mut Line,
) {
    let program = course.program;
    let first = course.drugs.len() as u32;
    let mut given: Vec<(Arc<str>, Option<&oncorules_model::DrugCourse>)> =
        raw.drugs.iter().map(|d| (d.name().into(), d.course())).collect();
    if given.is_empty() {
        if let Some(regimen) = regimen {
            given = regimen
                .drugs
                .iter()
                .filter_map(|d| program.drugs.get(*d as usize))
                .map(|d| (d.name.clone(), None))
                .collect();
        } else if let Some(name) = &raw.regimen
            && !program.drugs.is_empty()
        {
            course.find("unknown-regimen", format!("the regimen `{name}` is not in the formulary and no drugs are named, so its drugs are unknown"), Some(line.number), None);
        }
    }
    for (name, own) in given {
        let known = program
            .drugs
            .iter()
            .find(|d| same(&d.name, &name) || d.names.iter().any(|n| same(n, &name)));
        if known.is_none() && !program.drugs.is_empty() {
            course.find(
                "unknown-drug",
                format!("the drug `{name}` is not in the formulary, so its class is unknown"),
                Some(line.number),
                None,
            );
        }
        let text = |slot: usize| known.and_then(|d| d.texts.get(slot).copied().flatten());
        let name = known.map_or(name, |d| d.name.clone());
        let name_text = course.intern(&name);
        let route = own.and_then(|o| o.route.as_deref()).map(|r| course.intern(r));
        course.drugs.push(Drug {
            name_text,
            name,
            class: text(1),
            group: text(2),
            routes: route.or(text(3)),
            first_dose: own.and_then(|o| o.first_dose).or(line.start),
            last_dose: own.and_then(|o| o.last_dose).or(line.last_dose),
            stopped_for: own.and_then(|o| o.stopped_for).map(|s| s as u16).or(line.stopped_for),
        });
    }
    line.drugs = first..course.drugs.len() as u32;
    let first = course.classes.len() as u32;
    let mut classes: Vec<Class> = vec![];
    for drug in line.drugs.clone() {
        let Some(class) = course.drugs.get(drug as usize).and_then(|d| d.class) else { continue };
        match classes.iter_mut().find(|c| c.name == class) {
            Some(known) => known.drugs.push(drug),
            None => classes.push(Class { name: class, drugs: vec![drug] }),
        }
    }
    course.classes.extend(classes);
    line.classes = first..course.classes.len() as u32;
}

fn observations(course: &Course<'_>, line: &mut Line) {
    let program = course.program;
    for (declared, declaration) in program.observations.iter().enumerate() {
        let _ = declared;
        let unit = match &declaration.ty {
            Type::Number(Some(unit)) => Some(unit.clone()),
            _ => None,
        };
        for timepoint in &line.timepoints {
            let observation = course
                .case
                .assessments
                .get(timepoint.assessment)
                .and_then(|a| a.observations.get(&declaration.name));
            let mut values = [Value::Unknown; 3];
            let complain = |what: String| {
                course.find(
                    "observation",
                    format!("`{}`: {what}", declaration.name),
                    Some(line.number),
                    Some(timepoint.date),
                );
            };
            let number = |quantity: &Quantity| match &unit {
                Some(unit) => match value_in(quantity, unit) {
                    Some(value) => Value::Number(value),
                    None => {
                        complain(format!(
                            "`{quantity}` cannot be converted to `{unit}`, so it is not used"
                        ));
                        Value::Unknown
                    }
                },
                None => {
                    complain(format!(
                        "`{quantity}` is a number where the ruleset expects something else"
                    ));
                    Value::Unknown
                }
            };
            match (observation, &declaration.ty) {
                (None, _) => {}
                (Some(Observation::Quantity(quantity)), _) => values[0] = number(quantity),
                (Some(Observation::Ranged(ranged)), _) => {
                    values[0] = number(&ranged.value);
                    if let Some(limit) = &ranged.upper_limit {
                        values[1] = number(limit);
                    }
                    if let Some(limit) = &ranged.lower_limit {
                        values[2] = number(limit);
                    }
                }
                (Some(Observation::Flag(flag)), Type::Boolean) => values[0] = Value::Bool(*flag),
                (Some(Observation::Text(text)), ty) => {
                    values[0] = text_value(course, text, ty, &complain)
                }
                (Some(Observation::Flag(flag)), ty) => {
                    values[0] = text_value(course, if *flag { "yes" } else { "no" }, ty, &complain);
                }
            }
            line.observations.push(values);
        }
    }
}

fn text_value(course: &Course<'_>, text: &str, ty: &Type, complain: &dyn Fn(String)) -> Value {
    match ty {
        Type::Text => Value::Text(course.intern(text)),
        Type::Boolean => match text {
            "yes" | "true" | "Y" => Value::Bool(true),
            "no" | "false" | "N" => Value::Bool(false),
            other => {
                complain(format!("`{other}` is neither yes nor no"));
                Value::Unknown
            }
        },
        Type::Code(domain) => {
            let known = course.program.domains.get(usize::from(*domain));
            match known.and_then(|d| d.index(text)) {
                Some(code) => Value::Code(code),
                None => {
                    complain(format!("`{text}` is none of its codes"));
                    Value::Unknown
                }
            }
        }
        Type::Date => match text.parse() {
            Ok(date) => Value::Date(date),
            Err(error) => {
                complain(format!("{error}"));
                Value::Unknown
            }
        },
        _ => {
            complain(format!("`{text}` is not a number"));
            Value::Unknown
        }
    }
}

/// Observations whose record has an upper limit of normal: raised or not, each in its own unit.
fn markers(course: &Course<'_>, line: &mut Line) {
    let mut names: Vec<Arc<str>> = vec![];
    for timepoint in &line.timepoints {
        let Some(assessment) = course.case.assessments.get(timepoint.assessment) else { continue };
        for (name, observation) in &assessment.observations {
            if matches!(observation, Observation::Ranged(r) if r.upper_limit.is_some())
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
    }
    names.sort();
    for timepoint in &line.timepoints {
        for name in &names {
            let observation = course
                .case
                .assessments
                .get(timepoint.assessment)
                .and_then(|a| a.observations.get(name));
            let above = match observation {
                Some(Observation::Ranged(r)) => r.upper_limit.as_ref().and_then(|limit| {
                    let unit = r.value.unit.clone().or(limit.unit.clone());
                    let limit = match &unit {
                        Some(unit) => value_in(limit, unit)?,
                        None => limit.value,
                    };
                    Some(r.value.value > limit)
                }),
                _ => None,
            };
            line.marker_above.push(above);
        }
    }
    line.markers = names.iter().map(|n| course.intern(n)).collect();
}

/// Reported responses: which decision of which ruleset they mean.
fn reported(course: &Course<'_>, line: &mut Line) {
    let program = course.program;
    for (at, timepoint) in line.timepoints.iter().enumerate() {
        let Some(assessment) = course.case.assessments.get(timepoint.assessment) else { continue };
        let say = |code: &str, message: String| {
            course.find(code, message, Some(line.number), Some(timepoint.date))
        };
        for (key, reported) in &assessment.reported {
            match reported {
                Reported::Code(code) => {
                    let mut used = false;
                    let mut known = false;
                    for (id, node) in program.nodes.iter().enumerate() {
                        if node.name == *key
                            && node.is_decision()
                            && node.scope == oncorules_rules::Scope::Timepoint
                        {
                            known = true;
                            if let Some(code) = own_code(program, id as NodeId, code) {
                                line.reported.push((id as NodeId, at as u32, code));
                                used = true;
                            }
                        }
                    }
                    if !used {
                        let why = if known {
                            format!("`{code}` is none of its codes")
                        } else {
                            "no ruleset in use decides it".to_string()
                        };
                        say(
                            "reported-not-used",
                            format!("the reported `{key}: {code}` is not used: {why}"),
                        );
                    }
                }
                Reported::Ruleset(codes) => {
                    let Some(ruleset) = program.rulesets.iter().position(|r| r.id == *key) else {
                        say(
                            "reported-not-used",
                            format!(
                                "responses reported for `{key}` are not used: that ruleset is not in use"
                            ),
                        );
                        continue;
                    };
                    for (name, code) in codes {
                        let id =
                            program.find(ruleset as u16, oncorules_rules::Scope::Timepoint, name);
                        match id.and_then(|id| own_code(program, id, code).map(|c| (id, c))) {
                            Some((id, code)) => line.reported.push((id, at as u32, code)),
                            None => say(
                                "reported-not-used",
                                format!(
                                    "the reported `{name}: {code}` is not used: `{key}` has no such decision or code"
                                ),
                            ),
                        }
                    }
                }
            }
        }
    }
}

/// A reported code in the words of the decision, as its ruleset maps them.
fn own_code(program: &Program, id: NodeId, code: &str) -> Option<u16> {
    let node = program.node(id)?;
    let domain = program.domains.get(usize::from(node.domain()?))?;
    let code = code.trim();
    if let Some(index) = domain.index(code) {
        return Some(index);
    }
    if let Some(index) = domain.codes.iter().position(|c| same(c, code)) {
        return u16::try_from(index).ok();
    }
    let mapping = &program.rulesets.get(usize::from(node.ruleset))?.sdtm.codes;
    mapping.iter().filter(|(from, _)| same(from, code)).find_map(|(_, to)| domain.index(to))
}

/// Side effects belong to the line in which they began.
fn side_effects(course: &mut Course<'_>) {
    for raw in &course.case.side_effects {
        let id = course.side_effects.len() as u32;
        let term = course.intern(&raw.term);
        course.side_effects.push(SideEffect { term, grade: raw.grade, from: raw.from, to: raw.to });
        let line = match raw.from {
            Some(from) => course
                .lines
                .iter_mut()
                .rev()
                .find(|l| l.start.is_some_and(|s| s.earliest() <= from.earliest())),
            None => None,
        };
        match line {
            Some(line) => line.side_effects.push(id),
            None => course.find(
                "side-effect-not-placed",
                format!(
                    "the side effect `{}` has no date within a line of therapy, so it is not used",
                    raw.term
                ),
                None,
                raw.from,
            ),
        }
    }
}
