"""The command `genblaze`: one module for each subcommand, imported when that subcommand runs."""
