//! Native evaluator of attune on Burn.
