//! A config in full, place by place, and where it differs from another one.

use attune_core::space::{CountingCells, Dimension, Domain, Value};

use super::config_text;

/// What stands at one place of a dimension, for example in one layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunLocation {
    /// For example `layer 3`.
    pub(crate) label: String,
    pub(crate) here: String,
    /// What the other config has there, when that is something else.
    pub(crate) there: Option<String>,
}

/// The places of every dimension, under its name. Configs of other dimensions have no differences: nothing of them
/// stands at the same place.
pub(crate) fn places(
    dimensions: &[Dimension],
    here: &CountingCells<'_>,
    there: Option<&CountingCells<'_>>,
) -> Vec<(String, Vec<RunLocation>)> {
    let sections = dimensions.iter().zip(here).enumerate().map(|(at, (dimension, cells))| {
        let other = there.and_then(|config| config.get(at));
        let inner: usize = dimension.axes.iter().skip(1).map(|axis| axis.len as usize).product();
        let others = other.map(|cells| cells.chunks(inner.max(1)).collect::<Vec<_>>());
        let places = cells.chunks(inner.max(1)).enumerate().map(|(place, cells)| {
            let here = text(cells, &dimension.domain);
            let there = others.as_ref().and_then(|others| others.get(place));
            let there = there.map(|cells| text(cells, &dimension.domain)).filter(|there| *there != here);
            let label = match dimension.axes.first() {
                Some(axis) => format!("{} {place}", axis.name),
                None => "value".to_owned(),
            };
            RunLocation { label, here, there }
        });
        let places = places.collect();
        let axes: Vec<&str> = dimension.axes.iter().map(|axis| axis.name.as_str()).collect();
        let over = if axes.is_empty() { String::new() } else { format!(" by {}", axes.join(" × ")) };
        (format!("{}{over}", dimension.name), places)
    });
    sections.collect()
}

fn text(cells: &[Option<&Value>], domain: &Domain) -> String {
    let lists = cells.iter().any(|cell| matches!(cell, Some(Value::Indices(_) | Value::Reals(_))));
    let texts: Vec<String> = cells.iter().map(|cell| whole(*cell, domain)).collect();
    texts.join(if lists { " | " } else { " " })
}

fn whole(cell: Option<&Value>, domain: &Domain) -> String {
    match cell {
        Some(Value::Indices(indices)) => indices.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
        Some(Value::Reals(_)) => config_text::cell(cell, Some(domain)).replace(',', " "),
        _ => config_text::cell(cell, Some(domain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_core::space::{ActiveCondition, Axis, Config, counting};

    #[test]
    fn only_places_that_differ_say_what_the_other_has() {
        let dimension = Dimension {
            name: "bits".into(),
            help: String::new(),
            axes: vec![Axis::new("layer", 2), Axis::new("part", 2)],
            domain: Domain::Level { levels: vec![2.0, 4.0] },
        };
        let config = |cells: [u32; 4]| Config::new(vec![cells.map(Value::Index).to_vec()]);
        let (here, there) = (config([0, 1, 1, 1]), config([0, 1, 0, 1]));
        let [here, there] = [&here, &there].map(|config| counting(&[], &[], config));
        let found = places(&[dimension], &here, Some(&there));
        assert_eq!(found[0].0, "bits by layer × part");
        assert_eq!(found[0].1[0], RunLocation { label: "layer 0".into(), here: "2 4".into(), there: None });
        assert_eq!(found[0].1[1].there.as_deref(), Some("2 4"));
    }

    #[test]
    fn a_cell_that_does_not_count_is_a_dash_and_differs_only_from_one_that_does() {
        let dimension = |name: &str, domain| Dimension {
            name: name.into(),
            help: String::new(),
            axes: vec![Axis::new("layer", 2)],
            domain,
        };
        let codec = Domain::Choice { options: vec!["raw".into(), "block".into()] };
        let dimensions = [dimension("codec", codec), dimension("order", Domain::Permutation { of: 2 })];
        let conditions = [ActiveCondition { dimension: 1, when: 0, options: vec![1] }];
        let config = |codecs: [u32; 2]| {
            let orders = vec![Value::Indices(vec![0, 1]); 2];
            Config::new(vec![codecs.map(Value::Index).to_vec(), orders])
        };
        let (here, there) = (config([0, 0]), config([0, 1]));
        let [here, there] = [&here, &there].map(|config| counting(&dimensions, &conditions, config));
        let found = places(&dimensions, &here, Some(&there));
        let order = &found[1].1;
        assert_eq!((order[0].here.as_str(), order[0].there.as_deref()), ("–", None));
        assert_eq!((order[1].here.as_str(), order[1].there.as_deref()), ("–", Some("0 1")));
    }
}
