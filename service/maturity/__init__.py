"""The maturity model, the register of documented facts, and the assessment made with them."""
