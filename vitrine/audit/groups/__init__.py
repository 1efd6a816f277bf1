"""Groups of people that queries name: what each is shown, and how that differs from what others are shown."""
