"""Simulated shoppers, who click on rankings as a user model says, with position bias, noise and programs among them."""
