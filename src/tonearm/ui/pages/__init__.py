"""The pages: one file each, with one `ROUTER`, found by being here."""
