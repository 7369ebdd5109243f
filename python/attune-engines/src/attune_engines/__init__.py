"""Asks engines whether an exported folder computes what was scored."""
