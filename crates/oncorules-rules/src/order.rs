//! The order of evaluation: what needs what, and which measures and decisions look at each
//! other's past and so must go timepoint by timepoint together.

use crate::ir::*;
use crate::types::Scope;
use crate::vocabulary::Members;

/// Nodes that cannot be put into an order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) nodes: Vec<NodeId>,
    /// Whether looking ahead is the reason.
    pub(crate) future: bool,
}

/// How one node needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// Nothing: it belongs to an earlier line, which is done.
    Nothing,
    /// Its value at an earlier timepoint.
    Past,
    /// Its value at the same timepoint.
    Same,
    /// Its value at any timepoint, later ones included.
    Any,
}

pub(crate) fn steps(nodes: &[Node], rulesets: &[ProgramRuleset]) -> Result<Vec<Step>, Circle> {
    // Which assessments a ruleset looks at may depend on decisions of the rulesets it uses.
    let membership: Vec<Vec<(NodeId, Need)>> = rulesets
        .iter()
        .map(|r| {
            let mut walker = Walker { scope: Scope::Timepoint, slots: vec![], needs: vec![] };
            r.timepoints.when.iter().for_each(|w| walker.expr(w));
            walker.needs.into_iter().map(|(id, _)| (id, Need::Any)).collect()
        })
        .collect();
    let needs: Vec<Vec<(NodeId, Need)>> = nodes
        .iter()
        .map(|node| {
            let mut needs = needs_of(node);
            needs.extend(membership.get(usize::from(node.ruleset)).into_iter().flatten());
            needs
        })
        .collect();
    let mut steps = vec![];
    for component in components(&needs) {
        let inside = |id: NodeId| component.contains(&id);
        let of = |id: &NodeId| needs.get(*id as usize).map(Vec::as_slice).unwrap_or_default();
        let circular =
            component.len() > 1 || component.iter().any(|id| of(id).iter().any(|(n, _)| n == id));
        if !circular {
            let alone = vec![0; component.len()];
            steps.push(Step { nodes: component, together: false, alone });
            continue;
        }
        if component
            .iter()
            .any(|id| of(id).iter().any(|(n, need)| inside(*n) && *need == Need::Any))
        {
            return Err(Circle { nodes: component, future: true });
        }
        // Within one timepoint they must follow from each other without a circle.
        let same: Vec<Vec<(NodeId, Need)>> = needs
            .iter()
            .enumerate()
            .map(|(id, all)| {
                let id = id as NodeId;
                all.iter()
                    .filter(|(n, need)| inside(id) && inside(*n) && *need == Need::Same)
                    .copied()
                    .collect()
            })
            .collect();
        let mut ordered = vec![];
        for part in components(&same) {
            let itself = part.first().is_some_and(|id| {
                same.get(*id as usize).is_some_and(|s| s.iter().any(|(n, _)| n == id))
            });
            if part.len() > 1 || itself {
                return Err(Circle { nodes: part, future: false });
            }
            ordered.extend(part.into_iter().filter(|id| inside(*id)));
        }
        let alone =
            |id: &NodeId| nodes.get(*id as usize).map_or(0, |node| rows_alone(node, &component));
        let alone = ordered.iter().map(alone).collect();
        steps.push(Step { nodes: ordered, together: true, alone });
    }
    Ok(steps)
}

/// How many of the first rows of a decision over timepoints look at none of these nodes.
fn rows_alone(node: &Node, nodes: &[NodeId]) -> usize {
    if node.scope != Scope::Timepoint || !matches!(node.logic, Logic::Rows) {
        return 0;
    }
    let alone = |row: &&Row| {
        let mut walker = Walker { scope: node.scope, slots: vec![], needs: vec![] };
        row.when.iter().for_each(|w| walker.expr(w));
        matches!(row.then, Then::Code(_)) && walker.needs.iter().all(|(id, _)| !nodes.contains(id))
    };
    node.rows.iter().take_while(alone).count()
}

/// Strongly connected components, what is needed first (Tarjan, without recursion).
fn components(needs: &[Vec<(NodeId, Need)>]) -> Vec<Vec<NodeId>> {
    let n = needs.len();
    let mut index = vec![usize::MAX; n];
    let mut low = vec![0usize; n];
    let mut on_stack = vec![false; n];
    let mut stack: Vec<usize> = vec![];
    let mut found: Vec<Vec<NodeId>> = vec![];
    let mut next = 0;
    let get = |v: &[usize], i: usize| v.get(i).copied().unwrap_or(usize::MAX);
    for root in 0..n {
        if get(&index, root) != usize::MAX {
            continue;
        }
        let mut work: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((v, edge)) = work.pop() {
            if edge == 0 {
                if let (Some(i), Some(l), Some(o)) =
                    (index.get_mut(v), low.get_mut(v), on_stack.get_mut(v))
                {
                    (*i, *l, *o) = (next, next, true);
                }
                next += 1;
                stack.push(v);
            }
            let target = needs.get(v).and_then(|e| e.get(edge)).map(|(t, _)| *t as usize);
            if let Some(w) = target {
                work.push((v, edge + 1));
                if get(&index, w) == usize::MAX {
                    work.push((w, 0));
                } else if on_stack.get(w).copied().unwrap_or(false) {
                    let reach = get(&index, w).min(get(&low, v));
                    if let Some(l) = low.get_mut(v) {
                        *l = reach;
                    }
                }
                continue;
            }
            if get(&low, v) == get(&index, v) {
                let mut component = vec![];
                while let Some(w) = stack.pop() {
                    if let Some(o) = on_stack.get_mut(w) {
                        *o = false;
                    }
                    component.push(w as NodeId);
                    if w == v {
                        break;
                    }
                }
                component.sort_unstable();
                found.push(component);
            }
            if let Some((parent, _)) = work.last() {
                let reach = get(&low, v).min(get(&low, *parent));
                let parent = *parent;
                if let Some(l) = low.get_mut(parent) {
                    *l = reach;
                }
            }
        }
    }
    found
}

fn needs_of(node: &Node) -> Vec<(NodeId, Need)> {
    let mut walker = Walker { scope: node.scope, slots: vec![], needs: vec![] };
    match &node.logic {
        Logic::Measure(expr) => walker.expr(expr),
        Logic::Rows => {}
        Logic::Table(table) => table.columns.iter().for_each(|c| walker.expr(&c.expr)),
    }
    for row in &node.rows {
        row.when.iter().for_each(|w| walker.expr(w));
        if let Then::Take(expr) = &row.then {
            walker.expr(expr);
        }
    }
    walker.needs.sort_unstable();
    walker.needs.dedup();
    walker.needs
}

/// Walks an expression; for each variable it knows at which timepoints its object can lie.
struct Walker {
    scope: Scope,
    slots: Vec<Need>,
    needs: Vec<(NodeId, Need)>,
}

impl Walker {
    /// At which timepoints an object lies, seen from the rule's own.
    fn time(&self, of: &ObjectRef) -> Need {
        match of {
            ObjectRef::Current if matches!(self.scope, Scope::Lesion | Scope::Timepoint) => {
                Need::Same
            }
            ObjectRef::Current => Need::Any,
            ObjectRef::Variable(slot) => {
                self.slots.get(usize::from(*slot)).copied().unwrap_or(Need::Any)
            }
            ObjectRef::Of(expr) => match &**expr {
                Expr::Aggregate(_, collection, _) => self.members(collection),
                Expr::Object(of) => self.time(of),
                _ => Need::Any,
            },
        }
    }

    /// At which timepoints the members of a collection lie.
    fn members(&self, collection: &Collection) -> Need {
        let of = self.time(&collection.of);
        if of == Need::Nothing {
            return Need::Nothing;
        }
        match collection.members {
            Members::EarlierLines => Need::Nothing,
            Members::Earlier | Members::EarlierSightings => match of {
                Need::Nothing | Need::Past | Need::Same => Need::Past,
                Need::Any => Need::Any,
            },
            Members::Targets
            | Members::NonTargets
            | Members::NewLesions
            | Members::Lesions
            | Members::Parts
            | Members::Markers => of,
            // Between two timepoints that both lie in the past, or up to this one.
            Members::Between => match &collection.bounds {
                Some(bounds) => {
                    let late = self.object_time(&bounds.0).max(self.object_time(&bounds.1));
                    if late == Need::Any { Need::Any } else { Need::Past }
                }
                None => Need::Any,
            },
            _ => Need::Any,
        }
    }

    fn object_time(&self, expr: &Expr) -> Need {
        match expr {
            Expr::Object(of) => self.time(of),
            other => self.time(&ObjectRef::Of(Box::new(other.clone()))),
        }
    }

    fn object(&mut self, of: &ObjectRef) {
        if let ObjectRef::Of(expr) = of {
            self.expr(expr);
        }
    }

    fn closure(&mut self, closure: &Closure, time: Need) {
        let slot = usize::from(closure.slot);
        self.slots.truncate(slot);
        while self.slots.len() < slot {
            self.slots.push(Need::Any);
        }
        self.slots.push(time);
        self.expr(&closure.body);
        self.slots.truncate(slot);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Constant(_) | Expr::Parameter(..) => {}
            Expr::Object(of) | Expr::Fact(_, of) | Expr::Observation(_, _, of) => self.object(of),
            Expr::Node(id, of) => {
                self.object(of);
                let need = self.time(of);
                if need != Need::Nothing {
                    self.needs.push((*id, need));
                }
            }
            Expr::Temporal(_, series, of) => {
                self.object(of);
                if let Series::Node(id) = series {
                    let need = if self.time(of) == Need::Any { Need::Any } else { Need::Past };
                    self.needs.push((*id, need));
                }
            }
            Expr::Not(a)
            | Expr::Negate(a)
            | Expr::Absolute(a)
            | Expr::Known(a)
            | Expr::CodeIn(a, _)
            | Expr::TextIn(a, _)
            | Expr::Recode(a, _)
            | Expr::CodeText(a, _) => self.expr(a),
            Expr::And(parts)
            | Expr::Or(parts)
            | Expr::Smallest(parts)
            | Expr::Largest(parts)
            | Expr::EarliestKnown(parts)
            | Expr::LatestKnown(parts)
            | Expr::Coalesce(parts)
            | Expr::Script(_, parts) => parts.iter().for_each(|p| self.expr(p)),
            Expr::Compare(_, a, b)
            | Expr::Arithmetic(_, a, b)
            | Expr::DatePlus(a, b, _)
            | Expr::PercentChange(a, b)
            | Expr::DaysBetween(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            Expr::RisesBy(a, b, c) | Expr::FallsBy(a, b, c) | Expr::If(a, b, c) => {
                self.expr(a);
                self.expr(b);
                self.expr(c);
            }
            Expr::Aggregate(_, collection, closure) => {
                self.object(&collection.of);
                if let Some(bounds) = &collection.bounds {
                    self.expr(&bounds.0);
                    self.expr(&bounds.1);
                }
                let time = self.members(collection);
                for filter in &collection.filters {
                    self.closure(filter, time);
                }
                if let Some(closure) = closure {
                    self.closure(closure, time);
                }
            }
        }
    }
}
