//! Strategies and the session that drives them.
