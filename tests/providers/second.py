"""A second OpenID provider (Canaille, on Authlib) on loopback: python second.py REDIRECT_URI

Signs one made-up person in for good and consents for them, so that asking it answers with the code at once. Takes a free
port and prints one line of JSON: issuer, client_id, client_secret, user and email.
"""
import json
import os
import socket
import sys
import threading

import pytest_iam
from canaille import create_app
from canaille.backends import Backend
from joserfc.jwk import JWKRegistry

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
key = JWKRegistry.generate_key("RSA", 2048)
key.ensure_kid()
app = create_app(config={
    "TESTING": True, "ENV_FILE": None, "SECRET_KEY": "for tests", "WTF_CSRF_ENABLED": False,
    "PREFERRED_URL_SCHEME": "http", "SERVER_NAME": f"localhost:{port}",
    "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}}},
    "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
})
server = pytest_iam.Server(app, port, Backend.instance)
threading.Thread(target=server.httpd.serve_forever, daemon=True).start()
with app.app_context():
    client = server.models.Client(
        client_id="app", client_secret="app-secret", client_name="app", redirect_uris=[sys.argv[1]],
        grant_types=["authorization_code"], response_types=["code"],
        token_endpoint_auth_method="client_secret_basic", scope=["openid", "profile", "email", "groups"])
    server.backend.save(client)
    client.audience = [client]
    server.backend.save(client)
    user = server.random_user()
    server.login(user)
    server.consent(user, client=client)
    print(json.dumps({
        "issuer": server.url.rstrip("/"), "client_id": "app", "client_secret": "app-secret",
        "user": user.user_name, "email": user.emails[0]}), flush=True)
sys.stdin.read()  # ends with whoever started it
