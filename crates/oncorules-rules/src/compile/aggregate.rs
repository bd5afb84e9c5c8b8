//! Methods of collections and the functions of the rule language.

use super::expression::{Typed, as_reference};
use super::names::{Builder, Context};
use crate::ir::*;
use crate::syntax::{Ast, AstNode};
use crate::types::{ObjectKind, Type};
use crate::vocabulary::{self, Members};
use oncorules_source::{did_you_mean, one_of};

/// Closures may nest this deep.
pub const MAX_CLOSURES: usize = 8;

impl Builder<'_> {
    pub(crate) fn method(&mut self, context: &mut Context<'_>, ast: &Ast) -> Option<Typed> {
        let AstNode::Method(receiver, name, arguments) = &ast.node else { return None };
        let (object, ty) = self.compile_ast(context, receiver)?;
        let (Type::Collection(kind), Expr::Aggregate(Aggregate::Count, mut collection, None)) =
            (ty.clone(), object)
        else {
            let found = self.describe(&ty);
            return self.fail(
                context,
                ast,
                "no-such-method",
                format!("{found} has no method `{name}`"),
                None,
            );
        };
        let aggregate = match name.as_str() {
            "filter" => {
                let closure = self.closure(context, ast, arguments, kind, Some(&Type::Boolean))?;
                collection.filters.push(closure.0?);
                return Some((
                    Expr::Aggregate(Aggregate::Count, collection, None),
                    Type::Collection(kind),
                ));
            }
            "any" => Aggregate::Any,
            "all" => Aggregate::All,
            "none" => Aggregate::None,
            "count" | "len" => Aggregate::Count,
            "sum" => Aggregate::Sum,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            "first" => Aggregate::First,
            "last" => Aggregate::Last,
            "is_empty" => Aggregate::IsEmpty,
            "list" => Aggregate::List,
            other => {
                let help = match did_you_mean(other, vocabulary::METHODS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        format!("collections have {}", one_of(vocabulary::METHODS.iter().copied()))
                    }
                };
                let message = format!("a collection has no method `{other}`");
                return self.fail(context, ast, "no-such-method", message, Some(help));
            }
        };
        let expected = match aggregate {
            Aggregate::Any
            | Aggregate::All
            | Aggregate::None
            | Aggregate::Count
            | Aggregate::First
            | Aggregate::Last => Some(Type::Boolean),
            _ => None,
        };
        let closure_needed = !matches!(
            aggregate,
            Aggregate::Count | Aggregate::First | Aggregate::Last | Aggregate::IsEmpty
        );
        if arguments.is_empty() && !closure_needed {
            let ty = match aggregate {
                Aggregate::Count => {
                    // Not `None`: this count is a number, no collection that waits for its method.
                    let always = Closure {
                        slot: u8::try_from(context.variables.len()).ok()?,
                        body: Expr::Constant(Value::Bool(true)),
                    };
                    return Some((
                        Expr::Aggregate(Aggregate::Count, collection, Some(Box::new(always))),
                        Type::number("1"),
                    ));
                }
                Aggregate::IsEmpty => Type::Boolean,
                _ => Type::Object(kind),
            };
            return Some((Expr::Aggregate(aggregate, collection, None), ty));
        }
        let (closure, body_type) =
            self.closure(context, ast, arguments, kind, expected.as_ref())?;
        let mut closure = closure?;
        let ty = match aggregate {
            Aggregate::Any | Aggregate::All | Aggregate::None | Aggregate::IsEmpty => Type::Boolean,
            Aggregate::Count => Type::number("1"),
            Aggregate::First | Aggregate::Last => Type::Object(kind),
            Aggregate::Sum => match body_type {
                Type::Number(_) => body_type,
                other => return self.wrong_type(context, ast, "a number for each member", &other),
            },
            Aggregate::Min | Aggregate::Max => match body_type {
                Type::Number(_) | Type::Date => body_type,
                other => {
                    return self.wrong_type(
                        context,
                        ast,
                        "a number or a date for each member",
                        &other,
                    );
                }
            },
            Aggregate::List => match body_type {
                Type::Text => Type::Text,
                Type::Code(domain) => {
                    closure.body = Expr::CodeText(Box::new(closure.body), domain);
                    Type::Text
                }
                other => {
                    return self.wrong_type(
                        context,
                        ast,
                        "a text or a code for each member",
                        &other,
                    );
                }
            },
        };
        if aggregate == Aggregate::IsEmpty {
            return self.fail(
                context,
                ast,
                "arguments",
                "`is_empty` takes no closure".into(),
                Some("filter first, or write `.none(|x| …)`".into()),
            );
        }
        Some((Expr::Aggregate(aggregate, collection, Some(Box::new(closure))), ty))
    }

    /// The closure that is a method's only argument. The outer `None`: reported; the inner one
    /// cannot be.
    fn closure(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        arguments: &[Ast],
        kind: ObjectKind,
        expected: Option<&Type>,
    ) -> Option<(Option<Closure>, Type)> {
        let [Ast { node: AstNode::Closure(parameters, body), .. }] = arguments else {
            let message = "this method takes one closure".to_string();
            self.fail(context, ast, "arguments", message, Some("such as `|x| x.date`".into()));
            return None;
        };
        let [parameter] = parameters.as_slice() else {
            self.fail(
                context,
                ast,
                "arguments",
                "this closure takes one parameter".into(),
                Some("such as `|x| …`".into()),
            );
            return None;
        };
        if context.variables.len() >= MAX_CLOSURES {
            let message = format!("closures nest more than {MAX_CLOSURES} deep");
            self.fail(
                context,
                ast,
                "too-deep",
                message,
                Some("give the inner part a name under `measures:`".into()),
            );
            return None;
        }
        let slot = u8::try_from(context.variables.len()).ok()?;
        context.variables.push((parameter.clone(), kind));
        let body = match expected {
            Some(expected) => self.of_type(context, body, expected).map(|e| (e, expected.clone())),
            None => self.compile_ast(context, body),
        };
        context.variables.pop();
        let (body, ty) = body?;
        Some((Some(Closure { slot, body }), ty))
    }

    pub(crate) fn call(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        name: &str,
        arguments: &[Ast],
    ) -> Option<Typed> {
        let temporal = match name {
            "baseline" => Some(Temporal::Baseline),
            "nadir" => Some(Temporal::Nadir),
            "peak" => Some(Temporal::Peak),
            "previous" => Some(Temporal::Previous),
            "baseline_date" => Some(Temporal::BaselineDate),
            "nadir_date" => Some(Temporal::NadirDate),
            _ => None,
        };
        if let Some(temporal) = temporal {
            return self.temporal(context, ast, temporal, arguments);
        }
        let count = |n: usize| arguments.len() == n;
        let percent = Type::number("%");
        match name {
            "known" if count(1) => {
                let (value, ty) = self.compile_ast(context, arguments.first()?)?;
                if matches!(ty, Type::Collection(_)) {
                    let message = "a collection is always known".to_string();
                    return self.fail(
                        context,
                        ast,
                        "wrong-type",
                        message,
                        Some("ask `.is_empty()`, or of a member".into()),
                    );
                }
                Some((Expr::Known(Box::new(value)), Type::Boolean))
            }
            "percent_change" if count(2) => {
                let (mut values, _) = self.numbers(context, arguments)?;
                let (b, a) = (values.pop()?, values.pop()?);
                Some((Expr::PercentChange(Box::new(a), Box::new(b)), percent))
            }
            "rises_by" | "falls_by" if count(3) => {
                let (first, last) = arguments.split_at(2);
                let values = self.numbers(context, first);
                let by = self.of_type(context, last.first()?, &percent);
                let ((mut values, _), by) = (values?, Box::new(by?));
                let (b, a) = (Box::new(values.pop()?), Box::new(values.pop()?));
                let expr = if name == "rises_by" {
                    Expr::RisesBy(a, b, by)
                } else {
                    Expr::FallsBy(a, b, by)
                };
                Some((expr, Type::Boolean))
            }
            "days_between" if count(2) => {
                let mut dates = self.dates(context, arguments)?;
                let (b, a) = (dates.pop()?, dates.pop()?);
                Some((Expr::DaysBetween(Box::new(a), Box::new(b)), Type::number("d")))
            }
            "earliest_known" if !arguments.is_empty() => {
                Some((Expr::EarliestKnown(self.dates(context, arguments)?), Type::Date))
            }
            "latest_known" if !arguments.is_empty() => {
                Some((Expr::LatestKnown(self.dates(context, arguments)?), Type::Date))
            }
            "abs" if count(1) => {
                let (mut values, ty) = self.numbers(context, arguments)?;
                Some((Expr::Absolute(Box::new(values.pop()?)), ty))
            }
            "min" if !arguments.is_empty() => {
                let (values, ty) = self.numbers(context, arguments)?;
                Some((Expr::Smallest(values), ty))
            }
            "max" if !arguments.is_empty() => {
                let (values, ty) = self.numbers(context, arguments)?;
                Some((Expr::Largest(values), ty))
            }
            "between" if count(2) => {
                let expected = Type::Object(ObjectKind::Timepoint);
                let parts: Vec<Option<Expr>> =
                    arguments.iter().map(|a| self.of_type(context, a, &expected)).collect();
                let mut parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
                let (b, a) = (parts.pop()?, parts.pop()?);
                let collection = Collection {
                    of: ObjectRef::Current,
                    members: Members::Between,
                    bounds: Some(Box::new((a, b))),
                    ruleset: context.ruleset,
                    filters: vec![],
                };
                Some((
                    Expr::Aggregate(Aggregate::Count, Box::new(collection), None),
                    Type::Collection(ObjectKind::Timepoint),
                ))
            }
            "upper_limit" | "lower_limit" if count(1) => {
                let part = if name == "upper_limit" {
                    ObservationPart::UpperLimit
                } else {
                    ObservationPart::LowerLimit
                };
                let argument = arguments.first()?;
                match self.compile_ast(context, argument)? {
                    (Expr::Observation(id, ObservationPart::Value, of), Type::Number(_)) => {
                        self.observation(id, part, of)
                    }
                    (_, ty) => {
                        self.wrong_type(context, argument, "an observation with a unit", &ty)
                    }
                }
            }
            _ => self.function(context, ast, name, arguments),
        }
    }

    fn function(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        name: &str,
        arguments: &[Ast],
    ) -> Option<Typed> {
        if let Some((id, takes, gives)) =
            self.functions.get(&(context.ruleset, name.to_string())).cloned()
        {
            if takes.len() != arguments.len() {
                let message = format!(
                    "`{name}` takes {} arguments, {} are given",
                    takes.len(),
                    arguments.len()
                );
                return self.fail(context, ast, "arguments", message, None);
            }
            let values: Vec<Option<Expr>> =
                arguments.iter().zip(&takes).map(|(a, t)| self.of_type(context, a, t)).collect();
            return Some((Expr::Script(id, values.into_iter().collect::<Option<_>>()?), gives));
        }
        if vocabulary::FUNCTIONS.contains(&name) {
            let takes = match name {
                "known" | "abs" | "upper_limit" | "lower_limit" => "one argument",
                "rises_by" | "falls_by" => "three: from, to and a percentage",
                "percent_change" | "days_between" | "between" => "two arguments",
                _ => "at least one argument",
            };
            let message = format!("`{name}` takes {takes}; {} are given", arguments.len());
            return self.fail(context, ast, "arguments", message, None);
        }
        let own: Vec<String> = self
            .functions
            .keys()
            .filter(|(r, _)| *r == context.ruleset)
            .map(|(_, n)| n.clone())
            .collect();
        let known = vocabulary::FUNCTIONS.iter().copied().chain(own.iter().map(String::as_str));
        let help = match did_you_mean(name, known) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None => Some(
                "a function of a `.rhai` file must be declared under `functions:` with its types"
                    .into(),
            ),
        };
        self.fail(context, ast, "unknown-function", format!("there is no function `{name}`"), help)
    }

    fn numbers(
        &mut self,
        context: &mut Context<'_>,
        arguments: &[Ast],
    ) -> Option<(Vec<Expr>, Type)> {
        let (values, ty) = self.same_type(context, arguments)?;
        match ty {
            Type::Number(_) | Type::Unknown => Some((values, ty)),
            other => {
                self.wrong_type(context, arguments.first()?, "a number", &other);
                None
            }
        }
    }

    fn dates(&mut self, context: &mut Context<'_>, arguments: &[Ast]) -> Option<Vec<Expr>> {
        let dates: Vec<Option<Expr>> =
            arguments.iter().map(|a| self.of_type(context, a, &Type::Date)).collect();
        dates.into_iter().collect()
    }

    fn temporal(
        &mut self,
        context: &mut Context<'_>,
        ast: &Ast,
        temporal: Temporal,
        arguments: &[Ast],
    ) -> Option<Typed> {
        let word = temporal.word();
        let [argument] = arguments else {
            return self.fail(
                context,
                ast,
                "arguments",
                format!("`{word}` takes one measure"),
                None,
            );
        };
        let (value, ty) = self.compile_ast(context, argument)?;
        let (series, of) = match value {
            Expr::Node(id, of) => (Series::Node(id), of),
            Expr::Observation(id, part, of) => (Series::Observation(id, part), of),
            _ => {
                let message =
                    format!("`{word}` takes the name of a measure, a decision or an observation");
                let help = "give the calculation a name under `measures:` first".to_string();
                return self.fail(context, argument, "arguments", message, Some(help));
            }
        };
        if let Series::Node(id) = &series {
            let scope = self.nodes.get(*id as usize).map(|n| n.scope.object());
            if !matches!(scope, Some(ObjectKind::Timepoint | ObjectKind::Lesion)) {
                let message =
                    format!("`{word}` is asked of something that has one value for the whole line");
                return self.fail(context, argument, "out-of-scope", message, None);
            }
        }
        let ty = match temporal {
            Temporal::BaselineDate | Temporal::NadirDate => Type::Date,
            Temporal::Nadir | Temporal::Peak if !matches!(ty, Type::Number(_) | Type::Date) => {
                return self.wrong_type(context, argument, "a number", &ty);
            }
            _ => ty,
        };
        let of = match of {
            ObjectRef::Of(object) => as_reference(*object),
            other => other,
        };
        Some((Expr::Temporal(temporal, series, of), ty))
    }
}
