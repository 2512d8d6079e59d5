"""Takes text messages from tests by SMPP 3.4 and keeps them.

    python smsc.py FOLDER

Listens on 127.0.0.1; FOLDER/smpp says where, once it does. Each message that was taken is a file in FOLDER/messages: a
JSON object. It sends a receipt for each at once.

The last digits of a number mean something: …001 is answered with "throttled", …002 with "no such number", …003 gets a
receipt that it was not delivered, …004 none, …005 an answer after a while, with the number of messages that waited for
an answer at the same time.
"""

import itertools
import json
import logging
import os
import sys
from pathlib import Path

from smpp.pdu import pdu_types
from smpp.pdu.operations import DeliverSM
from smpp.pdu.pdu_types import CommandStatus, EsmClass, EsmClassMode, EsmClassType
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import SMPPServerFactory
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import defer, reactor

USER, PASSWORD = "wardesk", "secret-1"
NUMBERS = itertools.count()
WAITING = {}


class Realm:
    def requestAvatar(self, avatar_id, mind, *interfaces):
        return interfaces[0], avatar_id, lambda: None


class Keeper:
    def __init__(self, folder):
        self.folder = folder

    def take(self, system_id, connection, pdu):
        if pdu.commandId != pdu_types.CommandId.submit_sm:
            return CommandStatus.ESME_ROK
        to = pdu.params["destination_addr"].decode()
        if to.endswith("001"):
            return CommandStatus.ESME_RTHROTTLED
        if to.endswith("002"):
            return CommandStatus.ESME_RINVDSTADR
        name = f"m-{os.getpid()}-{next(NUMBERS)}"
        if to.endswith("005"):
            WAITING[name] = to
            done = defer.Deferred()
            reactor.callLater(0.2, self.answer_late, done, name, to, pdu, connection)
            return done
        return self.answer(name, to, pdu, connection, 0)

    def answer_late(self, done, name, to, pdu, connection):
        waiting = sum(other == to for other in WAITING.values())
        del WAITING[name]
        done.callback(self.answer(name, to, pdu, connection, waiting))

    def answer(self, name, to, pdu, connection, waiting):
        kept = {
            "name": name,
            "from": pdu.params["source_addr"].decode(),
            "to": to,
            "coding": str(pdu.params["data_coding"].schemeData),
            "validity": str(pdu.params["validity_period"]),
            "text": pdu.params["short_message"].hex(),
            "waiting": waiting,
        }
        half = self.folder / f".{name}"
        half.write_text(json.dumps(kept))
        half.rename(self.folder / f"{name}.json")
        if not to.endswith("004"):
            word = "UNDELIV" if to.endswith("003") else "DELIVRD"
            # Not before the answer, which it belongs to.
            reactor.callLater(0.01, self.receipt, connection, to, name, word)
        return DataHandlerResponse(CommandStatus.ESME_ROK, message_id=name.encode())

    def receipt(self, connection, to, name, word):
        text = f"id:{name} sub:001 dlvrd:001 submit date:2611270201 done date:2611270201 stat:{word} err:000 text:"
        connection.sendDataRequest(
            DeliverSM(
                source_addr=to.encode(),
                destination_addr=b"Wardesk",
                esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT),
                short_message=text.encode(),
            )
        ).addErrback(lambda failure: print(failure, file=sys.stderr))


def main(folder):
    logging.basicConfig(level=logging.INFO)
    messages = folder / "messages"
    messages.mkdir()
    config = SMPPServerConfig(msgHandler=Keeper(messages).take, systems={USER: {"max_bindings": 1000}})
    checker = InMemoryUsernamePasswordDatabaseDontUse()
    checker.addUser(USER, PASSWORD)
    listener = reactor.listenTCP(0, SMPPServerFactory(config, Portal(Realm(), [checker])), interface="127.0.0.1")
    half = folder / ".smpp"
    half.write_text(f"127.0.0.1:{listener.getHost().port}")
    half.rename(folder / "smpp")
    reactor.run()


os.umask(0o077)
main(Path(sys.argv[1]))
