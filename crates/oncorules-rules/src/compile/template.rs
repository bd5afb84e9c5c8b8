//! Texts with `${expression}` in them.

use super::names::{Builder, Context};
use crate::ir::*;
use crate::raw::Text;
use crate::types::{Scope, Type};
use oncorules_source::{Diagnostic, position_in_source};

impl Builder<'_> {
    /// Compiles a text with expressions in it.
    pub(crate) fn template(
        &mut self,
        ruleset: RulesetIndex,
        scope: Scope,
        text: &Text,
    ) -> Template {
        self.template_and_facts(ruleset, scope, text).0
    }

    /// A text, and what it looks at.
    pub(crate) fn template_and_facts(
        &mut self,
        ruleset: RulesetIndex,
        scope: Scope,
        text: &Text,
    ) -> (Template, Vec<FactRef>) {
        let mut facts: Vec<FactRef> = vec![];
        let mut pieces = vec![];
        let mut fixed = String::new();
        let mut rest = text.value.as_str();
        let mut at = 0;
        while let Some(start) = rest.find("${") {
            let (before, from) = rest.split_at(start);
            fixed.push_str(before);
            at += before.chars().count() + 2;
            let body = from.get(2..).unwrap_or_default();
            let Some(end) = closing_brace(body) else {
                let span = position_in_source(&text.file, text.span, &text.value, at - 2, at);
                self.diagnostics.push(
                    Diagnostic::error("template", "this `${` is not closed")
                        .at(&text.file, span, "")
                        .help("close it with `}`"),
                );
                return (Template(pieces), facts);
            };
            let (inside, after) = body.split_at(end);
            if !fixed.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut fixed).into()));
            }
            let mut context = Context::new(ruleset, scope, text);
            context.offset = at;
            if let Some((expr, ty)) = self.parse(&context, inside).and_then(|ast| {
                let typed = self.compile_ast(&mut context, &ast)?;
                if matches!(typed.1, Type::Object(_) | Type::Collection(_)) {
                    let help = "for several members write `.list(|x| x.name)`".to_string();
                    return self.fail(
                        &context,
                        &ast,
                        "wrong-type",
                        "only a value can stand in a text".into(),
                        Some(help),
                    );
                }
                for fact in self.facts(&mut context, &ast) {
                    if facts.iter().all(|f| f.name != fact.name) {
                        facts.push(fact);
                    }
                }
                Some(typed)
            }) {
                pieces.push(Piece::Value(expr, ty));
            }
            at += inside.chars().count() + 1;
            rest = after.get(1..).unwrap_or_default();
        }
        fixed.push_str(rest);
        if !fixed.is_empty() {
            pieces.push(Piece::Text(fixed.trim_end().into()));
        }
        (Template(pieces), facts)
    }
}

/// The byte offset of the brace that closes a template's expression.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted && depth == 0 => return Some(at),
            '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}
