//! Integration tests and conformance suites of attune.
