//! Exporters of attune: plans to files that other engines load.
