"""The `vitrine` command: one thin module per subcommand, heavy imports inside the functions."""
