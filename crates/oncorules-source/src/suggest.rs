//! 'Did you mean': the nearest word of a closed vocabulary.

/// The entry of `known` that `word` was probably meant to be, or `None` where nothing is near.
///
/// ```
/// assert_eq!(oncorules_source::did_you_mean("targts", ["targets", "lesions"]), Some("targets"));
/// assert_eq!(oncorules_source::did_you_mean("zebra", ["targets", "lesions"]), None);
/// assert_eq!(oncorules_source::did_you_mean("c", ["a", "b"]), None);
/// ```
pub fn did_you_mean<'a, I>(word: &str, known: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str>,
{
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&word, &k.to_lowercase()), k))
        .filter(|(distance, k)| {
            let shorter = word.len().min(k.len());
            // Of a single letter nothing would be left.
            *distance <= 1 + shorter / 5 && *distance < shorter.max(1)
        })
        .min_by_key(|(distance, k)| (*distance, k.len(), *k))
        .map(|(_, k)| k)
}

/// So many members of a vocabulary are shown in one message.
const MOST_SHOWN: usize = 40;

/// The members of a closed vocabulary as text for a message: `` `a`, `b` or `c` ``.
///
/// ```
/// assert_eq!(oncorules_source::one_of(["a", "b", "c"]), "`a`, `b` or `c`");
/// ```
pub fn one_of<'a, I>(known: I) -> String
where
    I: IntoIterator<Item = &'a str>,
{
    let mut known = known.into_iter();
    let mut words: Vec<String> =
        known.by_ref().take(MOST_SHOWN).map(|k| format!("`{k}`")).collect();
    match known.count() {
        0 => {}
        more => words.push(format!("{more} more")),
    }
    match words.pop() {
        None => "nothing".to_string(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
    }
}
