"""Settings of the tests' provider, as Django looks for them."""

import os
from pathlib import Path

FOLDER = Path(os.environ["OIDC_SITE_FOLDER"])
SECRET_KEY = "of no importance"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "oidc_site.urls"
LOGIN_URL = "/login/"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "provider.db"}}
# What is tested is the client: passwords need not be slow here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING_CONFIG = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {
                        "oauth2_provider/base.html": (
                            "<!doctype html><title>Provider</title>"
                            "{% block content %}{% endblock %}"
                        ),
                        "registration/login.html": (
                            "<!doctype html><title>Provider</title><form method=post>"
                            "{% csrf_token %}{{ form }}<button>Sign in</button></form>"
                        ),
                    },
                ),
                "django.template.loaders.app_directories.Loader",
            ]
        },
    }
]
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": os.environ["OIDC_SITE_ISSUER"],
    "OIDC_RSA_PRIVATE_KEY": (FOLDER / "signing.pem").read_text(encoding="ascii"),
    "OAUTH2_VALIDATOR_CLASS": "oidc_site.urls.Validator",
    "SCOPES": {"openid": "who you are", "profile": "your name", "email": "your address"},
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http"],
}
