//! What holds of every instance and every planner.

use attune_memory_plan::decode::{self, Fit};
use attune_memory_plan::stalloc::{Algorithm, Knobs};
use attune_memory_plan::{
    Buffer, Instance, Random, caching, check, online, peak,
    restarts::{Policy, Restarts},
    rules::Rule,
    stalloc,
};
use proptest::prelude::*;

fn instances() -> impl Strategy<Value = Instance> {
    let buffer = (0_u64..40, 1_u64..20, 1_u64..3000);
    let buffer = buffer.prop_map(|(start, life, size)| Buffer { start, end: start + life, size });
    let phases = prop::collection::vec(0_u64..60, 0..6);
    (prop::collection::vec(buffer, 1..40), phases).prop_map(|(buffers, phases)| {
        Instance::new(buffers).expect("buffers are alive and fit").with_phases(phases)
    })
}

fn shuffled(count: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut order: Vec<u32> = (0..count as u32).collect();
    for place in (1..count).rev() {
        order.swap(place, random.below(place + 1));
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_planner_makes_plans_not_below_the_bound(instance in instances(), seed in any::<u64>()) {
        let order = shuffled(instance.len(), seed);
        let mut plans = vec![
            decode::decode(&instance, &order, Fit::Lowest),
            decode::decode(&instance, &order, Fit::Tightest),
            online::best_fit(&instance),
        ];
        for algorithm in [Algorithm::SplitAndFuse, Algorithm::Group, Algorithm::Autotune] {
            plans.push(stalloc::plan(&instance, &Knobs { algorithm, ..Knobs::default() }));
        }
        plans.extend(Rule::ALL.map(|rule| rule.plan(&instance)));
        let mut restarts = Restarts::new(&instance, Policy::default(), seed);
        restarts.round(u64::MAX);
        plans.push(restarts.best().clone());
        for plan in plans {
            let exact = check::peak(&instance, &plan);
            prop_assert_eq!(exact.clone(), Ok(peak(&instance, &plan)));
            prop_assert!(exact.unwrap() >= instance.bound());
        }
    }

    #[test]
    fn the_emulated_allocator_makes_plans_within_what_it_reserves(instance in instances()) {
        let reserved = caching::run(&instance);
        prop_assert!(check::peak(&instance, &reserved.offsets).unwrap() <= reserved.bytes);
    }

    #[test]
    fn the_order_of_a_plan_decodes_to_no_more(instance in instances(), seed in any::<u64>()) {
        let plan = decode::decode(&instance, &shuffled(instance.len(), seed), Fit::Tightest);
        let again = decode::decode(&instance, &decode::order_of(&plan), Fit::Lowest);
        prop_assert!(peak(&instance, &again) <= peak(&instance, &plan));
    }

    #[test]
    fn two_buffers_that_share_addresses_while_both_live_are_found(instance in instances(), seed in any::<u64>()) {
        let mut plan = decode::decode(&instance, &shuffled(instance.len(), seed), Fit::Lowest);
        let buffers = instance.buffers();
        let mut random = Random::new(seed);
        let moved = random.below(plan.len());
        plan[moved] = random.below(3000) as u64;
        // By definition, pair by pair.
        let clash = (0..plan.len()).any(|other| {
            other != moved
                && buffers[other].overlaps(&buffers[moved])
                && plan[other] < plan[moved] + buffers[moved].size
                && plan[moved] < plan[other] + buffers[other].size
        });
        prop_assert_eq!(check::peak(&instance, &plan).is_err(), clash);
    }
}
