"""Potential fields: where social communication would help, found from signals, needs and use cases, tested, scored and chosen."""
