"""Durable work: queued in the transaction of the change that asks for it, done by workers, once."""
