//! Every store keeps what the suite of all stores asks.

use attune_store::{DeferredStore, MemoryStore, SledStore};
use attune_testkit::store::check;

#[test]
fn the_store_in_memory_conforms() {
    check(&|| Box::new(MemoryStore::new()));
}

#[test]
fn the_store_on_disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::cell::Cell::new(0);
    check(&|| {
        made.set(made.get() + 1);
        Box::new(SledStore::open(&folder.path().join(made.get().to_string())).unwrap())
    });
}

#[test]
fn the_store_that_is_opened_late_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::cell::Cell::new(0);
    check(&|| {
        made.set(made.get() + 1);
        Box::new(DeferredStore::new(&folder.path().join(made.get().to_string())))
    });
}
