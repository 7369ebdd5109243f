"""What is where in a model: layers, attention, feed-forward parts, linear modules, routers, found by
structure."""
