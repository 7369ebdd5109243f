use attune_guest::Setting;

use super::*;

fn scheduler(load: f64) -> Scheduler {
    Scheduler::open(&Opening::new::<Scheduler>("days").task_option("load", Setting::Real(load))).unwrap()
}

fn order(by: &str, ageing: f64) -> [Edit; 1] {
    [Edit::new("order").text("by", by).real("ageing", ageing)]
}

#[test]
fn three_jobs_wait_as_one_works_out_by_hand() {
    // The long one begins, as nobody else is there; then the short one goes before the middle one, or after it.
    let jobs = [(0.0, 10.0), (1.0, 5.0), (2.0, 1.0)];
    assert_eq!(run(&jobs, (0.0, -1.0), false), [0.0, 9.0, 13.0]);
    assert_eq!(run(&jobs, (1.0, 0.0), false), [0.0, 8.0, 10.0]);
    // Interrupted at 1 and at 2: the short one does not wait, the middle one for it, the long one for both.
    assert_eq!(run(&jobs, (1.0, 0.0), true), [0.0, 1.0, 6.0]);
}

#[test]
fn nothing_waits_less_than_the_bound_and_shortest_first_waits_less_than_longest_first() {
    let scheduler = scheduler(0.9);
    let items: Vec<u32> = (0..20).collect();
    let wait = |plan: &[Edit]| scheduler.evaluate(plan, "report", &items).unwrap().metrics[0].items.clone();
    let bounds = scheduler.known_bounds("report", &items).remove(0).items;
    let (shortest, longest) = (wait(&order("shortest", 0.0)), wait(&order("longest", 0.0)));
    for (wait, bound) in shortest.iter().chain(&longest).chain(&wait(&[])).zip(bounds.iter().cycle()) {
        assert!(*wait >= bound.unwrap());
    }
    assert!(mean(&shortest) < mean(&wait(&[])) && mean(&wait(&[])) < mean(&longest));
}

#[test]
fn what_is_missing_is_refused_by_name() {
    let refused = scheduler(0.8).check(&[Edit::new("order").text("by", "shortest")]).unwrap_err();
    assert_eq!(
        refused,
        Failure::unsupported(0, "`order` lacks the argument `ageing`, expected a real number")
    );
}
