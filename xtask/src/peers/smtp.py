"""Takes mail from tests and keeps it.

    python smtp.py FOLDER

Listens three times on 127.0.0.1: with STARTTLS and a login demanded, with TLS from the first byte and a login demanded,
and in clear. FOLDER/starttls, FOLDER/tls and FOLDER/plain say where, once all three do. Each mail that was taken is a
file in FOLDER/mails: a JSON object with the mail and how it came.

Some local parts mean something: gone… is refused for good, later… for now.
"""

import asyncio
import itertools
import json
import os
import ssl
import sys
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = b"wardesk", b"a password of the test"


class Keeper:
    def __init__(self, folder, port):
        self.folder, self.port, self.numbers = folder, port, itertools.count()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return f"550 5.1.1 <{address}> is not here"
        if address.startswith("later"):
            return f"451 4.7.1 <{address}> has to wait"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        kept = {
            "port": self.port,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "login": bool(session.authenticated),
            "tls": session.ssl is not None or self.port == "tls",
            "hello": session.host_name,
            "mail": envelope.content.decode("ascii"),
        }
        name = f"{self.port}-{next(self.numbers)}"
        # Under another name first, so that nobody reads half of it.
        half = self.folder / f".{name}"
        half.write_text(json.dumps(kept))
        half.rename(self.folder / f"{name}.json")
        return "250 kept"


def who_knows_the_password(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=known, handled=False)


async def main(folder):
    mails = folder / "mails"
    mails.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    login = {"auth_required": True, "authenticator": who_knows_the_password}
    ways = {
        "starttls": ({"require_starttls": True, "tls_context": tls, **login}, None),
        "tls": ({"auth_require_tls": False, **login}, tls),
        "plain": ({}, None),
    }
    listeners = []
    for name, (options, wrapped) in ways.items():
        def session(keeper=Keeper(mails, name), options=options):
            return SMTP(keeper, hostname="localhost", loop=asyncio.get_running_loop(), **options)
        listener = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=wrapped)
        listeners.append((name, listener))
    for name, listener in listeners:
        half = folder / f".{name}"
        half.write_text(f"localhost:{listener.sockets[0].getsockname()[1]}")
        half.rename(folder / name)
    await asyncio.Event().wait()


os.umask(0o077)
asyncio.run(main(Path(sys.argv[1])))
