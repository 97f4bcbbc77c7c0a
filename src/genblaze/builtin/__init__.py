"""The kernel's own plugins; found through entry points like everybody else's; only the testing kit imports them."""
