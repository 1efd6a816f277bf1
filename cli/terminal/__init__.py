"""Output on the terminal: progress of runs and of long work, Markdown, and the redirection of all other output."""
