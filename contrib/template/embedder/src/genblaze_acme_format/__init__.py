"""genblaze manifests inside Acme Format files."""
