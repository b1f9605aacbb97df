"""The Resonanz service: collects, measures, publishes, and serves API and pages."""
