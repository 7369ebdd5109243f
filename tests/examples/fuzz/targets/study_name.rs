//! Names of studies.

use attune_store::check_name;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "study-name",
    seeds: |_| {
        let names =
            ["quickstart", "two.2", "a-b_c", "..", "CON", "x/y", "naïve", ".hidden", "very long name"];
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    },
    run: |input| {
        let name = String::from_utf8_lossy(input);
        if check_name(&name).is_ok() {
            assert!(!name.contains(['/', '\\', '\0', '\n']) && name != ".." && !name.is_empty(), "{name:?}");
        }
    },
};
