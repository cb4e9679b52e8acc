"""How good a network is: metrics, benchmarks and side-by-side pictures."""
