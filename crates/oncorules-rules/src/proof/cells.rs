//! Axes and cells: what conditions look at, cut at the constants that they compare with.

use crate::ir::{Comparison, Domain, Expr, Value};
use crate::types::Type;
use oncorules_model::Number;
use std::cmp::Ordering;
use std::sync::Arc;

/// A quantity that conditions look at, and the values that tell its cells apart.
#[derive(Debug)]
pub(super) struct Axis {
    key: String,
    pub(super) name: Arc<str>,
    pub(super) kind: AxisKind,
    /// The constants that it is compared with.
    cuts: Vec<Number>,
    /// Whether `known(…)` asks for it.
    asked_known: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum AxisKind {
    Boolean,
    /// So many codes; their names.
    Codes(Vec<Arc<str>>),
    Number,
    /// How two quantities lie to each other.
    Order,
    /// Only whether it is known matters.
    Presence,
}

/// A representative of a cell on an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Point {
    Unknown,
    Bool(bool),
    Code(u16),
    Number(Number),
    Order(Ordering),
    Present,
}

/// A condition over axes.
#[derive(Debug)]
pub(super) enum Formula {
    Constant(Option<bool>),
    Truth(usize),
    CodeIn(usize, Vec<u16>),
    Compare(usize, Comparison, Number),
    Order(usize, Comparison),
    Known(usize),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
    If(Box<Formula>, Box<Formula>, Box<Formula>),
}

pub(super) struct Axes<'a> {
    pub(super) axes: Vec<Axis>,
    pub(super) domains: &'a [Domain],
    /// The names under which facts are shown: expression and name.
    pub(super) names: Vec<(&'a Expr, &'a Arc<str>)>,
    pub(super) type_of: &'a dyn Fn(&Expr) -> Option<Type>,
}

impl Axes<'_> {
    fn axis(&mut self, expr: &Expr, kind: AxisKind) -> usize {
        let key = format!("{expr:?}");
        if let Some(at) = self.axes.iter().position(|a| a.key == key) {
            if let Some(axis) = self.axes.get_mut(at) {
                // A quantity that is asked for its presence first may be compared later.
                if axis.kind == AxisKind::Presence {
                    axis.kind = kind;
                }
            }
            return at;
        }
        let name = self
            .names
            .iter()
            .find(|(e, _)| *e == expr)
            .map(|(_, n)| (*n).clone())
            .unwrap_or_else(|| "a condition".into());
        self.axes.push(Axis { key, name, kind, cuts: vec![], asked_known: false });
        self.axes.len() - 1
    }

    /// The condition as a formula; what is not understood is an axis of its own.
    pub(super) fn formula(&mut self, expr: &Expr) -> Formula {
        match expr {
            Expr::Constant(Value::Bool(b)) => Formula::Constant(Some(*b)),
            Expr::Constant(_) => Formula::Constant(None),
            Expr::Not(a) => Formula::Not(Box::new(self.formula(a))),
            Expr::And(parts) => Formula::And(parts.iter().map(|p| self.formula(p)).collect()),
            Expr::Or(parts) => Formula::Or(parts.iter().map(|p| self.formula(p)).collect()),
            Expr::If(c, a, b) => Formula::If(
                Box::new(self.formula(c)),
                Box::new(self.formula(a)),
                Box::new(self.formula(b)),
            ),
            Expr::CodeIn(a, codes) => match self.codes(a) {
                Some(kind) => Formula::CodeIn(self.axis(a, kind), codes.clone()),
                None => Formula::Truth(self.axis(expr, AxisKind::Boolean)),
            },
            Expr::Known(a) => {
                let kind = match (self.type_of)(a) {
                    Some(Type::Boolean) => AxisKind::Boolean,
                    Some(Type::Code(_)) => self.codes(a).unwrap_or(AxisKind::Presence),
                    _ => AxisKind::Presence,
                };
                let at = self.axis(a, kind);
                if let Some(axis) = self.axes.get_mut(at) {
                    axis.asked_known = true;
                }
                Formula::Known(at)
            }
            Expr::Compare(comparison, a, b) => self.comparison(*comparison, a, b),
            other => Formula::Truth(self.axis(other, AxisKind::Boolean)),
        }
    }

    fn codes(&self, expr: &Expr) -> Option<AxisKind> {
        match (self.type_of)(expr) {
            Some(Type::Code(domain)) => {
                self.domains.get(usize::from(domain)).map(|d| AxisKind::Codes(d.codes.clone()))
            }
            _ => None,
        }
    }

    fn comparison(&mut self, comparison: Comparison, a: &Expr, b: &Expr) -> Formula {
        let code = |e: &Expr| match e {
            Expr::Constant(Value::Code(code)) => Some(*code),
            _ => None,
        };
        if let Some((of, code)) = code(b).map(|c| (a, c)).or(code(a).map(|c| (b, c)))
            && let Some(kind) = self.codes(of)
        {
            let test = Formula::CodeIn(self.axis(of, kind), vec![code]);
            return if comparison == Comparison::NotEqual {
                Formula::Not(Box::new(test))
            } else {
                test
            };
        }
        let (turned, of, limit) = match (constant(a), constant(b)) {
            (None, Some(limit)) => (comparison, a, limit),
            (Some(limit), None) => (turn(comparison), b, limit),
            (Some(x), Some(y)) => return Formula::Constant(Some(holds(comparison, x.cmp(&y)))),
            (None, None) => {
                // `x < y`: how the two lie to each other, whichever stands first.
                let ordered = matches!((self.type_of)(a), Some(Type::Number(_) | Type::Date));
                let (first, second, comparison) = if format!("{a:?}") <= format!("{b:?}") {
                    (a, b, comparison)
                } else {
                    (b, a, turn(comparison))
                };
                if !ordered {
                    let pair = Expr::Compare(
                        Comparison::Equal,
                        Box::new(first.clone()),
                        Box::new(second.clone()),
                    );
                    let test = Formula::Truth(self.axis(&pair, AxisKind::Boolean));
                    return if comparison == Comparison::NotEqual {
                        Formula::Not(Box::new(test))
                    } else {
                        test
                    };
                }
                let pair = Expr::Compare(
                    Comparison::Less,
                    Box::new(first.clone()),
                    Box::new(second.clone()),
                );
                return Formula::Order(self.axis(&pair, AxisKind::Order), comparison);
            }
        };
        let at = self.axis(of, AxisKind::Number);
        if let Some(axis) = self.axes.get_mut(at)
            && !axis.cuts.contains(&limit)
        {
            axis.cuts.push(limit);
        }
        Formula::Compare(at, turned, limit)
    }
}

/// A constant number, parameters at their value.
fn constant(expr: &Expr) -> Option<Number> {
    match expr {
        Expr::Constant(Value::Number(n)) | Expr::Parameter(Value::Number(n), _) => Some(*n),
        Expr::Negate(a) => constant(a)?.negated(),
        _ => None,
    }
}

fn turn(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

fn holds(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
    }
}

impl Axis {
    /// A representative of every cell.
    pub(super) fn points(&self) -> Vec<Point> {
        let mut points = match &self.kind {
            AxisKind::Boolean => vec![Point::Bool(true), Point::Bool(false)],
            AxisKind::Codes(codes) => {
                (0..codes.len()).filter_map(|c| u16::try_from(c).ok()).map(Point::Code).collect()
            }
            AxisKind::Order => vec![
                Point::Order(Ordering::Less),
                Point::Order(Ordering::Equal),
                Point::Order(Ordering::Greater),
            ],
            AxisKind::Presence => vec![Point::Present],
            AxisKind::Number => {
                let mut cuts = self.cuts.clone();
                cuts.sort();
                let one = Number::from(1);
                let mut points = vec![];
                points.extend(cuts.first().and_then(|c| c.minus(one)));
                for (at, cut) in cuts.iter().enumerate() {
                    points.push(*cut);
                    points.extend(match cuts.get(at + 1) {
                        Some(next) => {
                            cut.plus(*next).and_then(|sum| sum.divided_by(Number::from(2)))
                        }
                        None => cut.plus(one),
                    });
                }
                points.into_iter().map(Point::Number).collect()
            }
        };
        if self.asked_known {
            points.push(Point::Unknown);
        }
        points
    }

    /// `change is above -30`, for a message.
    pub(super) fn shown(&self, point: Point) -> String {
        let name = &self.name;
        match (point, &self.kind) {
            (Point::Unknown, _) => format!("{name} is unknown"),
            (Point::Bool(b), _) => format!("{name} is {}", if b { "true" } else { "false" }),
            (Point::Code(c), AxisKind::Codes(codes)) => {
                format!("{name} is {}", codes.get(usize::from(c)).map_or("?", |c| c))
            }
            (Point::Number(n), _) => format!("{name} is {n}"),
            (Point::Order(o), _) => format!(
                "the first quantity of `{name}` is {}",
                match o {
                    Ordering::Less => "less than the second",
                    Ordering::Equal => "equal to the second",
                    Ordering::Greater => "greater than the second",
                }
            ),
            _ => format!("{name} is known"),
        }
    }
}

impl Formula {
    /// How many parts it has.
    pub(super) fn size(&self) -> u64 {
        match self {
            Formula::Not(a) => 1 + a.size(),
            Formula::And(parts) | Formula::Or(parts) => {
                1 + parts.iter().map(Formula::size).sum::<u64>()
            }
            Formula::If(c, a, b) => 1 + c.size() + a.size() + b.size(),
            _ => 1,
        }
    }

    /// Its truth in a cell; `None`: unknown.
    pub(super) fn holds(&self, cell: &[Point]) -> Option<bool> {
        let at = |axis: &usize| cell.get(*axis).copied().unwrap_or(Point::Unknown);
        match self {
            Formula::Constant(truth) => *truth,
            Formula::Truth(axis) => match at(axis) {
                Point::Bool(b) => Some(b),
                _ => None,
            },
            Formula::CodeIn(axis, codes) => match at(axis) {
                Point::Code(code) => Some(codes.contains(&code)),
                _ => None,
            },
            Formula::Compare(axis, comparison, limit) => match at(axis) {
                Point::Number(n) => Some(holds(*comparison, n.cmp(limit))),
                _ => None,
            },
            Formula::Order(axis, comparison) => match at(axis) {
                Point::Order(o) => Some(holds(*comparison, o)),
                _ => None,
            },
            Formula::Known(axis) => Some(at(axis) != Point::Unknown),
            Formula::Not(a) => a.holds(cell).map(|b| !b),
            Formula::And(parts) => {
                let truths: Vec<Option<bool>> = parts.iter().map(|p| p.holds(cell)).collect();
                if truths.contains(&Some(false)) {
                    Some(false)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Formula::Or(parts) => {
                let truths: Vec<Option<bool>> = parts.iter().map(|p| p.holds(cell)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Formula::If(c, a, b) => match c.holds(cell) {
                Some(true) => a.holds(cell),
                Some(false) => b.holds(cell),
                None => None,
            },
        }
    }
}
