"""How does one trial run? Training, evaluation, compiled programs."""
