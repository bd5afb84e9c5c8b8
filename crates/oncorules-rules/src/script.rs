//! Free functions in `.rhai` files: run by Rhai within limits, never trusted with a decision's type.
//!
//! A function is pure: it has no clock, file, network or random numbers, and sees only its
//! arguments. It stops after a fixed number of operations, at a fixed depth and size; what it
//! gives back is checked against its declared type, and anything else counts as unknown.

use crate::ir::Value;
use crate::types::Type;
use oncorules_model::{Number, PartialDate};
use oncorules_source::{Diagnostic, Diagnostics, SourceFile};
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicMathPackage, CorePackage, LogicPackage,
    MoreStringPackage, Package,
};
use rhai::{AST, Dynamic, Engine, EvalAltResult, Position, Scope};
use std::cell::Cell;
use std::sync::{Arc, OnceLock};

/// The most operations that one call may take.
pub const MAX_OPERATIONS: u64 = 100_000;
const MAX_CALL_LEVELS: usize = 32;
const MAX_EXPRESSION_DEPTH: usize = 64;
const MAX_STRING: usize = 10_000;
const MAX_ARRAY: usize = 1_000;

/// A function that a ruleset declares with its types.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptFunction {
    /// The compiled file set that defines it.
    pub(crate) library: usize,
    /// Its name.
    pub(crate) name: Arc<str>,
    /// The types of its arguments.
    pub(crate) takes: Vec<Type>,
    /// The type of what it gives.
    pub(crate) gives: Type,
}

/// The free functions of a program.
#[derive(Debug, Default)]
pub struct Scripts {
    engine: Option<Engine>,
    libraries: Vec<AST>,
    functions: Vec<ScriptFunction>,
}

thread_local! {
    /// How many operations the call that runs on this thread may still take.
    static OPERATIONS_LEFT: Cell<u64> = const { Cell::new(MAX_OPERATIONS) };
}

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    for module in [
        CorePackage::new().as_shared_module(),
        ArithmeticPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
    ] {
        engine.register_global_module(module);
    }
    // Every limit explicitly: Rhai's defaults differ between debug and release.
    engine.set_max_operations(MAX_OPERATIONS);
    engine.set_max_call_levels(MAX_CALL_LEVELS);
    engine.set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH);
    engine.set_max_string_size(MAX_STRING);
    engine.set_max_array_size(MAX_ARRAY);
    engine.set_max_map_size(MAX_ARRAY);
    engine.set_max_variables(1_000);
    engine.set_max_functions(1_000);
    engine.set_max_modules(0);
    engine.disable_symbol("eval");
    engine.disable_symbol("import");
    // Rhai counts the operations of a closure that a method calls (`sort`, `map`) for that call
    // alone; here they count for the whole.
    engine.on_progress(|_| {
        let left = OPERATIONS_LEFT.get();
        OPERATIONS_LEFT.set(left.saturating_sub(1));
        (left == 0).then_some(Dynamic::UNIT)
    });
    engine.on_print(|_| {});
    engine.on_debug(|_, _, _| {});
    register_numbers(&mut engine);
    engine
}

/// Exact numbers with the operators of the language; a result that cannot be kept is an error.
fn register_numbers(engine: &mut Engine) {
    type Fallible<T> = Result<T, Box<EvalAltResult>>;
    fn kept(number: Option<Number>) -> Fallible<Number> {
        number.ok_or_else(|| "this result cannot be kept exactly".into())
    }
    fn whole(number: i64) -> Fallible<Number> {
        kept(Number::ratio(number, 1))
    }
    engine.register_type_with_name::<Number>("Number");
    engine.register_type_with_name::<PartialDate>("Date");
    engine.register_fn("+", |a: Number, b: Number| kept(a.plus(b)));
    engine.register_fn("-", |a: Number, b: Number| kept(a.minus(b)));
    engine.register_fn("*", |a: Number, b: Number| kept(a.times(b)));
    engine.register_fn("/", |a: Number, b: Number| kept(a.divided_by(b)));
    engine.register_fn("-", |a: Number| kept(a.negated()));
    engine.register_fn("abs", |a: Number| kept(a.absolute()));
    engine.register_fn("min", |a: Number, b: Number| a.min(b));
    engine.register_fn("max", |a: Number, b: Number| a.max(b));
    engine.register_fn("+", |a: Number, b: i64| kept(a.plus(whole(b)?)));
    engine.register_fn("-", |a: Number, b: i64| kept(a.minus(whole(b)?)));
    engine.register_fn("*", |a: Number, b: i64| kept(a.times(whole(b)?)));
    engine.register_fn("/", |a: Number, b: i64| kept(a.divided_by(whole(b)?)));
    engine.register_fn("+", |a: i64, b: Number| kept(whole(a)?.plus(b)));
    engine.register_fn("-", |a: i64, b: Number| kept(whole(a)?.minus(b)));
    engine.register_fn("*", |a: i64, b: Number| kept(whole(a)?.times(b)));
    engine.register_fn("/", |a: i64, b: Number| kept(whole(a)?.divided_by(b)));
    // A literal such as 2.5 is what was written: its shortest decimal form, not its double.
    fn decimal(number: f64) -> Fallible<Number> {
        let text = number.to_string();
        text.parse::<Number>().map_err(|e| Box::<EvalAltResult>::from(e.to_string()))
    }
    macro_rules! arithmetic {
        ($($sign:literal $how:ident)*) => {$(
            engine.register_fn($sign, |a: Number, b: f64| kept(a.$how(decimal(b)?)));
            engine.register_fn($sign, |a: f64, b: Number| kept(decimal(a)?.$how(b)));
        )*};
    }
    arithmetic!("+" plus "-" minus "*" times "/" divided_by);
    engine.register_fn("number", |text: &str| {
        text.parse::<Number>().map_err(|e| Box::<EvalAltResult>::from(e.to_string()))
    });
    engine.register_fn("to_string", |a: &mut Number| a.to_string());
    engine.register_fn("to_string", |a: &mut PartialDate| a.to_string());
    macro_rules! compare {
        ($($sign:literal $op:tt)*) => {$(
            engine.register_fn($sign, |a: Number, b: Number| a $op b);
            engine.register_fn($sign, |a: Number, b: i64| whole(b).map(|b| a $op b));
            engine.register_fn($sign, |a: i64, b: Number| whole(a).map(|a| a $op b));
            engine.register_fn($sign, |a: Number, b: f64| decimal(b).map(|b| a $op b));
            engine.register_fn($sign, |a: f64, b: Number| decimal(a).map(|a| a $op b));
        )*};
    }
    compare!("==" == "!=" != "<" < "<=" <= ">" > ">=" >=);
    engine.register_fn("days_until", |a: PartialDate, b: PartialDate| match a.days_until(b) {
        Some(days) => Dynamic::from(Number::from(days)),
        None => Dynamic::UNIT,
    });
}

impl Scripts {
    /// Compiles the `.rhai` files of a ruleset; gives the number of the library.
    pub(crate) fn add(&mut self, files: &[SourceFile]) -> Result<usize, Diagnostics> {
        if files.is_empty() {
            self.libraries.push(AST::empty());
            return Ok(self.libraries.len() - 1);
        }
        let engine = self.engine.get_or_insert_with(engine);
        let mut library = AST::empty();
        let mut diagnostics = Diagnostics::new();
        if !*LIMITS_FIRE.get_or_init(|| limits_fire(engine)) {
            diagnostics.push(
                Diagnostic::error(
                    "no-limits",
                    "this build of Oncorules cannot limit scripts, so it refuses to run any",
                )
                .help("a crate of the program that embeds Oncorules switches on Rhai's feature `unchecked`; switch it off"),
            );
            return Err(diagnostics);
        }
        for file in files {
            match engine.compile(file.text()) {
                Ok(ast) if ast.statements().is_empty() => library += ast,
                Ok(ast) => {
                    let at = ast.statements().first().map_or(Position::NONE, |s| s.position());
                    diagnostics.push(
                        Diagnostic::error("script", "only functions can stand in a `.rhai` file")
                            .at(file, place(file, at), "")
                            .help("put it into `fn name(…) { … }`"),
                    );
                }
                Err(error) => {
                    diagnostics.push(Diagnostic::error("script", error.err_type().to_string()).at(
                        file,
                        place(file, error.position()),
                        "",
                    ))
                }
            }
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        self.libraries.push(library);
        Ok(self.libraries.len() - 1)
    }

    /// Names and numbers of parameters of the functions of a library.
    pub(crate) fn functions_of(&self, library: usize) -> Vec<(String, usize)> {
        self.libraries
            .get(library)
            .map(|ast| ast.iter_functions().map(|f| (f.name.to_string(), f.params.len())).collect())
            .unwrap_or_default()
    }

    pub(crate) fn declare(&mut self, function: ScriptFunction) -> u16 {
        self.functions.push(function);
        u16::try_from(self.functions.len() - 1).unwrap_or(u16::MAX)
    }

    /// Calls a function. An unknown argument makes the result unknown; so does every failure,
    /// which is handed to `failed` besides.
    pub fn call(
        &self,
        id: u16,
        arguments: &[Value],
        text_of: &dyn Fn(u32) -> Arc<str>,
        intern: &mut dyn FnMut(&str) -> u32,
        failed: &mut dyn FnMut(String),
    ) -> Value {
        let (Some(function), Some(engine)) = (self.functions.get(usize::from(id)), &self.engine)
        else {
            return Value::Unknown;
        };
        let Some(library) = self.libraries.get(function.library) else { return Value::Unknown };
        let mut values = vec![];
        for argument in arguments {
            values.push(match argument {
                Value::Unknown | Value::Object(_) | Value::Code(_) => return Value::Unknown,
                Value::Bool(b) => Dynamic::from_bool(*b),
                Value::Number(n) => Dynamic::from(*n),
                Value::Date(d) => Dynamic::from(*d),
                Value::Text(t) => Dynamic::from(text_of(*t).to_string()),
            });
        }
        OPERATIONS_LEFT.set(MAX_OPERATIONS);
        let result = engine.call_fn::<Dynamic>(&mut Scope::new(), library, &*function.name, values);
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                let error = match *error {
                    EvalAltResult::ErrorTerminated(..) => "Too many operations".to_string(),
                    other => other.to_string().chars().take(200).collect(),
                };
                failed(format!("the function `{}` failed: {error}", function.name));
                return Value::Unknown;
            }
        };
        let value = match &function.gives {
            Type::Boolean => result.as_bool().ok().map(Value::Bool),
            Type::Number(_) => match result.as_int() {
                Ok(whole) => Number::ratio(whole, 1).map(Value::Number),
                Err(_) => result.clone().try_cast::<Number>().map(Value::Number),
            },
            Type::Date => result.clone().try_cast::<PartialDate>().map(Value::Date),
            Type::Text => result.clone().into_string().ok().map(|t| Value::Text(intern(&t))),
            _ => None,
        };
        if value.is_none() && !result.is_unit() {
            failed(format!(
                "the function `{}` gave a {} where its declaration says otherwise",
                function.name,
                result.type_name()
            ));
        }
        value.unwrap_or(Value::Unknown)
    }
}

/// Whether limits fire in this build, tried once.
static LIMITS_FIRE: OnceLock<bool> = OnceLock::new();

fn place(file: &SourceFile, position: Position) -> oncorules_source::Span {
    file.span_at(position.line().unwrap_or(1), position.position().unwrap_or(1), 1)
}

/// Whether an endless script is stopped: Rhai's features are not additive, and another crate of
/// the build may have switched its limits off.
fn limits_fire(engine: &Engine) -> bool {
    if cfg!(test) && engine.max_operations() == 0 {
        return false;
    }
    // A bounded loop, so that this ends even where the limit does not fire.
    OPERATIONS_LEFT.set(u64::MAX);
    let script = format!("let i = 0; while i < {} {{ i += 1; }} i", MAX_OPERATIONS);
    engine.eval::<i64>(&script).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(text: &str) -> Scripts {
        let mut scripts = Scripts::default();
        scripts.add(&[SourceFile::new("t.rhai", text)]).unwrap();
        scripts
    }

    fn call(
        scripts: &mut Scripts,
        name: &str,
        takes: Vec<Type>,
        gives: Type,
        arguments: &[Value],
    ) -> (Value, Vec<String>) {
        let id = scripts.declare(ScriptFunction { library: 0, name: name.into(), takes, gives });
        let mut errors = vec![];
        let value =
            scripts.call(id, arguments, &|_| "".into(), &mut |_| 0, &mut |e| errors.push(e));
        (value, errors)
    }

    #[test]
    fn numbers_stay_exact_in_scripts() {
        let mut scripts = library("fn fell(b, n) { (b - n) * 100 / b >= 30 }");
        let n = |t: &str| Value::Number(t.parse().unwrap());
        let mm = Type::number("mm");
        let (value, errors) = call(
            &mut scripts,
            "fell",
            vec![mm.clone(), mm],
            Type::Boolean,
            &[n("33.0"), n("23.1")],
        );
        assert_eq!((value, errors), (Value::Bool(true), vec![]));
    }

    #[test]
    fn endless_deep_and_wrong_scripts_end_as_unknown() {
        let mut scripts = library(
            "fn a() { loop {} } fn b(x) { b(x + 1) } fn c() { \"text\" } fn d() { let s = \"x\"; loop { s += s; } } fn e() { let a = []; a.pad(999, 1); a.map(|x| a.map(|y| a.map(|z| a.map(|w| 1)))) } fn g() { let a = []; a.pad(999, 1); loop { a.sort(|x, y| 0); } }",
        );
        for (name, takes, arguments) in [
            ("a", vec![], vec![]),
            ("b", vec![Type::number("1")], vec![Value::Number(Number::from(1))]),
            ("c", vec![], vec![]),
            ("d", vec![], vec![]),
            ("e", vec![], vec![]),
            ("g", vec![], vec![]),
        ] {
            let (value, errors) = call(&mut scripts, name, takes, Type::Boolean, &arguments);
            assert_eq!(value, Value::Unknown, "{name}");
            assert_eq!(errors.len(), 1, "{name}");
        }
    }

    #[test]
    fn statements_and_syntax_errors_are_shown_where_they_stand() {
        let error = Scripts::default()
            .add(&[SourceFile::new("t.rhai", "fn a() { 1 }\nlet x = 1;")])
            .unwrap_err();
        assert_eq!(error.0[0].place().unwrap(), "t.rhai:2:1");
        let error =
            Scripts::default().add(&[SourceFile::new("t.rhai", "fn a() {\n  1 +\n}")]).unwrap_err();
        assert_eq!(error.0[0].place().unwrap(), "t.rhai:3:1");
    }
}
