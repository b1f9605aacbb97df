"""What Resonanz promises about load, faults, attacks and access, as checks that measure it."""
