//! A file as values that refer to each other by number: a pickle uses one list in many places.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Int(i64),
    Text(String),
    List(Vec<usize>),
    Map(Vec<(usize, usize)>),
    /// A number that is not whole, or anything else that no snapshot is read for.
    Other,
}

/// All values of a file, and which of them is the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) root: usize,
}

impl Document {
    pub(super) fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The value of a key, where `map` is a map that has it.
    pub(super) fn get(&self, map: usize, key: &str) -> Option<usize> {
        let Node::Map(entries) = &self.nodes[map] else { return None };
        entries.iter().find(|(name, _)| self.text(*name) == Some(key)).map(|(_, value)| *value)
    }

    pub(super) fn list(&self, node: usize) -> Option<&[usize]> {
        match &self.nodes[node] {
            Node::List(list) => Some(list),
            _ => None,
        }
    }

    pub(super) fn text(&self, node: usize) -> Option<&str> {
        match &self.nodes[node] {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn int(&self, node: usize) -> Option<i64> {
        match self.nodes[node] {
            Node::Int(int) => Some(int),
            _ => None,
        }
    }
}
