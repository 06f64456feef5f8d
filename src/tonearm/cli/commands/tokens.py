"""`tonearm tokens`: the keys that sign the tokens of API clients."""

from cyclopts import App

from tonearm.cli.session import opened, print_json, say

COMMAND = App(name="tokens", help="The keys that sign the tokens of API clients.")


@COMMAND.command(name="rotate-signing-key")
def rotate_signing_key(*, json: bool = False) -> None:
    """Let a new key sign access tokens; running servers take it up at once, and nobody has to log in anew.

    The key before verifies what it has signed until that has expired, a quarter of an hour later. Keys in
    TONEARM_SIGNING_KEYS are rotated there.

    Args:
        json: Print the new key's id as one JSON document.
    """
    with opened() as tonearm:
        key_id = tonearm.signing_keys.rotate()
    if json:
        print_json({"key_id": key_id})
    else:
        say(f"Access tokens are signed by key {key_id} from now on.")
