//! The lesions of a case by number, so that their ids are compared once.

use oncorules_model::{Case, LesionRecord};
use std::collections::HashMap;

/// Up to how many lesions looking through them all is quicker than hashing.
const FEW: usize = 16;

/// Which records are about which lesion.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// The number of the lesion of each record, assessment by assessment.
    numbers: Vec<u32>,
    /// Where the records of each assessment begin among them.
    starts: Vec<usize>,
    /// The records of each lesion, by date: assessment and place in it.
    records: Vec<Vec<(usize, usize)>>,
}

impl Numbering {
    pub(crate) fn of(case: &Case) -> Self {
        let records = |index: usize| -> &[LesionRecord] {
            case.assessments.get(index).and_then(|a| a.lesions.as_deref()).unwrap_or_default()
        };
        let mut numbering = Self::default();
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut ids: Vec<&str> = vec![];
        for index in 0..case.assessments.len() {
            numbering.starts.push(numbering.numbers.len());
            for (place, record) in records(index).iter().enumerate() {
                // Assessments mostly name the same lesions in the same order.
                let number = match ids.get(place) {
                    Some(id) if *id == &*record.id => place as u32,
                    _ if ids.len() < FEW => {
                        let at = ids.iter().position(|id| *id == &*record.id);
                        at.unwrap_or_else(|| {
                            ids.push(&record.id);
                            ids.len() - 1
                        }) as u32
                    }
                    _ => {
                        if known.is_empty() {
                            known = ids.iter().copied().zip(0..).collect();
                        }
                        *known.entry(&record.id).or_insert_with(|| {
                            ids.push(&record.id);
                            ids.len() as u32 - 1
                        })
                    }
                };
                numbering.numbers.push(number);
            }
        }
        numbering.starts.push(numbering.numbers.len());
        numbering.records = vec![vec![]; ids.len()];
        let mut order: Vec<usize> = (0..case.assessments.len()).collect();
        order.sort_by_key(|i| case.assessments.get(*i).map(|a| (a.date.earliest(), *i)));
        for index in order {
            let start = numbering.starts.get(index).copied().unwrap_or_default();
            let numbers = numbering.numbers.get(start..).unwrap_or_default();
            for (place, number) in numbers.iter().take(records(index).len()).enumerate() {
                if let Some(records) = numbering.records.get_mut(*number as usize) {
                    records.push((index, place));
                }
            }
        }
        numbering
    }

    /// How many lesions there are.
    pub(crate) fn count(&self) -> usize {
        self.records.len()
    }

    /// The numbers of the lesions of an assessment, record by record.
    pub(crate) fn in_assessment(&self, index: usize) -> &[u32] {
        match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(start), Some(end)) => self.numbers.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The records of a lesion, by date.
    pub(crate) fn records<'c>(
        &'c self,
        case: &'c Case,
        number: u32,
    ) -> impl Iterator<Item = (usize, &'c LesionRecord)> {
        self.records.get(number as usize).into_iter().flatten().filter_map(|(index, place)| {
            let lesions = case.assessments.get(*index)?.lesions.as_deref()?;
            Some((*index, lesions.get(*place)?))
        })
    }
}
