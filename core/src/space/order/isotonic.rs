//! The nearest cells that ascend.

use std::collections::BinaryHeap;

use super::super::Value;
use super::super::structure::Along;
use super::compare;

/// Makes a line of cells ascend by the least sum of absolute changes. Only comparisons decide (medians do), so ranks stand for
/// values, and one heap keeps the slopes (Rote 2019, "Isotonic regression by dynamic programming").
pub(super) fn nearest_line(cells: &mut [Value], line: &[usize]) {
    let mut sorted = line.to_vec();
    sorted.sort_by(|one, other| compare(&cells[*one], &cells[*other]));
    let values: Vec<Value> = sorted.iter().map(|&cell| cells[cell].clone()).collect();
    let rank = |cell: &usize| values.partition_point(|value| compare(value, &cells[*cell]).is_lt());
    let ranks: Vec<usize> = line.iter().map(rank).collect();
    let mut heap = BinaryHeap::with_capacity(ranks.len() + 1);
    let mut fitted: Vec<usize> = ranks
        .iter()
        .map(|&rank| {
            heap.push(rank);
            if heap.peek().is_some_and(|top| *top > rank) {
                heap.pop();
                heap.push(rank);
            }
            heap.peek().copied().unwrap_or(rank)
        })
        .collect();
    for place in (1..fitted.len()).rev() {
        fitted[place - 1] = fitted[place - 1].min(fitted[place]);
    }
    for (&cell, rank) in line.iter().zip(fitted) {
        cells[cell] = values[rank].clone();
    }
}

/// Makes cells ascend along several axes by changes of which the largest is least: half-way between the highest value at or
/// before a cell and the lowest at or after it.
pub(super) fn nearest(cells: &mut [Value], orders: &[Along], counts: impl Fn(usize) -> bool) {
    // Rows before columns: every cell comes after those that it must not fall below.
    let (mut highest, mut lowest) = (cells.to_vec(), cells.to_vec());
    let active: Vec<usize> = (0..cells.len()).filter(|cell| counts(*cell)).collect();
    for &cell in &active {
        for along in orders {
            if let Some(other) = along.before(cell).find(|&other| counts(other))
                && compare(&highest[other], &highest[cell]).is_gt()
            {
                highest[cell] = highest[other].clone();
            }
        }
    }
    for &cell in active.iter().rev() {
        for along in orders {
            if let Some(other) = along.after(cell).find(|&other| counts(other))
                && compare(&lowest[cell], &lowest[other]).is_gt()
            {
                lowest[cell] = lowest[other].clone();
            }
        }
    }
    for cell in active {
        cells[cell] = middle(&lowest[cell], &highest[cell]);
    }
}

/// Rounded down, so that what ascends still does.
fn middle(low: &Value, high: &Value) -> Value {
    match (low, high) {
        (Value::Index(low), Value::Index(high)) => Value::Index(low + (high.max(low) - low) / 2),
        (Value::Int(low), Value::Int(high)) => {
            Value::Int((i128::from(*low) + i128::from(*high)).div_euclid(2) as i64)
        }
        (Value::Real(low), Value::Real(high)) => Value::Real((low + high) / 2.0 + 0.0),
        (low, _) => low.clone(),
    }
}
