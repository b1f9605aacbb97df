"""Reading other systems: each connector turns a platform's API into the one vocabulary of `connectors.activity`."""
