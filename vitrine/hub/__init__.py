"""The Hugging Face Hub: its repositories, and calls of it."""
