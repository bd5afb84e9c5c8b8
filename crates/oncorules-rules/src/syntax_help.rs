//! What the parser of expressions objects to, in the words of a rule's author, with a mend.

use crate::syntax::{Place, SyntaxError};

/// The mistake behind what the parser said at character `at` of the expression `text`.
pub(crate) fn explain(text: &str, at: usize, said: &str) -> SyntaxError {
    explain_in(text, at, said, false)
}

/// As [`explain`], for a file of functions, in which statements can stand.
pub(crate) fn explain_script(text: &str, at: usize, said: &str) -> SyntaxError {
    explain_in(text, at, said, true)
}

fn explain_in(text: &str, at: usize, said: &str, script: bool) -> SyntaxError {
    let characters: Vec<char> = text.chars().collect();
    let error = |start: usize, length: usize, message: &str, help: &str| SyntaxError {
        at: Place { start, end: start + length.max(1) },
        message: message.to_string(),
        help: Some(help.to_string()),
    };
    let said = said.to_lowercase();
    let has = |part: &str| said.contains(part);
    let rest = characters.get(at..).unwrap_or_default();
    let begins = |sign: &str| rest.iter().copied().take(sign.chars().count()).eq(sign.chars());
    let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
    let before: String = characters.get(..at).unwrap_or_default().iter().collect();
    let before = before.trim_end();
    if text.trim().is_empty() {
        return error(0, 1, "the expression is empty", "write an expression, or leave the key out");
    }
    if has("maximum complexity") {
        return error(
            at,
            1,
            "the expression nests too deep",
            "split it into measures with names of their own",
        );
    }
    if has("invalid character: '") {
        let length = rest.iter().skip(1).position(|c| *c == '\'').map_or(1, |n| n + 2);
        let quoted: String = rest.iter().take(length).filter(|c| **c != '\'').collect();
        let help =
            format!("write text in double quotes: \"{quoted}\"; single quotes hold one character");
        return error(at, length, "this text stands in single quotes", &help);
    }
    if has("string is not terminated") {
        return error(at, 1, "this text is not closed", "end it with `\"`");
    }
    let (unclosed, surplus) = brackets(&characters);
    if let Some((place, bracket)) = surplus.filter(|(place, _)| *place <= at + 1) {
        return error(
            place,
            1,
            &format!("this `{bracket}` closes nothing"),
            "remove it, or open one before",
        );
    }
    for (sign, help) in [
        ("===", "write `==` to compare"),
        ("=>", "write `>=` for 'at least'"),
        ("=<", "write `<=` for 'at most'"),
        ("+=", "nothing can be changed here: write the result itself"),
        ("-=", "nothing can be changed here: write the result itself"),
        ("++", "nothing can be changed here: write the result itself"),
        ("--", "write one `-`"),
        ("≥", "write `>=`"),
        ("≤", "write `<=`"),
        ("≠", "write `!=`"),
        ("“", "write straight quotes: \""),
        ("”", "write straight quotes: \""),
        ("„", "write straight quotes: \""),
        ("‘", "write straight quotes: \""),
        ("’", "write straight quotes: \""),
        ("−", "write a plain `-`"),
        ("–", "write a plain `-`"),
        ("×", "write `*`"),
        ("÷", "write `/`"),
        ("?", "write `if a { b } else { c }`; `a ?? b` is `a` where it is known, else `b`"),
        (";", "an expression is one value: give its parts names of their own as measures"),
        ("$", "`${…}` stands in texts only: write the expression itself"),
        ("@", "write the name without it"),
        (
            "\\",
            "only inside double quotes of YAML stands a `\\` before a quote: write `\"` as it is",
        ),
    ] {
        let statement = ["=>", "+=", "-=", ";", "$"].contains(&sign);
        if begins(sign) && !(script && statement) {
            return error(at, sign.chars().count(), &format!("`{sign}` is no operator here"), help);
        }
    }
    if begins(">") && before.ends_with('<') {
        return error(at.saturating_sub(1), 2, "`<>` is no operator here", "write `!=`");
    }
    if begins("=") && !begins("==") && !script {
        return error(at, 1, "`=` does not compare", "write `==`");
    }
    for (name, help) in [
        ("and", "write `&&`"),
        ("or", "write `||`"),
        ("is", "write `==`"),
        ("then", "write `if a { b } else { c }`"),
        ("null", "unknown is `()`; ask `known(x)` whether something is known"),
        ("nil", "unknown is `()`; ask `known(x)` whether something is known"),
    ] {
        if word == name {
            return error(
                at,
                name.len(),
                &format!("`{name}` is no word of the rule language"),
                help,
            );
        }
    }
    if before.ends_with(" not") || before == "not" {
        return error(
            before.chars().count() - 3,
            3,
            "`not` is no word of the rule language",
            "write `!`",
        );
    }
    if ["let", "const", "fn", "while", "for", "loop", "return", "switch", "throw", "try"]
        .contains(&&*word)
        && !script
    {
        let help = "an expression is one value: give its parts names of their own as measures";
        return error(at, word.len(), &format!("`{word}` is a statement, no expression"), help);
    }
    if before.ends_with(" in") && begins("(") || has("for a matching (") && before.contains(" in (")
    {
        let place = before
            .rfind(" in (")
            .map_or(at, |byte| before.get(..byte).unwrap_or_default().chars().count() + 4);
        return error(place, 1, "a list stands in square brackets", "write `x in [\"A\", \"B\"]`");
    }
    if has("boolean expression, not") {
        let message = "a yes or no is expected here";
        return error(
            at,
            1,
            message,
            "compare it with something; for several codes write `x in [\"A\", \"B\"]`",
        );
    }
    if has("duplicated parameter") || has("expecting '|'") {
        return error(at, 1, "the parameters of this closure are not closed", "write `|x| …`");
    }
    let number_before = before
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .next()
        .is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    let keyword = ["else", "if", "in", "true", "false"].contains(&&*word);
    if number_before && !word.is_empty() && !keyword || before.ends_with('%') {
        let (start, unit) = match word.is_empty() {
            true => (before.chars().count() - 1, "%".to_string()),
            false => (at, word.clone()),
        };
        let help = format!("name the number as a parameter with its unit: `{{value: 5 {unit}}}`");
        return error(start, unit.chars().count(), "a number has no unit in an expression", &help);
    }
    if let Some((place, bracket)) = unclosed
        && (has("expecting") || has("incomplete") || has("unexpected"))
    {
        let close = match bracket {
            '(' => ')',
            '[' => ']',
            _ => '}',
        };
        return error(
            place,
            1,
            &format!("this `{bracket}` is not closed"),
            &format!("close it with `{close}`"),
        );
    }
    if has("name of a property") {
        let help = "write a name behind the `.`; a number needs a digit on both sides of its point";
        return error(at.saturating_sub(1), 1, "no name stands behind this `.`", help);
    }
    if begins(".") {
        return error(
            at,
            1,
            "no value stands before this `.`",
            "write `0.5` for a number below one",
        );
    }
    if has("to separate the arguments") {
        return error(at, 1, "`,` or `)` is expected here", "write a closure as `|x| …`");
    }
    if has("incomplete") {
        let end = before.chars().count().max(1) - 1;
        let last: String = before.rsplit(' ').next().unwrap_or_default().chars().take(20).collect();
        return error(
            end,
            1,
            "the expression ends too early",
            &format!("a value is missing behind `{last}`"),
        );
    }
    if let Some(sign) =
        ["&&", "||", "==", "!=", ">=", "<=", ")", "]", "}", ",", "*", "/", ">", "<", "+"]
            .iter()
            .find(|s| begins(s))
    {
        return error(
            at,
            sign.len(),
            &format!("a value is missing before this `{sign}`"),
            "say what stands there, or remove the sign",
        );
    }
    if script && (has("terminate this statement") || has("unexpected") && !word.is_empty()) {
        let message = format!("a `;` or an operator is missing before `{word}`");
        return error(at, word.chars().count(), &message, "end the statement before it with `;`");
    }
    if begins(";") {
        return error(at, 1, "a value is missing before this `;`", "say what stands there");
    }
    if has("unexpected") && !word.is_empty() {
        let help = "join the two with an operator; a method is called as `x.method(…)`";
        return error(
            at,
            word.chars().count(),
            &format!("an operator is missing before `{word}`"),
            help,
        );
    }
    let mut letters = said.chars();
    let first: String = letters.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    let message = format!("{first}{}", letters.as_str());
    let help = if script {
        "is a bracket, a quote or a `;` wrong near here?"
    } else {
        "see 'Expressions' in the reference of the rule language"
    };
    error(at, 1, &message, help)
}

/// A bracket and its place.
type Bracket = (usize, char);

/// The last bracket that is not closed, and the first that closes nothing; texts in quotes and
/// comments are passed over.
fn brackets(text: &[char]) -> (Option<Bracket>, Option<Bracket>) {
    let mut open: Vec<Bracket> = vec![];
    let mut surplus = None;
    let mut at = 0;
    while let Some(c) = text.get(at).copied() {
        match c {
            '"' => {
                at += 1;
                while let Some(inside) = text.get(at) {
                    match inside {
                        '\\' => at += 1,
                        '"' => break,
                        _ => {}
                    }
                    at += 1;
                }
            }
            '/' if text.get(at + 1) == Some(&'/') => {
                while text.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
            }
            '(' | '[' | '{' => open.push((at, c)),
            ')' | ']' | '}' if open.pop().is_none() && surplus.is_none() => {
                surplus = Some((at, c));
            }
            _ => {}
        }
        at += 1;
    }
    (open.pop(), surplus)
}

#[cfg(test)]
mod tests {
    use crate::syntax::parse;

    #[test]
    fn every_mistake_has_its_place_and_a_mend() {
        for (text, start, message, help) in [
            ("a = b", 2, "`=` does not compare", "`==`"),
            ("a and b", 2, "`and`", "`&&`"),
            ("a or b", 2, "`or`", "`||`"),
            ("not a", 0, "`not`", "`!`"),
            ("a <> b", 2, "`<>`", "`!=`"),
            ("a === b", 2, "`===`", "`==`"),
            ("a =< b", 2, "`=<`", "`<=`"),
            ("a => b", 2, "`=>`", "`>=`"),
            ("a ≥ b", 2, "`≥`", "`>=`"),
            ("a == \"PD", 5, "not closed", "`\"`"),
            ("a == 'PD'", 5, "single quotes", "\"PD\""),
            ("a == “PD”", 5, "`“`", "straight quotes"),
            ("(a && b", 0, "this `(` is not closed", "`)`"),
            ("a && b)", 6, "this `)` closes nothing", "remove"),
            ("x.any(|l| l.y", 5, "this `(` is not closed", "`)`"),
            ("x in [1, 2", 5, "this `[` is not closed", "`]`"),
            ("a in (\"x\", \"y\")", 5, "square brackets", "in ["),
            ("a > 5mm", 5, "no unit", "5 mm"),
            ("a > 30 %", 7, "no unit", "5 %"),
            ("if a { 1 else { 2 }", 5, "this `{` is not closed", "`}`"),
            ("a == \\\"PD\\\"", 5, "`\\`", "as it is"),
            ("a & b", 2, "operator `&`", "`&&`"),
            ("a | b", 2, "operator `|`", "`||`"),
            ("a ? b : c", 2, "`?`", "if a"),
            ("a; b", 1, "`;`", "measures"),
            ("a b", 2, "an operator is missing", "join"),
            ("a && && b", 5, "a value is missing before this `&&`", "remove"),
            ("a &&", 3, "ends too early", "behind `&&`"),
            ("let x = 1", 0, "`let` is a statement", "measures"),
            ("a == null", 5, "`null`", "known(x)"),
            ("a == \"x\" || \"y\"", 12, "a yes or no", "in ["),
            (".5", 0, "before this `.`", "0.5"),
            ("a.b.", 3, "behind this `.`", "name"),
            ("1e3", 0, "plain decimal", "digits"),
            ("0x10", 0, "plain decimal", "digits"),
            ("1e999999 > 0", 0, "plain decimal", "digits"),
            ("${a}", 0, "`$`", "texts only"),
            ("  ", 0, "empty", "leave the key out"),
            ("if a { 1 }", 0, "no `else`", "otherwise"),
            ("a[0]", 1, "indexing", "first()"),
        ] {
            let error = parse(text).unwrap_err();
            let found = error.help.clone().unwrap_or_default();
            assert!(
                error.at.start == start && error.message.contains(message) && found.contains(help),
                "{text}: {error:?}"
            );
        }
    }
}
