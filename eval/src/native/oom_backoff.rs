//! Less at a time when the device has no memory for more.

use attune_core::evaluator::EvalFailure;

/// Does some plans with a limit on the items at once.
pub(crate) type Attempt<'a, P, R> = dyn FnMut(&[P], usize) -> Result<Vec<R>, EvalFailure> + 'a;

/// Has `attempt` do all `plans`, at most `items` items at once. When it is out of memory: half of the plans, and
/// with a single plan half of the items, which stays so for what follows. What was done is not done again.
///
/// # Errors
/// That of `attempt`; out of memory only when one plan on one item is too much.
pub(crate) fn run<P, R>(
    plans: &[P],
    items: &mut usize,
    attempt: &mut Attempt<'_, P, R>,
) -> Result<Vec<R>, EvalFailure> {
    loop {
        match attempt(plans, *items) {
            Err(EvalFailure::OutOfMemory { .. }) if plans.len() > 1 => {
                let (one, other) = plans.split_at(plans.len() / 2);
                let mut done = run(one, items, attempt)?;
                done.extend(run(other, items, attempt)?);
                return Ok(done);
            }
            Err(EvalFailure::OutOfMemory { .. }) if *items > 1 => *items /= 2,
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device with room for `room` plans × items.
    fn device(room: usize) -> impl FnMut(&[u32], usize) -> Result<Vec<u32>, EvalFailure> {
        move |plans, items| {
            if plans.len() * items > room {
                let detail = format!("{} plans on {items} items", plans.len());
                return Err(EvalFailure::OutOfMemory { device: "toy".to_owned(), detail });
            }
            Ok(plans.to_vec())
        }
    }

    #[test]
    fn every_plan_is_done_once_and_in_order() {
        let plans: Vec<u32> = (0..13).collect();
        for (room, left) in [(1000, 8), (40, 8), (8, 8), (7, 4), (1, 1)] {
            let mut items = 8;
            assert_eq!(run(&plans, &mut items, &mut device(room)).unwrap(), plans, "room for {room}");
            assert_eq!(items, left, "room for {room}");
        }
    }

    #[test]
    fn a_device_that_is_too_small_for_anything_says_so() {
        let failure = run(&[1, 2, 3], &mut 4, &mut device(0)).unwrap_err();
        assert!(failure.to_string().contains("1 plans on 1 items"), "{failure}");
    }
}
