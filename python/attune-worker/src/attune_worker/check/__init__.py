"""The conformance suite for workers: `python -m attune_worker.check -- COMMAND`.

The same promises as `attune evaluator check`, asked over the protocol, of a worker in any language: plans
that cannot be honoured are refused by name, and the scores of the others depend on nothing but plan, items
and numerics.
"""
