//! From the text of an expression to a small tree of our own.
//!
//! Rhai parses; this module (and [`crate::script`]) is all that knows Rhai. Positions are kept as
//! character offsets into the expression's text.

use crate::number_literal::number_at;
use crate::syntax_help::explain;
use oncorules_model::Number;
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, OptimizationLevel, Position, Stmt};

/// An expression with the place where it stands in its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ast {
    pub(crate) at: Place,
    pub(crate) node: AstNode,
}

/// Character offsets into the expression's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AstNode {
    Number(Number),
    Bool(bool),
    Text(String),
    /// `()`: unknown.
    Unknown,
    Array(Vec<Ast>),
    Name(String),
    /// `this`: the object that the expression is about.
    This,
    Property(Box<Ast>, String),
    Method(Box<Ast>, String, Vec<Ast>),
    Call(String, Vec<Ast>),
    Closure(Vec<String>, Box<Ast>),
    Binary(BinaryOperator, Box<Ast>, Box<Ast>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    And(Vec<Ast>),
    Or(Vec<Ast>),
    /// `a ?? b`: `a` where it is known, else `b`.
    Coalesce(Vec<Ast>),
    If(Box<Ast>, Box<Ast>, Box<Ast>),
    /// `x in [..]`.
    In(Box<Ast>, Box<Ast>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
}

/// What is wrong with an expression, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) at: Place,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// An expression may nest this deep; Rhai's own default differs between debug and release.
const MAX_EXPRESSION_DEPTH: usize = 64;
/// An expression may be this long.
const MAX_EXPRESSION_LENGTH: usize = 20_000;

/// Parses one expression.
pub(crate) fn parse(text: &str) -> Result<Ast, SyntaxError> {
    if text.chars().count() > MAX_EXPRESSION_LENGTH {
        return Err(SyntaxError {
            at: Place { start: 0, end: 1 },
            message: format!("this expression is longer than {MAX_EXPRESSION_LENGTH} characters"),
            help: Some("split it into measures with names of their own".into()),
        });
    }
    let mut engine = Engine::new_raw();
    // Optimising folds constants and loses their positions.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH);
    let ast = engine.compile_expression(text).map_err(|error| {
        explain(text, offset(text, error.position()), &error.err_type().to_string())
    })?;
    let reader = Reader { text, ast: &ast };
    match ast.statements() {
        [Stmt::Expr(expression)] => reader.expression(expression),
        _ => Err(SyntaxError {
            at: Place { start: 0, end: text.chars().count() },
            message: "this is not one expression".into(),
            help: None,
        }),
    }
}

fn offset(text: &str, position: Position) -> usize {
    let Some(line) = position.line() else { return 0 };
    let before: usize = text.split('\n').take(line - 1).map(|l| l.chars().count() + 1).sum();
    before + position.position().unwrap_or(1).saturating_sub(1)
}

struct Reader<'a> {
    text: &'a str,
    ast: &'a AST,
}

type Read = Result<Ast, SyntaxError>;

impl Reader<'_> {
    fn place(&self, position: Position, length: usize) -> Place {
        let start = offset(self.text, position);
        Place { start, end: start + length.max(1) }
    }

    fn refuse(&self, position: Position, what: &str) -> SyntaxError {
        SyntaxError {
            at: self.place(position, 1),
            message: format!("{what} is not part of the rule language"),
            help: Some("see 'Expressions' in the reference of the rule language".into()),
        }
    }

    fn expression(&self, expression: &Expr) -> Read {
        let ast = |at, node| Ok(Ast { at, node });
        match expression {
            Expr::BoolConstant(value, p) => {
                ast(self.place(*p, if *value { 4 } else { 5 }), AstNode::Bool(*value))
            }
            Expr::IntegerConstant(_, p) | Expr::FloatConstant(_, p) => {
                let at = self.place(*p, 1);
                let number = number_at(self.text, at.start).ok_or_else(|| SyntaxError {
                    at,
                    message: "this number is no plain decimal that can be kept exactly".into(),
                    help: Some("write up to 12 digits before and 6 after the point".into()),
                })?;
                ast(at, AstNode::Number(number))
            }
            Expr::StringConstant(text, p) => {
                ast(self.place(*p, text.chars().count() + 2), AstNode::Text(text.to_string()))
            }
            Expr::CharConstant(c, p) => ast(self.place(*p, 3), AstNode::Text(c.to_string())),
            Expr::Unit(p) => ast(self.place(*p, 2), AstNode::Unknown),
            Expr::Array(items, p) => {
                let items = items.iter().map(|i| self.expression(i)).collect::<Result<_, _>>()?;
                ast(self.place(*p, 1), AstNode::Array(items))
            }
            Expr::Variable(variable, _, p) => {
                let name = variable.1.to_string();
                ast(self.place(*p, name.chars().count()), AstNode::Name(name))
            }
            Expr::ThisPtr(p) => ast(self.place(*p, 4), AstNode::This),
            Expr::And(parts, p) => {
                let parts = parts.iter().map(|i| self.expression(i)).collect::<Result<_, _>>()?;
                ast(self.place(*p, 2), AstNode::And(parts))
            }
            Expr::Or(parts, p) => {
                let parts = parts.iter().map(|i| self.expression(i)).collect::<Result<_, _>>()?;
                ast(self.place(*p, 2), AstNode::Or(parts))
            }
            Expr::Coalesce(parts, p) => {
                let parts = parts.iter().map(|i| self.expression(i)).collect::<Result<_, _>>()?;
                ast(self.place(*p, 2), AstNode::Coalesce(parts))
            }
            Expr::Dot(pair, ..) => {
                let receiver = self.expression(&pair.lhs)?;
                self.chain(receiver, &pair.rhs)
            }
            Expr::FnCall(call, p) => self.call(call, *p),
            Expr::DynamicConstant(value, p) => self.closure_named(value, *p),
            Expr::Stmt(block) => self.block(block.statements(), block.position()),
            Expr::Index(_, _, p) => Err(SyntaxError {
                at: self.place(*p, 1),
                message: "indexing with `[ ]` is not part of the rule language".into(),
                help: Some("write `.first()`, `.last()` or `.filter(|x| …)`".into()),
            }),
            Expr::InterpolatedString(_, p) => Err(self.refuse(*p, "an interpolated string")),
            Expr::Map(_, p) => Err(self.refuse(*p, "an object map")),
            other => Err(self.refuse(other.position(), "this")),
        }
    }

    /// `.name`, `.name(…)` and what follows.
    fn chain(&self, receiver: Ast, rest: &Expr) -> Read {
        match rest {
            Expr::Property(property, p) => {
                let name = property.2.to_string();
                let at = self.place(*p, name.chars().count());
                Ok(Ast { at, node: AstNode::Property(Box::new(receiver), name) })
            }
            Expr::MethodCall(call, p) => {
                let name = call.name.to_string();
                let at = self.place(*p, name.chars().count());
                let arguments =
                    call.args.iter().map(|a| self.expression(a)).collect::<Result<_, _>>()?;
                Ok(Ast { at, node: AstNode::Method(Box::new(receiver), name, arguments) })
            }
            Expr::Dot(pair, ..) => {
                let receiver = self.chain(receiver, &pair.lhs)?;
                self.chain(receiver, &pair.rhs)
            }
            other => Err(self.refuse(other.position(), "this")),
        }
    }

    fn call(&self, call: &FnCallExpr, position: Position) -> Read {
        let name = call.name.as_str();
        let at = self.place(position, name.chars().count());
        let arguments: Vec<Ast> =
            call.args.iter().map(|a| self.expression(a)).collect::<Result<_, _>>()?;
        use BinaryOperator as Op;
        let operator = match name {
            "==" => Some(Op::Equal),
            "!=" => Some(Op::NotEqual),
            "<" => Some(Op::Less),
            "<=" => Some(Op::LessOrEqual),
            ">" => Some(Op::Greater),
            ">=" => Some(Op::GreaterOrEqual),
            "+" => Some(Op::Plus),
            "-" => Some(Op::Minus),
            "*" => Some(Op::Times),
            "/" => Some(Op::Divide),
            _ => None,
        };
        let mut arguments = arguments.into_iter();
        let node = match (operator, name, arguments.next(), arguments.next(), arguments.next()) {
            (Some(operator), _, Some(a), Some(b), None) => {
                AstNode::Binary(operator, Box::new(a), Box::new(b))
            }
            (Some(Op::Minus), _, Some(a), None, None) => AstNode::Negate(Box::new(a)),
            (None, "!", Some(a), None, None) => AstNode::Not(Box::new(a)),
            (None, "contains", Some(set), Some(item), None) => {
                AstNode::In(Box::new(item), Box::new(set))
            }
            (None, _, a, b, c) if name.starts_with(|c: char| c.is_alphabetic()) => {
                let all = a.into_iter().chain(b).chain(c).chain(arguments).collect();
                AstNode::Call(name.to_string(), all)
            }
            _ => {
                let mut refused = self.refuse(position, &format!("the operator `{name}`"));
                refused.at.end = refused.at.start + name.chars().count();
                refused.help = match name {
                    "&" | "|" => Some(format!("write `{name}{name}`")),
                    _ => refused.help,
                };
                return Err(refused);
            }
        };
        Ok(Ast { at, node })
    }

    fn block(&self, statements: &[Stmt], position: Position) -> Read {
        match statements {
            [Stmt::Expr(expression)] => self.expression(expression),
            // A closure that captures: `share …; curry(fn, …)`.
            [Stmt::Share(..), Stmt::Expr(expression)] => match &**expression {
                Expr::FnCall(call, _) if call.name == "curry" => match call.args.first() {
                    Some(function) => self.expression(function),
                    None => Err(self.refuse(position, "this")),
                },
                _ => Err(self.refuse(position, "this")),
            },
            [Stmt::If(flow, p)] => {
                let condition = self.expression(&flow.expr)?;
                if flow.branch.statements().is_empty() {
                    return Err(SyntaxError {
                        at: self.place(*p, 2),
                        message: "this `if` has no `else`".into(),
                        help: Some("say what it is otherwise; `()` means unknown".into()),
                    });
                }
                let yes = self.block(flow.body.statements(), flow.body.position())?;
                let no = self.block(flow.branch.statements(), flow.branch.position())?;
                Ok(Ast {
                    at: self.place(*p, 2),
                    node: AstNode::If(Box::new(condition), Box::new(yes), Box::new(no)),
                })
            }
            [] => Ok(Ast { at: self.place(position, 1), node: AstNode::Unknown }),
            [other, ..] => Err(self.refuse(other.position(), "a statement")),
        }
    }

    fn closure_named(&self, value: &rhai::Dynamic, position: Position) -> Read {
        let Some(pointer) = value.read_lock::<rhai::FnPtr>() else {
            return Err(self.refuse(position, "this"));
        };
        let function = self.ast.iter_fn_def().find(|f| f.name == pointer.fn_name());
        let Some(function) = function else {
            return Err(self.refuse(position, "a function by name"));
        };
        let Some(body) = self.body_at(function.body.start_position()) else {
            return Err(self.refuse(position, "an empty function"));
        };
        let body = self.block(std::slice::from_ref(&body), position)?;
        // Captured names stand before the closure's own parameters; the body sees them by name.
        let own = self.parameters_written_at(position);
        let skip = function.params.len().saturating_sub(own);
        let parameters = function.params.iter().skip(skip).map(ToString::to_string).collect();
        Ok(Ast { at: self.place(position, 1), node: AstNode::Closure(parameters, Box::new(body)) })
    }

    /// The first statement of the closure whose body begins at `start`. Rhai does not name the
    /// type of a function's body, but walks through all of them.
    fn body_at(&self, start: Position) -> Option<Stmt> {
        let mut main = self.ast.statements().len();
        let mut found = None;
        self.ast.walk(&mut |path: &[ASTNode]| {
            if let [ASTNode::Stmt(statement)] = path {
                if main > 0 {
                    main -= 1;
                } else if statement.position() == start && found.is_none() {
                    found = Some((*statement).clone());
                }
            }
            found.is_none()
        });
        found
    }

    /// How many parameters stand between the bars of the closure at this position.
    fn parameters_written_at(&self, position: Position) -> usize {
        let start = offset(self.text, position);
        let mut characters = self.text.chars().skip(start);
        if characters.next() != Some('|') {
            return 0;
        }
        let inside: String = characters.take_while(|c| *c != '|').collect();
        if inside.trim().is_empty() { 0 } else { inside.split(',').count() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(ast: &Ast) -> String {
        let list = |items: &[Ast]| items.iter().map(show).collect::<Vec<_>>().join(", ");
        match &ast.node {
            AstNode::Number(n) => n.to_string(),
            AstNode::Bool(b) => b.to_string(),
            AstNode::Text(t) => format!("{t:?}"),
            AstNode::Unknown => "()".into(),
            AstNode::Array(items) => format!("[{}]", list(items)),
            AstNode::Name(n) => n.clone(),
            AstNode::This => "this".into(),
            AstNode::Property(a, p) => format!("{}.{p}", show(a)),
            AstNode::Method(a, m, args) => format!("{}.{m}({})", show(a), list(args)),
            AstNode::Call(f, args) => format!("{f}({})", list(args)),
            AstNode::Closure(p, body) => format!("|{}| {}", p.join(","), show(body)),
            AstNode::Binary(op, a, b) => format!("({} {op:?} {})", show(a), show(b)),
            AstNode::Not(a) => format!("!{}", show(a)),
            AstNode::Negate(a) => format!("-{}", show(a)),
            AstNode::And(items) => format!("and({})", list(items)),
            AstNode::Or(items) => format!("or({})", list(items)),
            AstNode::Coalesce(items) => format!("coalesce({})", list(items)),
            AstNode::If(c, a, b) => format!("if({}, {}, {})", show(c), show(a), show(b)),
            AstNode::In(a, b) => format!("({} in {})", show(a), show(b)),
        }
    }

    #[test]
    fn expressions_become_trees() {
        for (text, expected) in [
            ("a.b.c(1).d", "a.b.c(1).d"),
            ("targets.all(|l| l.d >= p && x)", "targets.all(|l| and((l.d GreaterOrEqual p), x))"),
            (
                "ts.any(|a| ts.all(|b| a.x == b.x && q))",
                "ts.any(|a| ts.all(|b| and((a.x Equal b.x), q)))",
            ),
            ("x in [\"CR\", \"PR\"]", "(x in [\"CR\", \"PR\"])"),
            (
                "if a > 1.50 { b } else if c { 2 } else { () }",
                "if((a Greater 1.5), b, if(c, 2, ()))",
            ),
            ("-p + 0.1 * 3", "(-p Plus (0.1 Times 3))"),
            ("a ?? b", "coalesce(a, b)"),
            (
                "later.any(|b| between(this, b).count(|m| m.x == \"NE\") <= n)",
                "later.any(|b| (between(this, b).count(|m| (m.x Equal \"NE\")) LessOrEqual n))",
            ),
            (
                "ts.any(|a| a.ok).then(|a| b.any(|c| c.ok))",
                "ts.any(|a| a.ok).then(|a| b.any(|c| c.ok))",
            ),
        ] {
            assert_eq!(show(&parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn errors_say_where() {
        let error = parse("a ==\n  ").unwrap_err();
        assert!(error.at.start >= 3, "{error:?}");
        let error = parse("a == 'PD'").unwrap_err();
        assert_eq!(error.at.start, 5);
        assert!(error.help.is_some_and(|h| h.contains("double quotes")));
        assert_eq!(parse("a + b[1]").unwrap_err().at.start, 5);
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&format!("{}1", "!".repeat(9_000))).is_err());
    }
}
