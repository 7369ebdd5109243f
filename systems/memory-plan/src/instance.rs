//! Buffers with lifetimes, and what follows from them alone.

use std::fmt;

/// A buffer that is alive in `[start, end)`, in any unit of time, and takes `size` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// When it is allocated.
    pub start: u64,
    /// When it is freed; what is freed at a moment is gone before anything is allocated at it.
    pub end: u64,
    /// Bytes.
    pub size: u64,
}

impl Buffer {
    /// Whether both are alive at some moment.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// What makes no instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceError {
    /// There is no buffer.
    Empty,
    /// A buffer lives for no time.
    NoLife {
        /// Which, from 0.
        buffer: usize,
        /// What it says.
        start: u64,
        /// What it says.
        end: u64,
    },
    /// A buffer has no bytes.
    NoBytes {
        /// Which, from 0.
        buffer: usize,
    },
    /// All buffers together have more than 2⁵⁰ bytes.
    TooLarge,
}

impl fmt::Display for InstanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "there is no buffer; expected at least one"),
            Self::NoLife { buffer, start, end } => {
                write!(f, "buffer {buffer} lives from {start} to {end}; expected an end after its start")
            }
            Self::NoBytes { buffer } => write!(f, "buffer {buffer} has no bytes; expected at least one"),
            Self::TooLarge => write!(f, "all buffers together have more than 2^50 bytes"),
        }
    }
}

impl std::error::Error for InstanceError {}

/// Buffers of one trace, and moments at which a phase of it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    buffers: Vec<Buffer>,
    phases: Vec<u64>,
}

impl Instance {
    /// An instance without phases.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn new(buffers: Vec<Buffer>) -> Result<Self, InstanceError> {
        if buffers.is_empty() {
            return Err(InstanceError::Empty);
        }
        for (buffer, &Buffer { start, end, size }) in buffers.iter().enumerate() {
            if start >= end {
                return Err(InstanceError::NoLife { buffer, start, end });
            }
            if size == 0 {
                return Err(InstanceError::NoBytes { buffer });
            }
        }
        let total = buffers.iter().fold(0_u64, |sum, buffer| sum.saturating_add(buffer.size));
        if total > 1 << 50 {
            return Err(InstanceError::TooLarge);
        }
        Ok(Self { buffers, phases: Vec::new() })
    }

    /// The same with the moments at which phases begin (a forward or backward pass of a micro-batch).
    #[must_use]
    pub fn with_phases(mut self, mut phases: Vec<u64>) -> Self {
        phases.sort_unstable();
        phases.dedup();
        self.phases = phases;
        self
    }

    /// The buffers.
    pub fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// Moments at which phases begin, ascending; none where nobody said so.
    pub fn phases(&self) -> &[u64] {
        &self.phases
    }

    /// How many buffers there are, at least one.
    pub fn len(&self) -> usize {
        self.buffers.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.buffers.is_empty()
    }

    /// Most live bytes at any moment: no plan takes less.
    pub fn bound(&self) -> u64 {
        let mut live = 0;
        let mut most = 0;
        for (_, begins, index) in self.events() {
            let size = self.buffers[index].size;
            live = if begins { live + size } else { live - size };
            most = most.max(live);
        }
        most
    }

    /// How many pairs of buffers are alive at once at some moment.
    pub fn overlaps(&self) -> u64 {
        let mut live = 0;
        let mut pairs = 0;
        for (_, begins, _) in self.events() {
            if begins {
                pairs += live;
                live += 1;
            } else {
                live -= 1;
            }
        }
        pairs
    }

    /// Allocations (`true`) and frees in the order in which they happen: by time, frees first, then by number.
    pub fn events(&self) -> Vec<(u64, bool, usize)> {
        let ends = self.buffers.iter().enumerate().map(|(index, buffer)| (buffer.end, false, index));
        let starts = self.buffers.iter().enumerate().map(|(index, buffer)| (buffer.start, true, index));
        let mut events: Vec<_> = ends.chain(starts).collect();
        events.sort_unstable();
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(start: u64, end: u64, size: u64) -> Buffer {
        Buffer { start, end, size }
    }

    #[test]
    fn the_bound_frees_before_it_allocates() {
        let instance = Instance::new(vec![buffer(0, 4, 7), buffer(4, 9, 5), buffer(2, 6, 1)]).unwrap();
        // 7, then 7 + 1; at 4 the first is gone before the second comes: 1 + 5.
        assert_eq!(instance.bound(), 8);
        assert_eq!(instance.overlaps(), 2);
    }

    #[test]
    fn what_is_no_instance_is_refused_with_the_buffer_that_is_wrong() {
        assert_eq!(Instance::new(vec![]).unwrap_err(), InstanceError::Empty);
        let error = Instance::new(vec![buffer(0, 1, 1), buffer(3, 3, 1)]).unwrap_err();
        assert_eq!(error.to_string(), "buffer 1 lives from 3 to 3; expected an end after its start");
        assert_eq!(Instance::new(vec![buffer(0, 1, 0)]).unwrap_err(), InstanceError::NoBytes { buffer: 0 });
        assert_eq!(Instance::new(vec![buffer(0, 1, u64::MAX); 2]).unwrap_err(), InstanceError::TooLarge);
    }
}
