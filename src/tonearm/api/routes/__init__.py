"""The drawer of routes: one family of the API a file, each with one `ROUTER`."""
