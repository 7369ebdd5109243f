//! Threads that catch panics at the same time.

use attune_core::panics::quietly;

#[test]
fn threads_that_catch_at_once_leave_the_others_their_words() {
    let quiet = |index: usize| std::thread::spawn(move || quietly(|| panic!("{index}")));
    let caught: Vec<_> = (0..16).map(quiet).collect();
    for (index, thread) in caught.into_iter().enumerate() {
        assert_eq!(thread.join().unwrap(), Err::<(), _>(index.to_string()));
    }
}
