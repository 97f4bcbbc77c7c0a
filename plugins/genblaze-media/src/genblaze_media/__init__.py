"""Provenance manifests inside media files: one plugin per format, each in a module of its own."""
