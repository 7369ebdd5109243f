"""Evaluator for attune: any causal language model of transformers. See `docs/evaluator-protocol.md`."""

__version__ = "0.2.0"
