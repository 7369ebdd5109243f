//! The attune command line.
