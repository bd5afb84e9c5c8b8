//! Values and templates as text.

use crate::eval::Evaluator;
use oncorules_model::{Number, Scalar};
use oncorules_rules::*;
use std::fmt::Write as _;
use std::sync::Arc;

impl Evaluator<'_> {
    /// A value for the report.
    pub(crate) fn scalar(&self, value: Value, ty: &Type) -> Option<Scalar> {
        Some(match value {
            Value::Unknown | Value::Object(_) => return None,
            Value::Bool(b) => Scalar::Bool(b),
            Value::Number(number) => Scalar::Number(number),
            Value::Date(date) => Scalar::Date(date),
            Value::Text(text) => Scalar::Text(self.course.text(text)),
            Value::Code(code) => match ty {
                Type::Code(domain) => {
                    Scalar::Text(self.course.program.code(*domain, code)?.clone())
                }
                _ => return None,
            },
        })
    }

    /// A value in words, with its unit.
    pub(crate) fn in_words(&self, value: Value, ty: &Type, into: &mut String) {
        match (value, ty) {
            (Value::Number(number), Type::Number(unit)) => {
                rounded(number, into);
                if let Some(unit) = unit.as_deref().filter(|u| *u != "1") {
                    let _ = write!(into, " {unit}");
                }
            }
            (value, ty) => match self.scalar(value, ty) {
                Some(scalar) => {
                    let _ = write!(into, "{scalar}");
                }
                None => into.push_str("unknown"),
            },
        }
    }

    /// A template with its values filled in.
    pub(crate) fn fill(&self, template: &Template) -> Arc<str> {
        let mut text = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Value(expr, ty) => self.in_words(self.eval(expr), ty, &mut text),
            }
        }
        text.into()
    }

    /// A template filled in, or `None` where one of its values is unknown: an option with an
    /// empty list in it says nothing.
    pub(crate) fn fill_known(&self, template: &Template) -> Option<Arc<str>> {
        let known = template.0.iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Value(expr, _) => self.eval(expr).is_known(),
        });
        known.then(|| self.fill(template))
    }
}

/// A number in words: two decimals, more where two would make it look like a round number that it
/// is not (29.996 % is no 30 %).
fn rounded(number: Number, into: &mut String) {
    let exact = number.to_string();
    let Some((_, fraction)) = exact.split_once('.') else {
        into.push_str(&exact);
        return;
    };
    if fraction.len() <= 2 {
        into.push_str(&exact);
        return;
    }
    for places in [2usize, 4] {
        let short = format!("{:.places$}", number.to_f64());
        let trimmed = short.trim_end_matches('0');
        if !trimmed.ends_with('.') {
            into.push_str(trimmed);
            return;
        }
    }
    into.push_str(&exact);
}
