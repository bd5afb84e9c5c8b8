//! Checking and compiling expressions.

use super::names::{Builder, Context, TypeState};
use crate::ir::*;
use crate::syntax::{Ast, AstNode, BinaryOperator, parse};
use crate::types::{ObjectKind, Scope, Type};
use crate::vocabulary;
use oncorules_model::Number;
use oncorules_source::{Diagnostic, did_you_mean, one_of};
use std::sync::Arc;

/// How deep expressions may lie in one another, those of the measures that they name included.
const MOST_DEPTH: usize = 500;

/// A compiled expression with its type.
pub(crate) type Typed = (Expr, Type);

impl Builder<'_> {
    /// Parses and compiles the text of a context.
    pub(crate) fn expression(&mut self, context: &mut Context<'_>) -> Option<(Ast, Typed)> {
        let text = context.text.value.clone();
        let ast = self.parse(context, &text)?;
        let typed = self.compile_ast(context, &ast)?;
        Some((ast, typed))
    }

    pub(crate) fn parse(&mut self, context: &Context<'_>, text: &str) -> Option<Ast> {
        match parse(text) {
            Ok(ast) => Some(ast),
            Err(error) => {
                let length = text.chars().count();
                let start = error.at.start.min(length.saturating_sub(1));
                let span = context.span(start, error.at.end.min(length).max(start + 1));
                self.report(
                    context,
                    Diagnostic::error("expression-syntax", error.message)
                        .at(&context.text.file, span, "")
                        .help_opt(error.help),
                );
                None
            }
        }
    }

    pub(crate) fn fail(
        &mut self,
        context: &Context<'_>,
        ast: &Ast,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) -> Option<Typed> {
        let span = context.span(ast.at.start, ast.at.end);
        self.report(
            context,
            Diagnostic::error(code, message).at(&context.text.file, span, "").help_opt(help),
        );
        None
    }

    pub(crate) fn compile_ast(&mut self, context: &mut Context<'_>, ast: &Ast) -> Option<Typed> {
        if self.depth >= MOST_DEPTH {
            let message = "measures build on each other too deep here".to_string();
            let help = "let some of them say in one expression what several say now".to_string();
            return self.fail(context, ast, "too-deep", message, Some(help));
        }
        self.depth += 1;
        let compiled = self.compile_node(context, ast);
        self.depth -= 1;
        compiled
    }

    fn compile_node(&mut self, context: &mut Context<'_>, ast: &Ast) -> Option<Typed> {
        match &ast.node {
            AstNode::Bool(value) => Some((Expr::Constant(Value::Bool(*value)), Type::Boolean)),
            AstNode::Number(number) => {
                let ty =
                    if *number == Number::ZERO { Type::Number(None) } else { Type::number("1") };
                Some((Expr::Constant(Value::Number(*number)), ty))
            }
            AstNode::Text(text) => {
                let id = self.intern(text);
                Some((Expr::Constant(Value::Text(id)), Type::Text))
            }
            AstNode::Unknown => Some((Expr::Constant(Value::Unknown), Type::Unknown)),
            AstNode::This => {
                let kind = context.scope.object();
                Some((Expr::Object(ObjectRef::Current), Type::Object(kind)))
            }
            AstNode::Name(name) => self.name(context, ast, name),
            AstNode::Property(of, name) => self.property(context, ast, of, name),
            AstNode::Method(..) => self.method(context, ast),
            AstNode::Call(name, arguments) => self.call(context, ast, name, arguments),
            AstNode::Binary(operator, a, b) => self.binary(context, ast, *operator, a, b),
            AstNode::Not(a) => {
                let a = self.of_type(context, a, &Type::Boolean)?;
                Some((Expr::Not(Box::new(a)), Type::Boolean))
            }
            AstNode::Negate(a) => {
                let (a_expr, ty) = self.compile_ast(context, a)?;
                if !matches!(ty, Type::Number(_)) {
                    return self.wrong_type(context, a, "a number", &ty);
                }
                Some((Expr::Negate(Box::new(a_expr)), ty))
            }
            AstNode::And(parts) => Some((Expr::And(self.booleans(context, parts)?), Type::Boolean)),
            AstNode::Or(parts) => Some((Expr::Or(self.booleans(context, parts)?), Type::Boolean)),
            AstNode::Coalesce(parts) => {
                let (parts, ty) = self.same_type(context, parts)?;
                Some((Expr::Coalesce(parts), ty))
            }
            AstNode::If(condition, yes, no) => {
                let condition = self.of_type(context, condition, &Type::Boolean);
                let branches = self.same_type(context, &[(**yes).clone(), (**no).clone()]);
                let (condition, (branches, ty)) = (condition?, branches?);
                let mut branches = branches.into_iter();
                match (branches.next(), branches.next()) {
                    (Some(yes), Some(no)) => {
                        Some((Expr::If(Box::new(condition), Box::new(yes), Box::new(no)), ty))
                    }
                    _ => None,
                }
            }
            AstNode::In(item, set) => self.membership(context, item, set),
            AstNode::Array(_) => self.fail(
                context,
                ast,
                "misplaced-list",
                "a list can only stand after `in`".into(),
                None,
            ),
            AstNode::Closure(..) => self.fail(
                context,
                ast,
                "misplaced-closure",
                "a closure can only stand in a method of a collection".into(),
                Some("such as `targets.all(|l| l.disappeared)`".into()),
            ),
        }
    }

    pub(crate) fn wrong_type(
        &mut self,
        context: &Context<'_>,
        ast: &Ast,
        expected: &str,
        found: &Type,
    ) -> Option<Typed> {
        let found = self.describe(found);
        self.fail(context, ast, "wrong-type", format!("expected {expected}, found {found}"), None)
    }

    /// Compiles an expression that must have a given type.
    pub(crate) fn of_type(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        expected: &Type,
    ) -> Option<Expr> {
        let (expr, found) = self.compile_ast(context, ast)?;
        if self.fits(&found, expected) {
            return Some(expr);
        }
        if let (Type::Number(Some(a)), Type::Number(Some(b))) = (&found, expected) {
            let message = format!("expected a number in `{b}`, found one in `{a}`");
            self.fail(context, ast, "wrong-unit", message, unit_help(a, b));
            return None;
        }
        let expected = self.describe(expected);
        self.wrong_type(context, ast, &expected, &found);
        None
    }

    pub(crate) fn fits(&self, found: &Type, expected: &Type) -> bool {
        match (found, expected) {
            (Type::Unknown, _) | (Type::Number(None), Type::Number(_)) => true,
            (Type::Code(a), Type::Code(b)) => {
                a == b
                    || self.domain_of(*a).map(|d| &d.codes) == self.domain_of(*b).map(|d| &d.codes)
            }
            (a, b) => a == b,
        }
    }

    fn booleans(&mut self, context: &mut Context<'_>, parts: &[Ast]) -> Option<Vec<Expr>> {
        // All parts are looked at before giving up, so that all their mistakes are told at once.
        let parts: Vec<Option<Expr>> =
            parts.iter().map(|p| self.of_type(context, p, &Type::Boolean)).collect();
        parts.into_iter().collect()
    }

    /// Compiles several expressions that must agree in type.
    pub(crate) fn same_type(
        &mut self,
        context: &mut Context<'_>,
        parts: &[Ast],
    ) -> Option<(Vec<Expr>, Type)> {
        let typed: Vec<Option<Typed>> =
            parts.iter().map(|p| self.compile_ast(context, p)).collect();
        let typed: Vec<Typed> = typed.into_iter().collect::<Option<_>>()?;
        let mut ty = Type::Unknown;
        for ((_, found), part) in typed.iter().zip(parts) {
            if ty == Type::Unknown || (ty == Type::Number(None) && matches!(found, Type::Number(_)))
            {
                ty = found.clone();
            } else if !self.fits(found, &ty) {
                if let (Type::Number(Some(a)), Type::Number(Some(b))) = (found, &ty) {
                    let message = format!("this is in `{a}`, but the part before it is in `{b}`");
                    let help = unit_help(a, b);
                    self.fail(context, part, "wrong-unit", message, help);
                } else {
                    let expected = self.describe(&ty);
                    self.wrong_type(context, part, &expected, found);
                }
                return None;
            }
        }
        Some((typed.into_iter().map(|(e, _)| e).collect(), ty))
    }

    fn name(&mut self, context: &mut Context<'_>, ast: &Ast, name: &str) -> Option<Typed> {
        if let Some(slot) = context.variables.iter().rposition(|(n, _)| n == name) {
            let kind = context.variables.get(slot).map(|(_, k)| *k)?;
            return Some((
                Expr::Object(ObjectRef::Variable(u8::try_from(slot).ok()?)),
                Type::Object(kind),
            ));
        }
        if name == "line" {
            // Every scope lies within a line.
            return Some((Expr::Object(ObjectRef::Current), Type::Object(ObjectKind::Line)));
        }
        let key = (context.ruleset, name.to_string());
        if let Some(id) = self.by_name.get(&key).copied() {
            if !self.visible(id, context.scope) {
                let scope = self.nodes.get(id as usize).map_or(Scope::Line, |n| n.scope);
                let help = match scope {
                    Scope::Timepoint => format!("write `timepoints.…(|t| t.{name})`"),
                    Scope::Lesion => format!("write `targets.…(|l| l.{name})`"),
                    Scope::Drug => format!("write `drugs.…(|d| d.{name})`"),
                    Scope::Class => format!("write `classes.…(|c| c.{name})`"),
                    Scope::Line => "say of which line".into(),
                };
                let message = format!(
                    "`{name}` belongs to a {scope}, and this rule is about a {}",
                    context.scope
                );
                return self.fail(context, ast, "out-of-scope", message, Some(help));
            }
            return self.node(context, ast, id, ObjectRef::Current);
        }
        if let Some(typed) = self.parameters.get(&key).cloned() {
            self.used_parameters.insert(key);
            return Some(typed);
        }
        let chain = context.scope.chain();
        if chain.contains(&ObjectKind::Timepoint)
            && let Some(id) = self.observation_names.get(&key).copied()
        {
            return self.observation(id, ObservationPart::Value, ObjectRef::Current);
        }
        for kind in chain.iter().filter(|k| **k != ObjectKind::Line) {
            if let Some(word) = vocabulary::fact(*kind, name) {
                return Some((Expr::Fact(word.fact, ObjectRef::Current), word.ty.to_type()));
            }
        }
        for of in chain.iter().map(|k| Some(*k)).chain([None]) {
            if let Some(word) = vocabulary::collection(of, name) {
                return Some((
                    collection(word.members, ObjectRef::Current, context.ruleset),
                    Type::Collection(word.kind),
                ));
            }
        }
        if self.aliases.contains_key(&key) {
            let message = format!("`{name}` is a used ruleset, not a value");
            return self.fail(
                context,
                ast,
                "wrong-type",
                message,
                Some(format!("write `{name}.…`")),
            );
        }
        self.unknown_name(context, ast, name)
    }

    fn unknown_name(&mut self, context: &mut Context<'_>, ast: &Ast, name: &str) -> Option<Typed> {
        let known = self.names_in(context);
        // A code without its quotes is a common slip.
        let code = self.domains.iter().any(|d| d.index(name).is_some());
        let help = match did_you_mean(name, known.iter().map(String::as_str)) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if code => Some(format!("codes stand in double quotes: \"{name}\"")),
            None if vocabulary::fact(ObjectKind::Line, name).is_some() => {
                Some(format!("facts of the line are written `line.{name}`"))
            }
            None => {
                Some("correct it, or define it as a measure, a parameter or an observation".into())
            }
        };
        self.fail(context, ast, "unknown-name", format!("`{name}` is not known here"), help)
    }

    pub(crate) fn observation(
        &mut self,
        id: ObservationId,
        part: ObservationPart,
        of: ObjectRef,
    ) -> Option<Typed> {
        let ty = self.observations.get(usize::from(id))?.ty.clone();
        Some((Expr::Observation(id, part, of), ty))
    }

    pub(crate) fn node(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        id: NodeId,
        of: ObjectRef,
    ) -> Option<Typed> {
        match self.node_type(id) {
            Ok(ty) => Some((Expr::Node(id, of), ty)),
            Err(TypeState::Busy) => {
                let name = self.nodes.get(id as usize).map(|n| n.name.clone()).unwrap_or_default();
                let message = format!(
                    "the type of `{name}` cannot be found, because it looks at itself here"
                );
                let help = "say its `unit:` or its `type:` (boolean, date, text)".to_string();
                self.fail(context, ast, "type-needed", message, Some(help))
            }
            // Reported where it is defined.
            Err(_) => None,
        }
    }

    fn property(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        of: &Ast,
        name: &str,
    ) -> Option<Typed> {
        // `alias.name` and `t.alias.name`: a measure or decision of a used ruleset.
        let alias = match &of.node {
            AstNode::Name(alias) if !context.variables.iter().any(|(n, _)| n == alias) => {
                Some((alias, None))
            }
            AstNode::Property(object, alias) => Some((alias, Some(object))),
            _ => None,
        };
        if let Some((alias, object)) = alias
            && let Some(used) = self.aliases.get(&(context.ruleset, alias.clone())).copied()
        {
            return self.used(context, ast, alias, used, object.map(|o| &**o), name);
        }
        let (object, ty) = self.compile_ast(context, of)?;
        let Type::Object(kind) = ty else {
            let found = self.describe(&ty);
            let help = matches!(ty, Type::Collection(_)).then(|| {
                format!(
                    "name one member: `.first(|x| …).{name}`, or ask of all: `.any(|x| x.{name} …)`"
                )
            });
            return self.fail(
                context,
                ast,
                "no-such-property",
                format!("{found} has no property `{name}`"),
                help,
            );
        };
        let of = as_reference(object);
        if let Some(word) = vocabulary::fact(kind, name) {
            return Some((Expr::Fact(word.fact, of), word.ty.to_type()));
        }
        if let Some(word) = vocabulary::collection(Some(kind), name) {
            return Some((
                collection(word.members, of, context.ruleset),
                Type::Collection(word.kind),
            ));
        }
        let key = (context.ruleset, name.to_string());
        if let Some(id) = self.by_name.get(&key).copied()
            && self.nodes.get(id as usize).map(|n| n.scope.object()) == Some(kind)
        {
            return self.node(context, ast, id, of);
        }
        if kind == ObjectKind::Timepoint
            && let Some(id) = self.observation_names.get(&key).copied()
        {
            return self.observation(id, ObservationPart::Value, of);
        }
        let mut known: Vec<String> =
            vocabulary::FACTS.iter().filter(|f| f.of == kind).map(|f| f.name.into()).collect();
        known.extend(
            vocabulary::COLLECTIONS
                .iter()
                .filter(|c| c.of == Some(kind))
                .map(|c| c.name.to_string()),
        );
        known.extend(
            self.by_name
                .iter()
                .filter(|((r, _), id)| {
                    *r == context.ruleset
                        && self.nodes.get(**id as usize).map(|n| n.scope.object()) == Some(kind)
                })
                .map(|((_, n), _)| n.clone()),
        );
        if kind == ObjectKind::Timepoint {
            known.extend(
                self.observation_names
                    .keys()
                    .filter(|(r, _)| *r == context.ruleset)
                    .map(|(_, n)| n.clone()),
            );
        }
        let help = match did_you_mean(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", one_of(known.iter().map(String::as_str))),
        };
        self.fail(
            context,
            ast,
            "no-such-property",
            format!("a {} has no `{name}`", kind.word()),
            Some(help),
        )
    }

    fn used(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        alias: &str,
        used: RulesetIndex,
        object: Option<&Ast>,
        name: &str,
    ) -> Option<Typed> {
        let (of, kind) = match object {
            None => (ObjectRef::Current, None),
            Some(object) => {
                let (object, ty) = self.compile_ast(context, object)?;
                match ty {
                    Type::Object(kind) => (as_reference(object), Some(kind)),
                    other => return self.wrong_type(context, ast, "one object", &other),
                }
            }
        };
        let id = self.by_name.get(&(used, name.to_string())).copied();
        let scope = id.and_then(|id| self.nodes.get(id as usize)).map(|n| n.scope);
        let fits = |scope: Scope| match kind {
            Some(kind) => scope.object() == kind,
            None => context.scope.chain().contains(&scope.object()),
        };
        match (id, scope) {
            (Some(id), Some(scope)) if fits(scope) => self.node(context, ast, id, of),
            (Some(_), Some(scope)) => {
                let message = format!(
                    "`{alias}.{name}` belongs to a {scope}, and this rule is about a {}",
                    context.scope
                );
                let help = (scope == Scope::Timepoint)
                    .then(|| format!("write `timepoints.…(|t| t.{alias}.{name})`"));
                self.fail(context, ast, "out-of-scope", message, help)
            }
            _ => {
                let known: Vec<String> = self
                    .by_name
                    .keys()
                    .filter(|(r, _)| *r == used)
                    .map(|(_, n)| n.clone())
                    .collect();
                let id = self
                    .rulesets
                    .get(usize::from(used))
                    .map(|r| r.id.value.clone())
                    .unwrap_or_default();
                let help = match did_you_mean(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("a ruleset used as `{alias}` here must decide `{name}`"),
                };
                let message = format!("the ruleset `{id}`, used as `{alias}`, has no `{name}`");
                self.fail(context, ast, "unknown-name", message, Some(help))
            }
        }
    }

    fn binary(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        operator: BinaryOperator,
        a: &Ast,
        b: &Ast,
    ) -> Option<Typed> {
        use BinaryOperator as Op;
        let comparison = match operator {
            Op::Equal => Some(Comparison::Equal),
            Op::NotEqual => Some(Comparison::NotEqual),
            Op::Less => Some(Comparison::Less),
            Op::LessOrEqual => Some(Comparison::LessOrEqual),
            Op::Greater => Some(Comparison::Greater),
            Op::GreaterOrEqual => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        let (left, right) = (self.compile_ast(context, a), self.compile_ast(context, b));
        let ((mut left, left_type), (mut right, right_type)) = (left?, right?);
        let Some(comparison) = comparison else {
            return self.arithmetic(
                context,
                ast,
                operator,
                (left, left_type),
                (right, right_type),
                b,
            );
        };
        // A literal text beside a code is one of its codes.
        let literal = match (&left_type, &right_type, &a.node, &b.node) {
            (Type::Code(domain), _, _, AstNode::Text(code)) => Some((*domain, b, code, false)),
            (_, Type::Code(domain), AstNode::Text(code), _) => Some((*domain, a, code, true)),
            _ => None,
        };
        if let Some((domain, text, code, on_the_left)) = literal {
            let index = Expr::Constant(Value::Code(self.code_index(context, text, domain, code)?));
            if on_the_left {
                left = index;
            } else {
                right = index;
            }
            if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
                return self.unordered(context, ast);
            }
            return Some((
                Expr::Compare(comparison, Box::new(left), Box::new(right)),
                Type::Boolean,
            ));
        }
        let comparable = match (&left_type, &right_type) {
            (Type::Number(Some(x)), Type::Number(Some(y))) if x != y => {
                let message = format!("`{x}` is compared with `{y}`");
                return self.fail(context, ast, "wrong-unit", message, unit_help(x, y));
            }
            (x, y) => self.fits(x, y) || self.fits(y, x),
        };
        if !comparable || matches!(left_type, Type::Object(_) | Type::Collection(_)) {
            let (x, y) = (self.describe(&left_type), self.describe(&right_type));
            return self.fail(
                context,
                ast,
                "wrong-type",
                format!("{x} is compared with {y}"),
                None,
            );
        }
        let ordered = matches!(left_type, Type::Number(_) | Type::Date | Type::Unknown);
        if !ordered && !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return self.unordered(context, ast);
        }
        Some((Expr::Compare(comparison, Box::new(left), Box::new(right)), Type::Boolean))
    }

    fn unordered(&mut self, context: &mut Context<'_>, ast: &Ast) -> Option<Typed> {
        let help = "compare codes and texts with `==`, `!=` or `in [\"A\", \"B\"]`".to_string();
        self.fail(context, ast, "no-order", "codes and texts have no order".into(), Some(help))
    }

    fn code_index(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        domain: u16,
        code: &str,
    ) -> Option<u16> {
        let known = self.domain_of(domain)?.clone();
        if let Some(index) = known.index(code) {
            return Some(index);
        }
        let codes = known.codes.iter().map(|c| &**c);
        let help = match did_you_mean(code, codes.clone()) {
            Some(near) => format!("did you mean \"{near}\"? its codes are {}", one_of(codes)),
            None => format!("its codes are {}", one_of(codes)),
        };
        let message = format!("\"{code}\" is no code of `{}`", known.name);
        // The code itself, without its quotes.
        let mut inside = ast.clone();
        if inside.at.end > inside.at.start + 2 {
            inside.at.start += 1;
            inside.at.end -= 1;
        }
        self.fail(context, &inside, "unknown-code", message, Some(help));
        None
    }

    fn membership(&mut self, context: &mut Context<'_>, item: &Ast, set: &Ast) -> Option<Typed> {
        let (expr, ty) = self.compile_ast(context, item)?;
        let AstNode::Array(members) = &set.node else {
            return self.fail(
                context,
                set,
                "wrong-type",
                "after `in` stands a list".into(),
                Some("such as `in [\"CR\", \"PR\"]`".into()),
            );
        };
        let mut codes = vec![];
        let mut texts = vec![];
        for member in members {
            match (&ty, &member.node) {
                (Type::Code(domain), AstNode::Text(code)) => {
                    codes.extend(self.code_index(context, member, *domain, code))
                }
                (Type::Text, AstNode::Text(text)) => texts.push(self.intern(text)),
                _ => {
                    let found = self.describe(&ty);
                    let message = format!(
                        "a list after `in` holds codes or texts in double quotes, and what stands before it is {found}"
                    );
                    return self.fail(context, member, "wrong-type", message, None);
                }
            }
        }
        match ty {
            Type::Code(_) if codes.len() == members.len() => {
                Some((Expr::CodeIn(Box::new(expr), codes), Type::Boolean))
            }
            Type::Text => Some((Expr::TextIn(Box::new(expr), texts), Type::Boolean)),
            _ => None,
        }
    }

    fn arithmetic(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        operator: BinaryOperator,
        a: Typed,
        b: Typed,
        b_ast: &Ast,
    ) -> Option<Typed> {
        use BinaryOperator as Op;
        let ((left, left_type), (right, right_type)) = (a, b);
        let arithmetic = match operator {
            Op::Plus => Arithmetic::Plus,
            Op::Minus => Arithmetic::Minus,
            Op::Times => Arithmetic::Times,
            _ => Arithmetic::DividedBy,
        };
        let days = Type::number("d");
        if left_type == Type::Date && matches!(arithmetic, Arithmetic::Plus | Arithmetic::Minus) {
            if right_type == Type::Date {
                return self.fail(
                    context,
                    ast,
                    "wrong-type",
                    "dates are not subtracted".into(),
                    Some("write `days_between(earlier, later)`".into()),
                );
            }
            if !self.fits(&right_type, &days) {
                return self.wrong_type(context, b_ast, "a duration in `d`", &right_type);
            }
            let minus = arithmetic == Arithmetic::Minus;
            return Some((Expr::DatePlus(Box::new(left), Box::new(right), minus), Type::Date));
        }
        let one: Arc<str> = "1".into();
        let unit = match (&left_type, &right_type) {
            (Type::Number(x), Type::Number(y)) => match arithmetic {
                Arithmetic::Plus | Arithmetic::Minus => match (x, y) {
                    (Some(x), Some(y)) if x != y => {
                        let message = format!("`{x}` and `{y}` are added or subtracted");
                        return self.fail(context, ast, "wrong-unit", message, unit_help(x, y));
                    }
                    (x, y) => x.clone().or(y.clone()),
                },
                Arithmetic::Times => match (x, y) {
                    (Some(x), Some(y)) if *x == one => Some(y.clone()),
                    (Some(x), Some(y)) if *y == one => Some(x.clone()),
                    (Some(x), Some(y)) if x == y => Some(format!("{x}2").into()),
                    (None, y) => y.clone(),
                    (x, None) => x.clone(),
                    (Some(x), Some(y)) => {
                        let message = format!("`{x}` is multiplied by `{y}`");
                        let help = "one of the two must be a bare number (unit `1`)".to_string();
                        return self.fail(context, ast, "wrong-unit", message, Some(help));
                    }
                },
                Arithmetic::DividedBy => match (x, y) {
                    (x, Some(y)) if *y == one => x.clone(),
                    (Some(x), Some(y)) if x == y => Some(one.clone()),
                    (None, _) => Some(one.clone()),
                    (Some(x), Some(y)) => {
                        let message = format!("`{x}` is divided by `{y}`");
                        let help = "`percent_change`, `rises_by` and `falls_by` compare shares"
                            .to_string();
                        return self.fail(context, ast, "wrong-unit", message, Some(help));
                    }
                    (Some(_), None) => {
                        let message = "this is divided by 0".to_string();
                        let help = "divide by a measure or a parameter".to_string();
                        return self.fail(context, b_ast, "wrong-unit", message, Some(help));
                    }
                },
            },
            (Type::Unknown, Type::Number(unit)) | (Type::Number(unit), Type::Unknown) => {
                unit.clone()
            }
            (x, y) => {
                let (x, y) = (self.describe(x), self.describe(y));
                return self.fail(
                    context,
                    ast,
                    "wrong-type",
                    format!("cannot calculate with {x} and {y}"),
                    None,
                );
            }
        };
        Some((Expr::Arithmetic(arithmetic, Box::new(left), Box::new(right)), Type::Number(unit)))
    }
}

/// How to mend a comparison of two units.
fn unit_help(a: &str, b: &str) -> Option<String> {
    if crate::units::conversion_factor(a, b).is_some() {
        return Some(format!("`{a}` can be converted: say the parameter or the measure in `{b}`"));
    }
    if [a, b].contains(&"1") {
        let unit = if a == "1" { b } else { a };
        return Some(format!(
            "name the number as a parameter with its unit, such as `{{value: 5 {unit}}}`"
        ));
    }
    None
}

pub(crate) fn as_reference(object: Expr) -> ObjectRef {
    match object {
        Expr::Object(reference) => reference,
        other => ObjectRef::Of(Box::new(other)),
    }
}

/// A bare collection, waiting for its method: an aggregate without a condition.
pub(crate) fn collection(
    members: vocabulary::Members,
    of: ObjectRef,
    ruleset: RulesetIndex,
) -> Expr {
    let collection = Collection { of, members, bounds: None, ruleset, filters: vec![] };
    Expr::Aggregate(Aggregate::Count, Box::new(collection), None)
}
