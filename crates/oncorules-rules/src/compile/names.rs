//! What a name means in an expression.

use crate::ir::*;
use crate::raw::{RawMeasure, RawRuleset, Text};
use crate::types::{DomainId, ObjectKind, Scope, Type};
use crate::vocabulary::{self, Vocabulary};
use oncorules_source::{Diagnostic, Diagnostics, Span, position_in_source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All that is known while a program is put together.
pub(crate) struct Builder<'r> {
    pub(crate) rulesets: &'r [RawRuleset],
    pub(crate) domains: Vec<Domain>,
    pub(crate) texts: Vec<Arc<str>>,
    pub(crate) observations: Vec<ObservationDecl>,
    pub(crate) nodes: Vec<PendingNode<'r>>,
    /// (ruleset, name) of every measure and decision.
    pub(crate) by_name: BTreeMap<(RulesetIndex, String), NodeId>,
    /// (ruleset, name) of every parameter.
    pub(crate) parameters: BTreeMap<(RulesetIndex, String), (Expr, Type)>,
    /// Those of them that some rule or text names.
    pub(crate) used_parameters: BTreeSet<(RulesetIndex, String)>,
    /// (ruleset, name) of every observation.
    pub(crate) observation_names: BTreeMap<(RulesetIndex, String), ObservationId>,
    /// (ruleset, alias) of every used ruleset.
    pub(crate) aliases: BTreeMap<(RulesetIndex, String), RulesetIndex>,
    /// (ruleset, name) of every free function, with its types.
    pub(crate) functions: BTreeMap<(RulesetIndex, String), (u16, Vec<Type>, Type)>,
    pub(crate) diagnostics: Diagnostics,
    /// How many expressions are being compiled for one another.
    pub(crate) depth: usize,
    /// Whether a row of the decision at hand was left out.
    pub(crate) row_failed: bool,
    /// The decisions of which something is wrong: nothing is proven of them.
    pub(crate) broken: BTreeSet<usize>,
}

/// A measure or decision whose type may not be known yet.
pub(crate) struct PendingNode<'r> {
    pub(crate) ruleset: RulesetIndex,
    pub(crate) scope: Scope,
    pub(crate) name: Arc<str>,
    pub(crate) ty: TypeState,
    /// The measure, where it is one.
    pub(crate) measure: Option<&'r RawMeasure>,
    /// The compiled value of a measure.
    pub(crate) value: Option<Expr>,
    pub(crate) facts: Vec<FactRef>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TypeState {
    Known(Type),
    /// To be inferred from the value.
    Open,
    /// Being inferred: a reference now is circular.
    Busy,
    /// Could not be inferred; already reported.
    Failed,
}

/// The surroundings of one expression.
pub(crate) struct Context<'t> {
    pub(crate) ruleset: RulesetIndex,
    pub(crate) scope: Scope,
    pub(crate) text: &'t Text,
    /// Characters of `text` before the expression (in a template).
    pub(crate) offset: usize,
    /// Variables of closures, innermost last.
    pub(crate) variables: Vec<(String, ObjectKind)>,
    /// Whether mistakes are reported (facts are compiled a second time in silence).
    pub(crate) silent: bool,
}

impl<'t> Context<'t> {
    pub(crate) fn new(ruleset: RulesetIndex, scope: Scope, text: &'t Text) -> Self {
        Self { ruleset, scope, text, offset: 0, variables: vec![], silent: false }
    }

    /// The place of characters `start..end` of the expression in its file.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let (start, end) = (start + self.offset, end + self.offset);
        position_in_source(&self.text.file, self.text.span, &self.text.value, start, end)
    }
}

impl Scope {
    /// The kinds of object that a rule of this scope sees, innermost first.
    pub(crate) fn chain(self) -> &'static [ObjectKind] {
        use ObjectKind::{Class, Drug, Lesion, Line, Timepoint};
        match self {
            Scope::Lesion => &[Lesion, Timepoint, Line],
            Scope::Timepoint => &[Timepoint, Line],
            Scope::Line => &[Line],
            Scope::Drug => &[Drug, Line],
            Scope::Class => &[Class, Line],
        }
    }
}

impl<'r> Builder<'r> {
    pub(crate) fn new(rulesets: &'r [RawRuleset]) -> Self {
        let domains = Vocabulary::ALL
            .iter()
            .map(|v| Domain {
                name: v.name().into(),
                codes: v.words().iter().map(|w| (*w).into()).collect(),
            })
            .collect();
        Self {
            rulesets,
            domains,
            texts: vec![],
            observations: vec![],
            nodes: vec![],
            by_name: BTreeMap::new(),
            parameters: BTreeMap::new(),
            used_parameters: BTreeSet::new(),
            observation_names: BTreeMap::new(),
            aliases: BTreeMap::new(),
            functions: BTreeMap::new(),
            diagnostics: Diagnostics::new(),
            depth: 0,
            row_failed: false,
            broken: BTreeSet::new(),
        }
    }

    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        let at = self.texts.iter().position(|t| &**t == text).unwrap_or_else(|| {
            self.texts.push(text.into());
            self.texts.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The domain with exactly these codes, made where there is none of that name and codes.
    pub(crate) fn domain(&mut self, name: &str, codes: &[Arc<str>]) -> DomainId {
        let at =
            self.domains.iter().position(|d| &*d.name == name && d.codes == codes).unwrap_or_else(
                || {
                    self.domains.push(Domain { name: name.into(), codes: codes.to_vec() });
                    self.domains.len() - 1
                },
            );
        DomainId::try_from(at).unwrap_or(DomainId::MAX)
    }

    pub(crate) fn domain_of(&self, id: DomainId) -> Option<&Domain> {
        self.domains.get(usize::from(id))
    }

    pub(crate) fn describe(&self, ty: &Type) -> String {
        ty.describe(&self.domains)
    }

    pub(crate) fn report(&mut self, context: &Context<'_>, diagnostic: Diagnostic) {
        if !context.silent {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The type of a node; a measure without a declared type is compiled to find it.
    pub(crate) fn node_type(&mut self, id: NodeId) -> Result<Type, TypeState> {
        let index = id as usize;
        let Some(node) = self.nodes.get_mut(index) else { return Err(TypeState::Failed) };
        match &node.ty {
            TypeState::Known(ty) => return Ok(ty.clone()),
            TypeState::Busy => return Err(TypeState::Busy),
            TypeState::Failed => return Err(TypeState::Failed),
            TypeState::Open => {}
        }
        node.ty = TypeState::Busy;
        self.compile_measure(id);
        match self.nodes.get(index).map(|n| &n.ty) {
            Some(TypeState::Known(ty)) => Ok(ty.clone()),
            _ => Err(TypeState::Failed),
        }
    }

    /// All the names that an expression of this context could have used, for 'did you mean'.
    pub(crate) fn names_in(&self, context: &Context<'_>) -> Vec<String> {
        let mut names: Vec<String> =
            context.variables.iter().map(|(name, _)| name.clone()).collect();
        let of = |ruleset: &RulesetIndex| *ruleset == context.ruleset;
        names.extend(
            self.by_name
                .iter()
                .filter(|((r, _), id)| of(r) && self.visible(**id, context.scope))
                .map(|((_, n), _)| n.clone()),
        );
        names.extend(self.parameters.keys().filter(|(r, _)| of(r)).map(|(_, n)| n.clone()));
        if context.scope.chain().contains(&ObjectKind::Timepoint) {
            names.extend(
                self.observation_names.keys().filter(|(r, _)| of(r)).map(|(_, n)| n.clone()),
            );
        }
        names.extend(self.aliases.keys().filter(|(r, _)| of(r)).map(|(_, n)| n.clone()));
        let chain = context.scope.chain();
        names.extend(
            vocabulary::FACTS
                .iter()
                .filter(|f| f.of != ObjectKind::Line && chain.contains(&f.of))
                .map(|f| f.name.to_string()),
        );
        names.extend(
            vocabulary::COLLECTIONS
                .iter()
                .filter(|c| c.of.is_none_or(|of| chain.contains(&of)))
                .map(|c| c.name.to_string()),
        );
        names.push("line".into());
        names
    }

    /// Whether a bare name in `scope` can mean this node.
    pub(crate) fn visible(&self, id: NodeId, scope: Scope) -> bool {
        self.nodes.get(id as usize).is_some_and(|n| scope.chain().contains(&n.scope.object()))
    }
}
