"""Refusals of the OAuth server, by the names that RFC 6749, 7591 and 8707 have for them."""

from enum import StrEnum

from tonearm.domain.errors import TonearmError


class OAuthFault(StrEnum):
    """What is wrong, in the word that programs branch on."""

    ACCESS_DENIED = "access_denied"
    INVALID_CLIENT = "invalid_client"
    INVALID_CLIENT_METADATA = "invalid_client_metadata"
    INVALID_GRANT = "invalid_grant"
    INVALID_REDIRECT_URI = "invalid_redirect_uri"
    INVALID_REQUEST = "invalid_request"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    UNAVAILABLE = "temporarily_unavailable"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"


_STATUSES = {OAuthFault.INVALID_CLIENT: 401, OAuthFault.UNAVAILABLE: 503}


class OAuthError(TonearmError):
    """What a program asked for is refused; the message is for whoever wrote the program, or uses it."""

    code = "oauth_refused"
    status = 400

    def __init__(self, fault: OAuthFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault

    @property
    def answered_with(self) -> int:
        """The status that a program gets for it."""
        return _STATUSES.get(self.fault, self.status)
