"""Who and what the tests' provider knows, for those who log in there."""

PASSWORD = "a password at the provider"
SECRET = "a secret of the client +/&%"
PUBLIC, CONFIDENTIAL = "tonearm-public", "tonearm-confidential"
# E-mail addresses by name; of Bob's, the provider does not know whether it is his.
PEOPLE = {"ada": "ada@example.org", "bob": "bob@example.org", "cleo": "cleo@example.org"}
UNVERIFIED = {"bob"}
