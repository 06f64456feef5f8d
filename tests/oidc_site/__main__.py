"""Runs the tests' provider: `python -m oidc_site FOLDER PORT`.

Database and key lie in the folder: whoever takes `signing.pem` away and starts it anew rotates the key. Port 0 is any
free one; it is printed when the provider answers.
"""

import os
import socketserver
import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from oidc_site.people import CONFIDENTIAL, PASSWORD, PEOPLE, PUBLIC, SECRET

# Without a port it holds for all ports (RFC 8252, 7.3).
CALLBACK = "http://127.0.0.1/api/auth/oidc/callback"


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def make_key(file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def fill() -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415 - Django has to be set up first
    from oauth2_provider.models import Application  # noqa: PLC0415 - the same

    call_command("migrate", verbosity=0)
    for name, email in PEOPLE.items():
        if not User.objects.filter(username=name).exists():
            User.objects.create_user(name, email, PASSWORD)
    for client_id, kind in ((PUBLIC, "public"), (CONFIDENTIAL, "confidential")):
        Application.objects.update_or_create(
            client_id=client_id,
            defaults={
                "client_secret": SECRET,
                "client_type": kind,
                "authorization_grant_type": "authorization-code",
                "redirect_uris": CALLBACK,
                "algorithm": "RS256",
                "name": "Tonearm",
            },
        )


def main() -> None:
    folder, port = sys.argv[1:]
    server = make_server("127.0.0.1", int(port), lambda *_: [], _Server, _Handler)
    if not (Path(folder) / "signing.pem").exists():
        make_key(Path(folder) / "signing.pem")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "oidc_site.settings",
        "OIDC_SITE_FOLDER": folder,
        # Another name than Tonearm goes by in tests: browsers take them for two sites.
        "OIDC_SITE_ISSUER": f"http://localhost:{server.server_port}/o",
    }
    server.set_app(get_wsgi_application())
    fill()
    print(server.server_port, flush=True)  # noqa: T201 - who has started it reads it
    server.serve_forever()


if __name__ == "__main__":
    main()
