//! Profiles, as files and as a journal keeps them.

use attune_core::profile::Profile;

use crate::{Target, scratch};

pub(crate) const TARGET: Target = Target {
    name: "profile",
    seeds: |root| scratch::all(root, &["profiles", "profiles/results"], "ron"),
    run: |input| {
        let text = String::from_utf8_lossy(input);
        if let Ok(profile) = Profile::parse("fuzz.ron", &text, &[]) {
            let identity = profile.identity();
            assert!(Profile::from_identity(&identity, "fuzz", profile.trials).is_ok(), "{identity}");
        }
        let _ = Profile::from_identity(&text, "fuzz", 1);
    },
};
