//! Putting a program together from the raw rulesets, used ones first.

use super::names::{Builder, Context, PendingNode, TypeState};
use crate::ir::*;
use crate::order;
use crate::proof::prove_where;
use crate::raw::*;
use crate::read::error_at;
use crate::script::{ScriptFunction, Scripts};
use crate::types::{Scope, Type};
use crate::units::{conversion_factor, is_unit, value_in};
use crate::vocabulary;
use oncorules_model::{CodeText, DecisionText, Number, Quantity, SdtmMapping};
use oncorules_source::{Diagnostic, Diagnostics, Span, did_you_mean, one_of, position_in_source};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Past so many errors no more are looked for: a file with that many is no ruleset.
const MOST_ERRORS: usize = 500;

/// A ruleset with all that it uses may have this many measures and decisions.
const MOST_NODES: usize = 2_000;

/// A decision may have this many codes.
const MOST_CODES: usize = 1_000;

/// Compiles rulesets that stand in the order in which they use each other, the main one last.
pub(crate) fn compile(rulesets: &[RawRuleset]) -> Result<(Program, Diagnostics), Diagnostics> {
    let mut builder = Builder::new(rulesets);
    let mut scripts = Scripts::default();
    for (index, raw) in rulesets.iter().enumerate() {
        let index = index as RulesetIndex;
        builder.declare(index, raw, &mut scripts);
    }
    if builder.nodes.len() > MOST_NODES {
        // Nothing of it is compiled: that alone would take minutes.
        let names = rulesets.iter().flat_map(|r| {
            r.measures.iter().map(|m| &m.name).chain(r.decisions.iter().map(|d| &d.name))
        });
        if let Some(past) = names.into_iter().nth(MOST_NODES) {
            let message = format!("there are more than {MOST_NODES} measures and decisions");
            let help = "split what belongs to different questions into rulesets of their own";
            builder.diagnostics.push(error_at("too-many-names", message, past).help(help));
        }
        return Err(builder.diagnostics);
    }
    for id in 0..builder.nodes.len() {
        if builder.diagnostics.len() > MOST_ERRORS {
            return Err(builder.diagnostics);
        }
        if builder.nodes.get(id).is_some_and(|n| n.measure.is_some() && n.value.is_none()) {
            builder.compile_measure(id as NodeId);
        }
    }
    let mut nodes = builder.finish_nodes();
    if builder.diagnostics.len() > MOST_ERRORS {
        return Err(builder.diagnostics);
    }
    let mut columns = [0u32; 5];
    for node in &mut nodes {
        if let Some(count) = columns.get_mut(node.scope as usize) {
            node.column = *count;
            *count += 1;
        }
    }
    let mut program = Program {
        rulesets: vec![],
        domains: vec![],
        nodes,
        steps: vec![],
        observations: vec![],
        timings: vec![],
        prompts: vec![],
        findings: vec![],
        drugs: vec![],
        regimens: vec![],
        parameters: vec![],
        parameter_types: vec![],
        texts: vec![],
        texts_sorted: vec![],
        scripts,
        columns,
    };
    for (index, raw) in rulesets.iter().enumerate() {
        builder.rest(index as RulesetIndex, raw, &mut program);
    }
    for (index, raw) in rulesets.iter().enumerate() {
        builder.unused_parameters(index as RulesetIndex, raw);
    }
    if !builder.diagnostics.has_errors() {
        match order::steps(&program.nodes, &program.rulesets) {
            Ok(steps) => program.steps = steps,
            Err(circle) => builder.report_circle(&circle),
        }
    }
    let mut types: Vec<(u16, Type)> = builder
        .parameters
        .values()
        .filter_map(|(expr, ty)| match expr {
            Expr::Parameter(_, number) => Some((*number, ty.clone())),
            _ => None,
        })
        .collect();
    types.sort_by_key(|(number, _)| *number);
    program.parameter_types = types.into_iter().map(|(_, ty)| ty).collect();
    let mut diagnostics = builder.diagnostics;
    program.domains = builder.domains;
    program.texts = builder.texts;
    program.texts_sorted = (0..u32::try_from(program.texts.len()).unwrap_or(u32::MAX)).collect();
    let texts = &program.texts;
    program.texts_sorted.sort_by_key(|n| texts.get(*n as usize));
    program.observations = builder.observations;
    if diagnostics.has_errors() {
        // Gaps, overlaps and dead rows of what compiled are told in the same go.
        diagnostics.extend(prove_where(&program, &|id| !builder.broken.contains(&id)).1);
    }
    diagnostics.sort();
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok((program, diagnostics)) }
}

impl<'r> Builder<'r> {
    /// A parameter that no rule names changes nothing: in a layer over a base it is most likely the
    /// base's name misspelt. One of the base whose rules were replaced is no fault of the layer.
    fn unused_parameters(&mut self, index: RulesetIndex, raw: &RawRuleset) {
        let own = |name: &Text| *name.layer == *raw.id.value;
        // A rule that could not be read may name any of them.
        let others_wrong = self.diagnostics.has_errors();
        for parameter in raw.parameters.iter().filter(|p| own(&p.name)) {
            let name = parameter.name.value.as_str();
            if self.used_parameters.contains(&(index, name.to_string())) {
                continue;
            }
            let Some(base) = &raw.extends else {
                if others_wrong {
                    continue;
                }
                let message = format!("no rule or text names the parameter `{name}`");
                self.diagnostics.push(
                    Diagnostic::warning("unused-parameter", message)
                        .at(&parameter.name.file, parameter.name.span, "")
                        .help("use it, or take it out: an auditor would look for what it does"),
                );
                continue;
            };
            let known: Vec<&str> = raw
                .parameters
                .iter()
                .map(|p| p.name.value.as_str())
                .filter(|n| *n != name)
                .collect();
            let help = match did_you_mean(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if others_wrong => continue,
                None => format!("the base has {}", one_of(known)),
            };
            let message =
                format!("`{}` has no parameter `{name}`, and no rule here names it", base.value);
            self.diagnostics.push(error_at("unknown-name", message, &parameter.name).help(help));
        }
    }

    fn declare(&mut self, index: RulesetIndex, raw: &'r RawRuleset, scripts: &mut Scripts) {
        for used in &raw.uses {
            if let Some(at) = self.rulesets.iter().position(|r| r.id.value == used.ruleset.value) {
                self.aliases.insert((index, used.alias.value.clone()), at as RulesetIndex);
            }
        }
        for observation in &raw.observations {
            let ty = self.observation_type(observation);
            let id = ObservationId::try_from(self.observations.len()).unwrap_or(ObservationId::MAX);
            self.observations.push(ObservationDecl {
                name: observation.name.arc(),
                ty,
                means: observation.means.as_ref().map(Text::arc),
            });
            self.observation_names.insert((index, observation.name.value.clone()), id);
            self.check_name(&observation.name);
        }
        for parameter in &raw.parameters {
            self.check_name(&parameter.name);
            // One that is wrong is kept as unknown, so that its uses are not reported besides.
            let (value, ty) = self.parameter(parameter).unwrap_or((Value::Unknown, Type::Unknown));
            let number = u16::try_from(self.parameters.len()).unwrap_or(u16::MAX);
            self.parameters.insert(
                (index, parameter.name.value.clone()),
                (Expr::Parameter(value, number), ty),
            );
        }
        let mut names: BTreeMap<&str, &Text> = BTreeMap::new();
        for name in raw
            .parameters
            .iter()
            .map(|p| &p.name)
            .chain(raw.observations.iter().map(|o| &o.name))
            .chain(raw.measures.iter().map(|m| &m.name))
            .chain(raw.decisions.iter().map(|d| &d.name))
        {
            if let Some(first) = names.insert(&name.value, name) {
                self.diagnostics.push(
                    error_at("duplicate-name", format!("`{}` has two meanings", name.value), name)
                        .at(&first.file, first.span, "the other one")
                        .help("rename one of them"),
                );
            }
        }
        for measure in &raw.measures {
            self.check_name(&measure.name);
            let ty = match measure.unit.as_ref() {
                Some(unit) => {
                    let known = self.check_unit(unit);
                    match unit.value.as_str() {
                        // What is wrong with it is said once; the value says the rest.
                        _ if !known => TypeState::Open,
                        "boolean" => TypeState::Known(Type::Boolean),
                        "date" => TypeState::Known(Type::Date),
                        "text" => TypeState::Known(Type::Text),
                        other => TypeState::Known(Type::number(crate::units::canonical(other))),
                    }
                }
                None => TypeState::Open,
            };
            self.pend(index, measure.scope, &measure.name, ty, Some(measure));
        }
        for decision in &raw.decisions {
            self.check_name(&decision.name);
            let codes: Vec<Arc<str>> = decision.codes.iter().map(Text::arc).collect();
            if codes.is_empty() {
                self.diagnostics.push(
                    error_at("missing-key", format!("`{}` lacks `codes`", decision.name.value), &decision.name)
                        .help("add `codes: [A, B]`, its possible outcomes; only a decision of the base of `extends` can do without"),
                );
            }
            if let Some(past) = decision.codes.get(MOST_CODES) {
                let message = format!("`{}` has more than {MOST_CODES} codes", decision.name.value);
                let help = "a decision has a few outcomes; what takes many values is a measure";
                self.diagnostics.push(error_at("too-many-codes", message, past).help(help));
            }
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            for code in &decision.codes {
                if !seen.insert(&code.value) {
                    self.diagnostics.push(error_at(
                        "duplicate-name",
                        format!("the code `{}` stands twice", code.value),
                        code,
                    ));
                }
            }
            let domain = self.domain(&decision.name.value, &codes);
            self.pend(
                index,
                decision.scope,
                &decision.name,
                TypeState::Known(Type::Code(domain)),
                None,
            );
        }
        self.declare_functions(index, raw, scripts);
    }

    fn declare_functions(&mut self, index: RulesetIndex, raw: &RawRuleset, scripts: &mut Scripts) {
        let library = match scripts.add(&raw.scripts) {
            Ok(library) => library,
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                // The functions are taken to be there, so that their uses are not reported besides.
                for function in &raw.functions {
                    self.take_as_given(index, function);
                }
                return;
            }
        };
        for function in &raw.functions {
            let takes: Vec<Option<Type>> =
                function.takes.iter().map(|t| self.type_named(t)).collect();
            let gives = self.type_named(&function.gives);
            let (Some(takes), Some(gives)) = (takes.into_iter().collect::<Option<Vec<_>>>(), gives)
            else {
                continue;
            };
            let known = scripts.functions_of(library);
            if !known.iter().any(|(n, a)| *n == function.name.value && *a == takes.len()) {
                let help =
                    match did_you_mean(&function.name.value, known.iter().map(|(n, _)| n.as_str()))
                    {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!(
                            "the `.rhai` files of this ruleset define {}",
                            one_of(known.iter().map(|(n, _)| n.as_str()))
                        ),
                    };
                let message = format!(
                    "no `.rhai` file defines `{}` with {} parameters",
                    function.name.value,
                    takes.len()
                );
                self.diagnostics
                    .push(error_at("unknown-function", message, &function.name).help(help));
                self.take_as_given(index, function);
                continue;
            }
            let id = scripts.declare(ScriptFunction {
                library,
                name: function.name.arc(),
                takes: takes.clone(),
                gives: gives.clone(),
            });
            self.functions.insert((index, function.name.value.clone()), (id, takes, gives));
        }
    }

    /// A function whose script is wrong, as far as its declaration goes.
    fn take_as_given(&mut self, index: RulesetIndex, function: &RawFunction) {
        let takes: Vec<Option<Type>> = function.takes.iter().map(|t| self.type_named(t)).collect();
        let gives = self.type_named(&function.gives);
        if let (Some(takes), Some(gives)) = (takes.into_iter().collect::<Option<Vec<_>>>(), gives) {
            self.functions.insert((index, function.name.value.clone()), (u16::MAX, takes, gives));
        }
    }

    fn type_named(&mut self, text: &Text) -> Option<Type> {
        match text.value.as_str() {
            "boolean" => Some(Type::Boolean),
            "text" => Some(Type::Text),
            "date" => Some(Type::Date),
            unit if is_unit(unit) => Some(Type::number(crate::units::canonical(unit))),
            other => {
                self.diagnostics.push(
                    error_at("unknown-unit", format!("`{other}` is no type"), text)
                        .help("write `boolean`, `text`, `date` or a unit such as `mm`"),
                );
                None
            }
        }
    }

    fn pend(
        &mut self,
        ruleset: RulesetIndex,
        scope: Scope,
        name: &Text,
        ty: TypeState,
        measure: Option<&'r RawMeasure>,
    ) {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(PendingNode {
            ruleset,
            scope,
            name: name.arc(),
            ty,
            measure,
            value: None,
            facts: vec![],
        });
        self.by_name.insert((ruleset, name.value.clone()), id);
    }

    fn check_name(&mut self, name: &Text) {
        let good = name
            .value
            .chars()
            .enumerate()
            .all(|(i, c)| c == '_' || c.is_ascii_lowercase() || i > 0 && c.is_ascii_digit());
        if !good || name.value.is_empty() {
            self.diagnostics.push(
                error_at("bad-name", format!("`{}` cannot be a name", name.value), name)
                    .help("use lower-case letters, digits and `_`"),
            );
        }
        let taken = name.value == "line"
            || name.value == "this"
            || vocabulary::FACTS
                .iter()
                .any(|f| f.of != crate::ObjectKind::Line && f.name == name.value)
            || vocabulary::COLLECTIONS.iter().any(|c| c.name == name.value)
            || vocabulary::FUNCTIONS.contains(&name.value.as_str());
        if taken {
            self.diagnostics.push(
                error_at(
                    "taken-name",
                    format!("`{}` is a word of the rule language", name.value),
                    name,
                )
                .help("choose another name"),
            );
        }
    }

    fn check_unit(&mut self, unit: &Text) -> bool {
        let known =
            matches!(unit.value.as_str(), "boolean" | "date" | "text") || is_unit(&unit.value);
        if !matches!(unit.value.as_str(), "boolean" | "date" | "text") && !is_unit(&unit.value) {
            let known = [
                "mm", "cm", "mm2", "%", "d", "wk", "1", "U/mL", "g/dL", "g/L", "mg/dL", "ng/mL",
                "10*9/L", "boolean", "date", "text",
            ];
            let help = match did_you_mean(&unit.value, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write the unit as UCUM does: `mm`, `%`, `d`, `U/mL`, `10*9/L`".to_string(),
            };
            self.diagnostics.push(
                error_at("unknown-unit", format!("`{}` is no unit", unit.value), unit).help(help),
            );
        }
        known
    }

    fn observation_type(&mut self, raw: &RawObservation) -> Type {
        if !raw.codes.is_empty() {
            let codes: Vec<Arc<str>> = raw.codes.iter().map(Text::arc).collect();
            return Type::Code(self.domain(&raw.name.value, &codes));
        }
        if let Some(unit) = &raw.unit {
            if !self.check_unit(unit) {
                return Type::Number(None);
            }
            return Type::number(crate::units::canonical(&unit.value));
        }
        match raw.kind.as_ref().map(|k| k.value.as_str()) {
            Some("boolean") => Type::Boolean,
            Some("text") => Type::Text,
            Some("date") => Type::Date,
            _ => Type::number("1"),
        }
    }

    fn parameter(&mut self, raw: &RawParameter) -> Option<(Value, Type)> {
        let Some(value) = &raw.value else {
            self.diagnostics.push(
                error_at(
                    "missing-key",
                    format!("the parameter `{}` lacks `value`", raw.name.value),
                    &raw.name,
                )
                .help("add `value: …`"),
            );
            return None;
        };
        if !raw.codes.is_empty() {
            let codes: Vec<Arc<str>> = raw.codes.iter().map(Text::arc).collect();
            let domain = self.domain(&raw.name.value, &codes);
            let Some(index) = codes.iter().position(|c| **c == *value.value) else {
                let known = codes.iter().map(|c| &**c);
                let help = match did_you_mean(&value.value, known.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("expected {}", one_of(known)),
                };
                let message =
                    format!("`{}` is no value of the parameter `{}`", value.value, raw.name.value);
                self.diagnostics.push(error_at("unknown-code", message, value).help(help));
                return None;
            };
            return Some((Value::Code(u16::try_from(index).ok()?), Type::Code(domain)));
        }
        match value.value.as_str() {
            "yes" | "true" => return Some((Value::Bool(true), Type::Boolean)),
            "no" | "false" => return Some((Value::Bool(false), Type::Boolean)),
            _ => {}
        }
        let quantity: Quantity = match value.value.parse() {
            Ok(quantity) => quantity,
            Err(error) => {
                let help = "write a number with its unit (`30 %`, `5 mm`, `28 d`), `yes` or `no`; a word needs `codes: […]`";
                self.diagnostics.push(
                    error_at(
                        "bad-value",
                        format!("the parameter `{}`: {error}", raw.name.value),
                        value,
                    )
                    .help(help),
                );
                return None;
            }
        };
        let written = quantity.unit.as_deref().unwrap_or("1");
        if !is_unit(written) {
            let known = ["mm", "cm", "%", "d", "wk", "U/mL", "g/dL", "g/L", "mg/dL", "ng/mL"];
            let help = match did_you_mean(written, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write the unit as UCUM does: `mm`, `%`, `d`, `U/mL`".to_string(),
            };
            self.diagnostics.push(
                Diagnostic::error("unknown-unit", format!("`{written}` is no unit"))
                    .at(&value.file, part_of(value, written), "")
                    .help(help),
            );
            return None;
        }
        // Lengths in mm and times in days are what the facts are in.
        let unit = ["mm", "d"]
            .into_iter()
            .find(|u| conversion_factor(written, u).is_some())
            .unwrap_or(crate::units::canonical(written));
        let number = value_in(&quantity, unit)?;
        Some((Value::Number(number), Type::number(unit)))
    }

    /// Compiles the value of a measure, and finds its type where none is declared.
    pub(crate) fn compile_measure(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get(id as usize) else { return };
        let (Some(measure), ruleset, scope) = (node.measure, node.ruleset, node.scope) else {
            return;
        };
        let declared = match &node.ty {
            TypeState::Known(ty) => Some(ty.clone()),
            _ => None,
        };
        let mut context = Context::new(ruleset, scope, &measure.value);
        let compiled = self.expression(&mut context).and_then(|(ast, (expr, ty))| {
            let ty = match declared {
                Some(declared) if self.fits(&ty, &declared) => declared,
                Some(declared) => {
                    let (expected, found) = (self.describe(&declared), self.describe(&ty));
                    let message = format!(
                        "`{}` is declared as {expected}, but its value is {found}",
                        measure.name.value
                    );
                    self.diagnostics.push(error_at(
                        if matches!((&declared, &ty), (Type::Number(_), Type::Number(_))) {
                            "wrong-unit"
                        } else {
                            "wrong-type"
                        },
                        message,
                        &measure.value,
                    ));
                    return None;
                }
                None if matches!(ty, Type::Object(_) | Type::Collection(_) | Type::Unknown) => {
                    let found = self.describe(&ty);
                    self.diagnostics.push(error_at(
                        "wrong-type",
                        format!("a measure is a number, a date, a text, or yes or no, not {found}"),
                        &measure.value,
                    ));
                    return None;
                }
                None => match ty {
                    Type::Number(None) => Type::number("1"),
                    ty => ty,
                },
            };
            let facts = self.facts(&mut context, &ast);
            Some((expr, ty, facts))
        });
        let Some(node) = self.nodes.get_mut(id as usize) else { return };
        match compiled {
            Some((expr, ty, facts)) => {
                node.value = Some(expr);
                node.ty = TypeState::Known(ty);
                node.facts = facts;
            }
            None => {
                node.value = Some(Expr::Constant(Value::Unknown));
                if !matches!(node.ty, TypeState::Known(_)) {
                    node.ty = TypeState::Failed;
                }
            }
        }
    }

    fn finish_nodes(&mut self) -> Vec<Node> {
        let rulesets = self.rulesets;
        let mut nodes = vec![];
        for id in 0..self.nodes.len() {
            let Some(pending) = self.nodes.get(id) else { continue };
            let (ruleset, scope, name) = (pending.ruleset, pending.scope, pending.name.clone());
            let ty = match &pending.ty {
                TypeState::Known(ty) => ty.clone(),
                _ => Type::Unknown,
            };
            let Some(raw) = rulesets.get(usize::from(ruleset)) else { continue };
            if let Some(measure) = pending.measure {
                let value = pending.value.clone().unwrap_or(Expr::Constant(Value::Unknown));
                let unit = match &ty {
                    Type::Number(Some(unit)) if &**unit != "1" => Some(unit.clone()),
                    _ => None,
                };
                let facts = pending.facts.clone();
                nodes.push(Node {
                    ruleset,
                    scope,
                    name,
                    means: measure.means.as_ref().map(Text::arc),
                    ty,
                    unit,
                    logic: Logic::Measure(value),
                    rows: vec![],
                    unknown: None,
                    sources: self.sources(raw, measure.source.as_ref()),
                    texts: DecisionText::default(),
                    column: 0,
                    facts,
                    place: place_of(&measure.name),
                });
            } else if self.diagnostics.len() > MOST_ERRORS {
                break;
            } else if let Some(decision) =
                raw.decisions.iter().find(|d| d.scope == scope && *d.name.value == *name)
            {
                let before = self.diagnostics.len();
                self.row_failed = false;
                let node = self.decision(ruleset, raw, decision, &name, ty);
                if self.row_failed || self.diagnostics.len() > before {
                    self.broken.insert(nodes.len());
                }
                nodes.push(node);
            }
        }
        nodes
    }

    fn decision(
        &mut self,
        ruleset: RulesetIndex,
        raw: &RawRuleset,
        decision: &RawDecision,
        name: &Arc<str>,
        ty: Type,
    ) -> Node {
        let own = match ty {
            Type::Code(own) => own,
            _ => 0,
        };
        let unknown = decision.unknown.as_ref().and_then(|code| self.own_code(own, code, name));
        let texts = DecisionText {
            means: decision.means.as_ref().map(Text::arc),
            codes: decision
                .texts
                .iter()
                .filter_map(|t| {
                    self.own_code(own, &t.code, name)?;
                    Some(CodeText {
                        code: t.code.arc(),
                        clinician: t.clinician.as_ref().map(Text::arc),
                        patient: t.patient.as_ref().map(Text::arc),
                    })
                })
                .collect(),
        };
        let sources = self.sources(raw, decision.source.as_ref());
        let mut node = Node {
            ruleset,
            scope: decision.scope,
            name: name.clone(),
            means: decision.means.as_ref().map(Text::arc),
            ty,
            unit: None,
            logic: Logic::Rows,
            rows: vec![],
            unknown,
            sources,
            texts,
            column: 0,
            facts: vec![],
            place: place_of(&decision.name),
        };
        match (&decision.table, decision.rows.is_empty()) {
            (Some(text), true) => {
                if let Some((table, mut rows)) =
                    self.table(ruleset, decision.scope, decision, text, own)
                {
                    for note in &decision.row_notes {
                        let Some(id) = &note.id else { continue };
                        match rows.iter_mut().find(|r| *r.id == *id.value) {
                            Some(row) => {
                                row.interpretation = note.interpretation.as_ref().map(Text::arc);
                                row.sources = self.sources(raw, note.source.as_ref());
                                row.because = note
                                    .because
                                    .as_ref()
                                    .map(|b| self.template(ruleset, decision.scope, b));
                            }
                            None => {
                                let ids: Vec<&str> = rows.iter().map(|r| &*r.id).collect();
                                let message =
                                    format!("the table of `{name}` has no row `{}`", id.value);
                                self.diagnostics.push(
                                    error_at("no-such-row", message, id)
                                        .help(format!("its rows are {}", one_of(ids))),
                                );
                            }
                        }
                    }
                    for row in &mut rows {
                        row.facts =
                            table.columns.iter().map(|c| self.column_fact(c, &table)).collect();
                    }
                    node.rows = rows;
                    node.logic = Logic::Table(table);
                }
            }
            (None, false) => node.rows = self.rows(ruleset, raw, decision, own),
            (Some(text), false) => self.diagnostics.push(
                error_at("two-logics", format!("`{name}` has both `rows` and a `table`"), text)
                    .help("keep one of them"),
            ),
            (None, true) => self.diagnostics.push(
                error_at(
                    "missing-key",
                    format!("`{name}` has neither `rows` nor a `table`"),
                    &decision.name,
                )
                .help("add `rows:` or `table: |`"),
            ),
        }
        node
    }

    fn column_fact(&self, column: &Column, _table: &Table) -> FactRef {
        let ty = match &column.expr {
            Expr::Node(id, _) => self.nodes.get(*id as usize).and_then(|n| match &n.ty {
                TypeState::Known(ty) => Some(ty.clone()),
                _ => None,
            }),
            _ => None,
        };
        let domain = self
            .domains
            .iter()
            .position(|d| d.codes == column.codes)
            .and_then(|d| u16::try_from(d).ok());
        let ty = ty.or(domain.map(Type::Code)).unwrap_or(Type::Boolean);
        FactRef { name: column.name.clone(), expr: column.expr.clone(), ty }
    }

    fn own_code(&mut self, domain: u16, code: &Text, name: &str) -> Option<u16> {
        let known = self.domain_of(domain)?.clone();
        // That there are none is said already.
        if known.codes.is_empty() {
            return None;
        }
        if let Some(index) = known.index(&code.value) {
            return Some(index);
        }
        let codes = known.codes.iter().map(|c| &**c);
        let help = match did_you_mean(&code.value, codes.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its codes are {}", one_of(codes)),
        };
        self.diagnostics.push(
            error_at("unknown-code", format!("`{}` is no code of `{name}`", code.value), code)
                .help(help),
        );
        None
    }

    /// What an expression looks at, which is compiled and reported elsewhere.
    fn facts_of(&mut self, ruleset: RulesetIndex, scope: Scope, text: &Text) -> Vec<FactRef> {
        let mut context = Context::new(ruleset, scope, text);
        context.silent = true;
        let told = self.diagnostics.len();
        let ast = self.parse(&context, &text.value);
        self.diagnostics.0.truncate(told);
        ast.map(|ast| self.facts(&mut context, &ast)).unwrap_or_default()
    }

    fn rows(
        &mut self,
        ruleset: RulesetIndex,
        raw: &RawRuleset,
        decision: &RawDecision,
        own: u16,
    ) -> Vec<Row> {
        let name = decision.name.value.as_str();
        let mut rows: Vec<Row> = vec![];
        for row in &decision.rows {
            let place = |code, message: String| {
                Diagnostic::error(code, message).at(&row.file, row.span, "")
            };
            let then = match (&row.then, &row.take) {
                (Some(code), None) => self.own_code(own, code, name).map(Then::Code),
                (None, Some(take)) => self.take(ruleset, decision, own, take).map(Then::Take),
                (None, None) => {
                    self.diagnostics.push(
                        place("missing-key", format!("this row of `{name}` decides nothing"))
                            .help("add `then: CODE`"),
                    );
                    None
                }
                (Some(_), Some(take)) => {
                    self.diagnostics.push(
                        error_at("two-logics", "this row has both `then` and `take`", take)
                            .help("keep one of them"),
                    );
                    None
                }
            };
            let mut facts = vec![];
            let mut written = String::new();
            let mut failed = false;
            let when = row.when.as_ref().and_then(|when| {
                let mut context = Context::new(ruleset, decision.scope, when);
                let ast = self.parse(&context, &when.value);
                let compiled = ast.and_then(|ast| {
                    let expr = self.of_type(&mut context, &ast, &Type::Boolean)?;
                    facts = self.facts(&mut context, &ast);
                    written = super::facts::written(&ast);
                    Some(expr)
                });
                failed = compiled.is_none();
                compiled
            });
            let id: Arc<str> = match (&row.id, &row.then, &row.take) {
                (Some(id), ..) => id.arc(),
                (None, Some(then), _) => then.arc(),
                (None, None, Some(take)) => take.arc(),
                _ => "?".into(),
            };
            if rows.iter().any(|r| r.id == id) {
                let diagnostic = match &row.id {
                    Some(text) => error_at(
                        "duplicate-row",
                        format!("two rows of `{name}` are called `{id}`"),
                        text,
                    ),
                    None => {
                        place("duplicate-row", format!("two rows of `{name}` are called `{id}`"))
                    }
                };
                self.diagnostics.push(diagnostic.help("give each row an `id` of its own"));
            }
            let told =
                row.because.as_ref().map(|b| self.template_and_facts(ruleset, decision.scope, b));
            let (because, told) = told.map_or((None, vec![]), |(b, facts)| (Some(b), facts));
            // A row without a condition looks at what it takes, or at what its reason names.
            let mut more = row.take.as_ref().map(|t| self.facts_of(ruleset, decision.scope, t));
            if row.when.is_none() && row.take.is_none() {
                more = Some(told);
            }
            for fact in more.unwrap_or_default() {
                if facts.iter().all(|f: &FactRef| f.name != fact.name) {
                    facts.push(fact);
                }
            }
            self.row_failed |= then.is_none() || failed;
            if let (Some(then), false) = (then, failed) {
                rows.push(Row {
                    id,
                    then,
                    when,
                    because,
                    facts,
                    sources: self.sources(raw, row.source.as_ref()),
                    interpretation: row.interpretation.as_ref().map(Text::arc),
                    written: written.into(),
                    layer: (*row.layer != *raw.id.value).then(|| row.layer.clone()),
                    place: Place { file: row.file.clone(), span: row.span },
                    cells: vec![],
                });
            }
        }
        rows
    }

    /// A code taken over from another decision; codes that are lacking here are an error.
    fn take(
        &mut self,
        ruleset: RulesetIndex,
        decision: &RawDecision,
        own: u16,
        text: &Text,
    ) -> Option<Expr> {
        let mut context = Context::new(ruleset, decision.scope, text);
        let (_, (expr, ty)) = self.expression(&mut context)?;
        let Type::Code(from) = ty else {
            let found = self.describe(&ty);
            self.diagnostics.push(error_at(
                "wrong-type",
                format!("`take` needs another decision, found {found}"),
                text,
            ));
            return None;
        };
        let (from, into) = (self.domain_of(from)?.clone(), self.domain_of(own)?.clone());
        if from.codes == into.codes {
            return Some(expr);
        }
        let missing: Vec<&str> =
            from.codes.iter().filter(|c| into.index(c).is_none()).map(|c| &**c).collect();
        if !missing.is_empty() {
            let message =
                format!("`{}` can be {}, which `{}` lacks", from.name, one_of(missing), into.name);
            self.diagnostics.push(
                error_at("unknown-code", message, text)
                    .help("add the codes, or decide those before this row"),
            );
            return None;
        }
        let map: Arc<[Option<u16>]> = from.codes.iter().map(|c| into.index(c)).collect();
        Some(Expr::Recode(Box::new(expr), map))
    }

    /// The sources that a text such as `key §4.3, other Table 2` cites; unknown keys are errors.
    pub(crate) fn sources(&mut self, raw: &RawRuleset, text: Option<&Text>) -> Vec<Arc<str>> {
        let Some(text) = text else { return vec![] };
        let mut sources: Vec<Arc<str>> = vec![];
        for part in text.value.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            let key = part.split_whitespace().next().unwrap_or(part).trim_end_matches(',');
            if !raw.sources.iter().any(|s| s.key.value == key) {
                let known: Vec<&str> = raw.sources.iter().map(|s| s.key.value.as_str()).collect();
                let help = match did_you_mean(key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        format!("sources are listed under `sources:`; there are {}", one_of(known))
                    }
                };
                self.diagnostics.push(
                    Diagnostic::error("unknown-source", format!("`{key}` is no source"))
                        .at(&text.file, part_of(text, key), "")
                        .help(help),
                );
            }
            sources.push(part.into());
        }
        sources
    }

    fn condition(
        &mut self,
        ruleset: RulesetIndex,
        scope: Scope,
        text: &Text,
        expected: &Type,
    ) -> Option<(Expr, Vec<FactRef>)> {
        let mut context = Context::new(ruleset, scope, text);
        let ast = self.parse(&context, &text.value)?;
        let expr = self.of_type(&mut context, &ast, expected)?;
        let facts = self.facts(&mut context, &ast);
        Some((expr, facts))
    }

    /// Timing, prompts, findings, knowledge of drugs, and what the ruleset says of itself.
    fn rest(&mut self, index: RulesetIndex, raw: &RawRuleset, program: &mut Program) {
        let when = raw
            .timepoints
            .as_ref()
            .and_then(|t| self.condition(index, Scope::Timepoint, t, &Type::Boolean))
            .map(|c| c.0);
        for timing in &raw.timings {
            let mut date =
                |text: &Text| self.condition(index, Scope::Line, text, &Type::Date).map(|c| c.0);
            let (from, to) = (date(&timing.from), date(&timing.to));
            let overdue_after = timing.overdue_after.as_ref().and_then(&mut date);
            let done = timing.done.as_ref().and_then(&mut date);
            let when = timing
                .when
                .as_ref()
                .and_then(|w| self.condition(index, Scope::Line, w, &Type::Boolean))
                .map(|c| c.0);
            let summary = timing.summary.as_ref().map(|t| self.template(index, Scope::Line, t));
            let patient = timing.patient.as_ref().map(|t| self.template(index, Scope::Line, t));
            let sources = self.sources(raw, timing.source.as_ref());
            if let (Some(from), Some(to)) = (from, to) {
                program.timings.push(Timing {
                    ruleset: index,
                    name: timing.name.arc(),
                    when,
                    from,
                    to,
                    overdue_after,
                    done,
                    summary,
                    patient,
                    sources,
                });
            }
        }
        for prompt in &raw.prompts {
            let when = self.condition(index, Scope::Line, &prompt.when, &Type::Boolean);
            let summary = self.template(index, Scope::Line, &prompt.summary);
            let detail = prompt
                .detail
                .as_ref()
                .map(|t| self.template(index, Scope::Line, t))
                .unwrap_or_default();
            let patient = prompt.patient.as_ref().map(|t| self.template(index, Scope::Line, t));
            let options =
                prompt.options.iter().map(|t| self.template(index, Scope::Line, t)).collect();
            let sources = self.sources(raw, prompt.source.as_ref());
            if let Some((when, facts)) = when {
                program.prompts.push(PromptRule {
                    ruleset: index,
                    name: prompt.name.arc(),
                    when,
                    level: prompt.level,
                    summary,
                    detail,
                    patient,
                    options,
                    sources,
                    facts,
                });
            }
        }
        for finding in &raw.findings {
            let when = self.condition(index, finding.scope, &finding.when, &Type::Boolean);
            let message = self.template(index, finding.scope, &finding.message);
            self.sources(raw, finding.source.as_ref());
            if let Some((when, _)) = when {
                program.findings.push(FindingRule {
                    ruleset: index,
                    name: finding.name.arc(),
                    scope: finding.scope,
                    when,
                    message,
                });
            }
        }
        self.formulary(raw, program);
        for parameter in &raw.parameters {
            self.sources(raw, parameter.source.as_ref());
            program.parameters.push(ParameterInfo {
                ruleset: raw.id.arc(),
                name: parameter.name.arc(),
                value: parameter.value.as_ref().map(Text::arc).unwrap_or_default(),
                means: parameter.means.as_ref().map(Text::arc),
                source: parameter.source.as_ref().map(Text::arc),
                set_by: parameter.value.as_ref().map(|v| v.layer.clone()).unwrap_or_default(),
            });
        }
        let pairs = |pairs: &[(Text, Text)]| {
            pairs.iter().map(|(a, b)| (a.arc(), b.arc())).collect::<Vec<_>>()
        };
        for (_, decision) in &raw.sdtm.tests {
            if !self.by_name.contains_key(&(index, decision.value.clone())) {
                let known: Vec<&str> =
                    raw.decisions.iter().map(|d| d.name.value.as_str()).collect();
                let help = did_you_mean(&decision.value, known.iter().copied())
                    .map(|n| format!("did you mean `{n}`?"));
                self.diagnostics.push(
                    error_at(
                        "unknown-name",
                        format!("there is no decision `{}`", decision.value),
                        decision,
                    )
                    .help_opt(help),
                );
            }
        }
        program.rulesets.push(ProgramRuleset {
            id: raw.id.arc(),
            version: raw.version.arc(),
            title: raw.title.as_ref().map(Text::arc).unwrap_or_default(),
            sha256: digest(&raw.digests),
            set: raw.set.clone(),
            timepoints: TimepointRule { when },
            sdtm: SdtmMapping {
                ruleset: raw.id.arc(),
                categories: raw.sdtm.categories.iter().map(Text::arc).collect(),
                tests: pairs(&raw.sdtm.tests),
                codes: pairs(&raw.sdtm.codes),
                observations: pairs(&raw.sdtm.observations),
            },
            sources: raw.sources.iter().map(|s| (s.key.arc(), s.citation().into())).collect(),
        });
    }

    fn formulary(&mut self, raw: &RawRuleset, program: &mut Program) {
        for drug in &raw.drugs {
            let class = self.intern(&drug.class.value);
            let name = self.intern(&drug.name.value);
            let group = drug.cross_resistance.as_ref().map(|g| self.intern(&g.value));
            let routes: Vec<Arc<str>> = drug.routes.iter().map(Text::arc).collect();
            let joined = (!routes.is_empty()).then(|| routes.join(", "));
            let routes_text = joined.map(|r| self.intern(&r));
            self.sources(raw, drug.source.as_ref());
            program.drugs.push(KnownDrug {
                name: drug.name.arc(),
                names: drug.names.iter().map(Text::arc).collect(),
                class: drug.class.arc(),
                cross_resistance: drug.cross_resistance.as_ref().map(Text::arc),
                routes,
                texts: [Some(name), Some(class), group, routes_text],
            });
        }
        for regimen in &raw.regimens {
            let mut drugs = vec![];
            for drug in &regimen.drugs {
                match program.drugs.iter().position(|d| *d.name == *drug.value) {
                    Some(at) => drugs.push(u32::try_from(at).unwrap_or(u32::MAX)),
                    None => {
                        let known = program.drugs.iter().map(|d| &*d.name);
                        let help = did_you_mean(&drug.value, known)
                            .map(|n| format!("did you mean `{n}`?"));
                        self.diagnostics.push(
                            error_at(
                                "unknown-drug",
                                format!("the drug `{}` is not listed under `drugs:`", drug.value),
                                drug,
                            )
                            .help_opt(help),
                        );
                    }
                }
            }
            let cycle_length = regimen.cycle_length.as_ref().and_then(|t| {
                let days = t.value.parse::<Quantity>().ok().and_then(|q| value_in(&q, "d"));
                if days.is_none_or(|d| d <= Number::ZERO) {
                    self.diagnostics.push(
                        error_at("bad-value", format!("`{}` is no length of a cycle", t.value), t)
                            .help("write `21 d`"),
                    );
                }
                days
            });
            self.sources(raw, regimen.source.as_ref());
            let texts = [self.intern(&regimen.id.value), self.intern(&regimen.title.value)];
            program.regimens.push(KnownRegimen {
                id: regimen.id.arc(),
                title: regimen.title.arc(),
                names: regimen.names.iter().map(Text::arc).collect(),
                drugs,
                diseases: regimen.diseases.iter().map(Text::arc).collect(),
                cycle_length,
                texts,
            });
        }
    }

    fn report_circle(&mut self, circle: &order::Circle) {
        let names: Vec<String> = circle
            .nodes
            .iter()
            .filter_map(|id| self.nodes.get(*id as usize))
            .map(|n| format!("`{}`", n.name))
            .collect();
        let first = circle.nodes.first().and_then(|id| self.nodes.get(*id as usize));
        let Some(first) = first else { return };
        let raw = self.rulesets.get(usize::from(first.ruleset));
        let name = raw.and_then(|r| {
            r.measures
                .iter()
                .map(|m| &m.name)
                .chain(r.decisions.iter().map(|d| &d.name))
                .find(|n| *n.value == *first.name)
        });
        let message = if circle.future {
            format!(
                "{} look ahead at each other, so none of them can be decided first",
                names.join(", ")
            )
        } else {
            format!(
                "{} need each other at the same timepoint, so none of them can be decided first",
                names.join(", ")
            )
        };
        let mut diagnostic = Diagnostic::error("circle", message)
            .help("look at an earlier value (`previous(x)`, `earlier.…`) in one of them, or take the common part out");
        if let Some(name) = name {
            diagnostic = diagnostic.at(&name.file, name.span, "");
        }
        self.diagnostics.push(diagnostic);
    }
}

/// Where the last `part` of a text stands in the file.
fn part_of(text: &Text, part: &str) -> Span {
    let Some(byte) = text.value.rfind(part) else { return text.span };
    let start = text.value.get(..byte).unwrap_or_default().chars().count();
    let end = start + part.chars().count();
    position_in_source(&text.file, text.span, &text.value, start, end)
}

fn place_of(text: &Text) -> Place {
    Place { file: text.file.clone(), span: text.span }
}

fn digest(layers: &[String]) -> Arc<str> {
    if let [one] = layers {
        return one.as_str().into();
    }
    let mut hash = Sha256::new();
    for layer in layers {
        hash.update(layer.as_bytes());
        hash.update(b"\n");
    }
    crate::digest::hex(&hash.finalize()).into()
}
