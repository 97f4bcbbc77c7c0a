"""Acme Prompts, a command of genblaze."""
