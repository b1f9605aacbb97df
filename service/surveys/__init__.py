"""What people say: questions, rounds, answers, and what may be told from them."""
