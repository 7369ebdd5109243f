//! Reads a crate's sources: what each file defines, imports and refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// Where a module stands: `["session", "report"]`; empty for the root of the crate.
pub(super) type Place = Vec<String>;

/// One file of a crate.
#[derive(Default)]
pub(super) struct Module {
    /// Names of what it defines itself.
    pub(super) defines: BTreeSet<String>,
    /// Names that a `use` brings in, each with the path behind it; those of a glob are called `*`.
    pub(super) imports: Vec<(String, Vec<String>)>,
    /// Paths that are named anywhere in it, re-exports and tests apart.
    pub(super) paths: Vec<Vec<String>>,
}

/// All files of the crate whose root is `file`; unit tests may look anywhere and are left out.
pub(super) fn read(file: &Path) -> BTreeMap<Place, Module> {
    let mut modules = BTreeMap::new();
    read_file(file, Place::new(), file.parent().unwrap(), &mut modules);
    modules
}

fn read_file(file: &Path, place: Place, folder: &Path, modules: &mut BTreeMap<Place, Module>) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut module = Module::default();
    Reader(&mut module).visit_file(&parsed);
    modules.insert(place.clone(), module);
    for item in &parsed.items {
        let Item::Mod(child) = item else { continue };
        if child.content.is_some() || is_test(&child.attrs) {
            continue;
        }
        let name = child.ident.to_string();
        let (beside, inside) = (folder.join(format!("{name}.rs")), folder.join(&name));
        let path = if beside.exists() { beside } else { inside.join("mod.rs") };
        read_file(&path, [&place[..], std::slice::from_ref(&name)].concat(), &inside, modules);
    }
}

struct Reader<'a>(&'a mut Module);

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (name, attributes) = match item {
            Item::Const(item) => (Some(&item.ident), &item.attrs),
            Item::Enum(item) => (Some(&item.ident), &item.attrs),
            Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
            Item::Impl(item) => (None, &item.attrs),
            Item::Macro(item) => (item.ident.as_ref(), &item.attrs),
            Item::Mod(item) => (item.content.is_some().then_some(&item.ident), &item.attrs),
            Item::Static(item) => (Some(&item.ident), &item.attrs),
            Item::Struct(item) => (Some(&item.ident), &item.attrs),
            Item::Trait(item) => (Some(&item.ident), &item.attrs),
            Item::Type(item) => (Some(&item.ident), &item.attrs),
            Item::Use(item) => (None, &item.attrs),
            _ => return visit::visit_item(self, item),
        };
        if is_test(attributes) {
            return;
        }
        self.0.defines.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut found);
        // Who re-exports something does not need it.
        if matches!(item.vis, Visibility::Inherited) {
            self.0.paths.extend(found.iter().map(|(_, path)| path.clone()));
        }
        self.0.imports.extend(found);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        paths_in(&found.tokens.to_string(), &mut self.0.paths);
        visit::visit_macro(self, found);
    }
}

/// Paths among the words that a macro is given: tokens are printed with spaces between them.
fn paths_in(tokens: &str, paths: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut joined = false;
    for word in tokens.split_whitespace().chain(["."]) {
        let is_name = word.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if word == "::" && !path.is_empty() {
            joined = true;
        } else if is_name && joined {
            path.push(word.to_owned());
            joined = false;
        } else {
            if path.len() > 1 {
                paths.push(std::mem::take(&mut path));
            }
            path = if is_name { vec![word.to_owned()] } else { Vec::new() };
            joined = false;
        }
    }
}

/// The names that a `use` brings in, and the path behind each.
fn flatten(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let full = |before: &[String], name: String| {
        if name == "self" { before.to_vec() } else { [before, &[name]].concat() }
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => {
            let path = full(before, name.ident.to_string());
            found.push((path.last().cloned().unwrap(), path));
        }
        UseTree::Rename(rename) => {
            found.push((rename.rename.to_string(), full(before, rename.ident.to_string())));
        }
        UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, found)),
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}
