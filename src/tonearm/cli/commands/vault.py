"""`tonearm vault`: the keys that tokens for Spotify are sealed by."""

from cyclopts import App

from tonearm.cli.session import opened, print_json, say

COMMAND = App(name="vault", help="The keys that tokens for Spotify are sealed by.")


@COMMAND.command
def rotate(*, json: bool = False) -> None:
    """Seal everything in the vault by a new key, and drop keys that nothing needs any more.

    Running servers take it up by themselves, and nobody has to link anew. Interrupted, it loses nothing: run it once
    more. With TONEARM_VAULT_KEYS the first of them seals from now on.

    Args:
        json: Print what was done as one JSON document.
    """
    with opened() as tonearm:
        done = tonearm.vault.rotate()
        are_given = bool(tonearm.settings.vault_keys)
    if json:
        print_json(done)
        return
    say(f"The vault seals by key {done.key} from now on; {done.resealed} sealed anew.")
    if done.lost:
        say(f"{done.lost} could not be opened by any key that is here, and stay as they are.")
    if are_given and done.kept:
        say("Only the first of TONEARM_VAULT_KEYS is needed any more: take the others out.")
    elif done.kept:
        say(f"Older keys are kept for now: {done.kept}. Run this again later to drop them.")
