"""Addresses of the tests' provider, and what it says of people."""

from typing import Any

from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.oauth2_validators import OAuth2Validator

from oidc_site.people import UNVERIFIED


class Validator(OAuth2Validator):  # type: ignore[misc] # it has no types
    def get_userinfo_claims(
        self,
        request: Any,  # noqa: ANN401 - oauthlib's own, without types
    ) -> dict[str, Any]:
        """Tell name and address at the userinfo endpoint only, as is usual where a code is exchanged."""
        claims: dict[str, Any] = super().get_userinfo_claims(request)
        name = request.user.username
        if "profile" in request.scopes:
            claims |= {"preferred_username": name, "zoneinfo": "Asia/Tokyo"}
        if "email" in request.scopes:
            claims |= {"email": request.user.email, "email_verified": name not in UNVERIFIED}
        return claims


urlpatterns = [
    path("login/", LoginView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
