"""What an export for transformers takes along (`export/src/targets/transformers`): these files, and those
of `..grids` that they import, flat beside the weights. They need torch and transformers, and nothing of
this package."""
