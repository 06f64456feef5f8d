"""Why a log-in by OIDC came to nothing: each reason has one sentence, the same wherever it is told."""

from typing import ClassVar

from tonearm.domain.errors import TonearmError


class OidcError(TonearmError):
    """A log-in by OIDC that came to nothing; `reason` is for the log, in our own words alone."""

    sentence: ClassVar[str]

    def __init__(self, reason: str = "") -> None:
        super().__init__(self.sentence)
        self.reason = reason


class OidcExpiredError(OidcError):
    """No such log-in is under way in this browser."""

    code = "oidc_expired"
    status = 400
    sentence = (
        "This log-in was used already, was begun too long ago, or in another browser. Begin again."
    )


class OidcDeniedError(OidcError):
    """The person or the provider said no."""

    code = "oidc_denied"
    status = 403
    sentence = "The log-in was not allowed over there, or broken off. Begin again if it should be."


class OidcUnknownError(OidcError):
    """The provider knows the person, and Tonearm does not."""

    code = "oidc_unknown"
    status = 403
    sentence = (
        "You are known over there, but no account here is linked to that. Log in with your "
        "password and link it on the account page, or ask whoever runs this Tonearm."
    )


class OidcDisabledError(OidcError):
    """The account that the person has here opens nothing any more."""

    code = "oidc_disabled"
    status = 403
    sentence = "Your account here is disabled. Ask whoever runs this Tonearm."


class OidcTakenError(OidcError):
    """The identity belongs to somebody else, or the account has one already."""

    code = "oidc_taken"
    status = 409
    sentence = (
        "That log-in is linked to another account here, or this account is linked to another one "
        "over there. Unlink that first."
    )


class OidcUnusableError(OidcError):
    """The provider answers, but not what can be trusted."""

    code = "oidc_unusable"
    status = 502
    sentence = (
        "The log-in provider answered something that cannot be trusted, so nobody was logged in. "
        "The log says what it was."
    )


class OidcUnreachableError(OidcError):
    """The provider does not answer."""

    code = "oidc_unreachable"
    status = 503
    sentence = "The log-in provider does not answer right now. Try again in a moment."


_KINDS = (
    OidcExpiredError,
    OidcDeniedError,
    OidcUnknownError,
    OidcDisabledError,
    OidcTakenError,
    OidcUnusableError,
    OidcUnreachableError,
)


def find_problem(code: str) -> OidcError | None:
    """Give the problem of a code, which the address of a page names; None where there is no such code."""
    return next((kind() for kind in _KINDS if kind.code == code), None)
