"""The kernel's own plugins; found through entry points like everybody else's; nothing imports them."""
