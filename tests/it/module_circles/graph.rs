//! Which module needs which, and the circles among neighbours.

use std::collections::{BTreeMap, BTreeSet};

use super::reading::{Module, Place};

type Edges = BTreeSet<(Place, Place)>;

/// Re-exports that are followed one after another; nobody writes so many.
const DEPTH: usize = 16;

/// The circles of a crate, level by level of the tree of modules: children of one parent that need each other, directly or
/// through one another. A module stands for everything inside it. What it and those inside it need of each other is no
/// circle: it is their front.
pub(super) fn circles(modules: &BTreeMap<Place, Module>) -> Vec<(Place, Vec<String>)> {
    let mut levels: BTreeMap<Place, Edges> = BTreeMap::new();
    for (from, to) in edges(modules) {
        let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
        if common < from.len() && common < to.len() {
            let neighbours = (from[..=common].to_vec(), to[..=common].to_vec());
            levels.entry(from[..common].to_vec()).or_default().insert(neighbours);
        }
    }
    let circles = |(parent, edges): (Place, Edges)| {
        let names = |circle: Vec<Place>| circle.iter().filter_map(|place| place.last().cloned()).collect();
        connected(&edges).into_iter().map(move |circle| (parent.clone(), names(circle)))
    };
    levels.into_iter().flat_map(circles).collect()
}

/// Each module with the modules in which the things are defined that it names.
fn edges(modules: &BTreeMap<Place, Module>) -> Edges {
    let named = modules.iter().flat_map(|(place, module)| module.paths.iter().map(move |path| (place, path)));
    let edges = named.filter_map(|(place, path)| Some((place.clone(), resolve(modules, place, path, 0)?)));
    edges.filter(|(from, to)| from != to).collect()
}

/// The module in which the thing behind a path is defined; `None` when that is another crate.
fn resolve(modules: &BTreeMap<Place, Module>, from: &Place, path: &[String], depth: usize) -> Option<Place> {
    let (mut at, mut rest) = (from.clone(), path);
    match rest.first()?.as_str() {
        "crate" => (at, rest) = (Place::new(), &rest[1..]),
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|word| word == "super") {
                at.pop()?;
                rest = &rest[1..];
            }
        }
        _ => return find(modules, &at, rest, depth),
    }
    find(modules, &at, rest, depth).or(Some(at))
}

/// The module that defines what `at` calls by the first of `path`.
fn find(modules: &BTreeMap<Place, Module>, at: &Place, path: &[String], depth: usize) -> Option<Place> {
    let Some(name) = path.first() else { return Some(at.clone()) };
    let child = [&at[..], std::slice::from_ref(name)].concat();
    if modules.contains_key(&child) {
        return find(modules, &child, &path[1..], depth).or(Some(child));
    }
    let module = modules.get(at)?;
    if module.defines.contains(name) {
        return Some(at.clone());
    }
    if depth == DEPTH {
        return None;
    }
    let imported = module.imports.iter().find(|(known, behind)| known == name && behind[..] != path[..1]);
    if let Some((_, behind)) = imported {
        return resolve(modules, at, &[&behind[..], &path[1..]].concat(), depth + 1);
    }
    let globs = module.imports.iter().filter(|(known, _)| known == "*");
    let mut inside = globs.filter_map(|(_, behind)| resolve(modules, at, behind, depth + 1));
    inside.find_map(|glob| if glob == *at { None } else { find(modules, &glob, path, depth + 1) })
}

/// The strongly connected components of more than one.
fn connected(edges: &Edges) -> Vec<Vec<Place>> {
    let nodes: BTreeSet<&Place> = edges.iter().flat_map(|(from, to)| [from, to]).collect();
    let reached = |start: &Place| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(at) = open.pop() {
            let next = edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| to.clone());
            open.extend(next.filter(|to| seen.insert(to.clone())));
        }
        seen
    };
    let reach: BTreeMap<&Place, BTreeSet<Place>> = nodes.iter().map(|node| (*node, reached(node))).collect();
    let circle = |node: &Place| -> Vec<Place> {
        let both =
            nodes.iter().filter(|other| reach[node].contains(**other) && reach[**other].contains(node));
        both.map(|place| (*place).clone()).collect()
    };
    let circles: BTreeSet<Vec<Place>> = nodes.iter().map(|node| circle(node)).collect();
    circles.into_iter().filter(|circle| circle.len() > 1).collect()
}
