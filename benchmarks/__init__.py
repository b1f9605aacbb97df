"""Figures, printed as ratios of one run: `python -m benchmarks [name] [--quick] [--output FILE]`."""
