//! `--set KEY=VALUE`.

use attune_core::profile::Profile;

use crate::Target;

const PROFILE: &str = include_str!("../../../../profiles/quickstart.ron");

pub(crate) const TARGET: Target = Target {
    name: "set",
    seeds: |_| {
        let sets = [
            "trials=10",
            "racing.first=8",
            "racing.keep=0.5",
            "strategy.kind=random",
            "strategy.options.generation=8",
            "technique.options.keep=4",
            "task.length=64",
            "task.lengths={64: 2}",
            "selection=some/where.txt",
            "objectives=[(metric: \"kl\")]",
        ];
        sets.iter().map(|set| set.as_bytes().to_vec()).collect()
    },
    run: |input| {
        let text = String::from_utf8_lossy(input);
        if let Some((key, value)) = text.split_once('=') {
            let _ = Profile::parse("fuzz.ron", PROFILE, &[(key.to_owned(), value.to_owned())]);
        }
    },
};
