"""HTTP plumbing shared by API and pages: who is calling, errors, request ids, headers."""
