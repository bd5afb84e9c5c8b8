//! What a row looks at, for its trace: the names in its condition, each with its value.

use super::names::{Builder, Context};
use crate::ir::*;
use crate::syntax::{Ast, AstNode, BinaryOperator};
use crate::types::Type;

impl Builder<'_> {
    /// The facts of an expression, each once, in the order in which they stand.
    pub(crate) fn facts(&mut self, context: &mut Context<'_>, ast: &Ast) -> Vec<FactRef> {
        let mut parts = vec![];
        collect(ast, &mut parts);
        let silent = std::mem::replace(&mut context.silent, true);
        let mut facts: Vec<FactRef> = vec![];
        for part in parts {
            let name = written(part);
            if facts.iter().any(|f| *f.name == *name) {
                continue;
            }
            if let Some((expr, ty)) = self.compile_ast(context, part)
                && !matches!(ty, Type::Object(_) | Type::Collection(_) | Type::Unknown)
            {
                facts.push(FactRef { name: name.into(), expr, ty });
            }
        }
        context.silent = silent;
        facts
    }
}

/// The parts of an expression that stand for a fact: names, properties, temporal words, aggregates.
fn collect<'a>(ast: &'a Ast, into: &mut Vec<&'a Ast>) {
    match &ast.node {
        AstNode::Name(_) | AstNode::Property(..) | AstNode::Method(..) => into.push(ast),
        AstNode::Call(name, arguments) => match name.as_str() {
            "baseline" | "nadir" | "peak" | "previous" | "baseline_date" | "nadir_date"
            | "upper_limit" | "lower_limit" => into.push(ast),
            _ => arguments.iter().for_each(|a| collect(a, into)),
        },
        AstNode::Binary(_, a, b) | AstNode::In(a, b) => {
            collect(a, into);
            collect(b, into);
        }
        AstNode::Not(a) | AstNode::Negate(a) => collect(a, into),
        AstNode::And(parts) | AstNode::Or(parts) | AstNode::Coalesce(parts) => {
            parts.iter().for_each(|p| collect(p, into))
        }
        AstNode::If(c, a, b) => {
            collect(c, into);
            collect(a, into);
            collect(b, into);
        }
        AstNode::Number(_)
        | AstNode::Bool(_)
        | AstNode::Text(_)
        | AstNode::Unknown
        | AstNode::This
        | AstNode::Array(_)
        | AstNode::Closure(..) => {}
    }
}

/// An expression written out on one line.
pub(crate) fn written(ast: &Ast) -> String {
    let list = |items: &[Ast]| items.iter().map(written).collect::<Vec<_>>().join(", ");
    let join = |items: &[Ast], with: &str| items.iter().map(nested).collect::<Vec<_>>().join(with);
    match &ast.node {
        AstNode::Number(n) => n.to_string(),
        AstNode::Bool(b) => b.to_string(),
        AstNode::Text(t) => format!("\"{t}\""),
        AstNode::Unknown => "()".into(),
        AstNode::Array(items) => format!("[{}]", list(items)),
        AstNode::Name(n) => n.clone(),
        AstNode::This => "this".into(),
        AstNode::Property(a, p) => format!("{}.{p}", written(a)),
        AstNode::Method(a, m, arguments) => format!("{}.{m}({})", written(a), list(arguments)),
        AstNode::Call(f, arguments) => format!("{f}({})", list(arguments)),
        AstNode::Closure(p, body) => format!("|{}| {}", p.join(", "), written(body)),
        AstNode::Binary(op, a, b) => format!("{} {} {}", nested(a), sign(*op), nested(b)),
        AstNode::Not(a) => format!("!{}", nested(a)),
        AstNode::Negate(a) => format!("-{}", nested(a)),
        AstNode::And(items) => join(items, " && "),
        AstNode::Or(items) => join(items, " || "),
        AstNode::Coalesce(items) => join(items, " ?? "),
        AstNode::If(c, a, b) => {
            format!("if {} {{ {} }} else {{ {} }}", written(c), written(a), written(b))
        }
        AstNode::In(a, b) => format!("{} in {}", nested(a), written(b)),
    }
}

fn nested(ast: &Ast) -> String {
    match &ast.node {
        AstNode::Binary(..)
        | AstNode::And(_)
        | AstNode::Or(_)
        | AstNode::Coalesce(_)
        | AstNode::In(..)
        | AstNode::If(..) => format!("({})", written(ast)),
        _ => written(ast),
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::Plus => "+",
        BinaryOperator::Minus => "-",
        BinaryOperator::Times => "*",
        BinaryOperator::Divide => "/",
    }
}
