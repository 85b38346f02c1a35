"""A bare client of the wire protocol of @alkdev/pubsub, in the standard library of Python 3.9 or newer.

`Client` knows the protocol and does no I/O, so that the transcripts can play the hub. `connect` runs it over a WebSocket.
"""

import base64
import json
import os
import socket
import struct
from urllib.parse import urlsplit

MAX_FRAME_BYTES = 1_048_576


class Client:
    """One connection to a hub. `send(text)` sends a frame; `on_sees(step)` reports to the program."""

    def __init__(self, send, on_sees):
        self._send_text = send
        self._on_sees = on_sees
        self._refs = 0
        self._wanted = {}  # topic → the ref of its last __subscribe
        self._flushes = set()
        self.ended = False
        self._send("__hello", "", {"version": 1, "batch": True, "maxFrameBytes": MAX_FRAME_BYTES})

    def subscribe(self, topic):
        self._wanted[topic] = ref = self._ref()
        self._send("__subscribe", ref, {"topics": [topic]})

    def unsubscribe(self, topic):
        if self._wanted.pop(topic, None) is not None:
            self._send("__unsubscribe", self._ref(), {"topics": [topic]})

    def publish(self, type, id, *payload):
        self._send(type, id, *payload)

    def flush(self):
        ref = self._ref()
        self._flushes.add(ref)
        self._send("__ping", ref)

    def receive(self, text):
        """Handles a frame. What is malformed is ignored."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        for envelope in frame if isinstance(frame, list) else [frame]:
            if self.ended:
                return
            if not isinstance(envelope, dict):
                continue
            type, id = envelope.get("type"), envelope.get("id")
            if not isinstance(type, str) or not isinstance(id, str):
                continue
            if type.startswith("__"):
                payload = envelope.get("payload")
                self._control(type, id, payload if isinstance(payload, dict) else {})
            else:
                self._event({key: envelope[key] for key in ("type", "id", "payload") if key in envelope})

    def end(self, code, reason):
        if not self.ended:
            self.ended = True
            self._on_sees({"sees": "ended", "code": code, "reason": reason})

    def _event(self, event):
        topics = ("%s:%s" % (event["type"], event["id"]), event["type"], "*")
        if any(topic in self._wanted for topic in topics):
            self._on_sees({"sees": "event", "event": event})

    def _control(self, type, id, payload):
        if type == "__subscribed":
            for topic in _strings(payload.get("topics")):
                if self._wanted.get(topic) == id:
                    self._on_sees({"sees": "ready", "topic": topic})
            self._refuse(payload, lambda topic: self._wanted.get(topic) == id)
        elif type == "__revoked":
            self._refuse(payload, lambda topic: topic in self._wanted)
        elif type == "__ping":
            self._send("__pong", id)
        elif type == "__pong" and id in self._flushes:
            self._flushes.remove(id)
            self._on_sees({"sees": "flushed"})
        elif type == "__gap":
            topics = payload.get("topics")
            for topic in self._wanted:
                if topics is None or topic in _strings(topics):
                    self._on_sees({"sees": "gap", "topic": topic})
        elif type == "__upstream":
            self._on_sees({"sees": "degraded", "degraded": payload.get("up") is not True})
        elif type == "__bye":
            self.end(payload.get("code", 1000), payload.get("reason", ""))

    def _refuse(self, payload, counts):
        refused = payload.get("refused")
        for entry in refused if isinstance(refused, list) else []:
            if isinstance(entry, dict):
                for topic in _strings([entry.get("topic")]) + _strings(entry.get("also")):
                    if counts(topic):
                        del self._wanted[topic]
                        self._on_sees({"sees": "refused", "topic": topic})

    def _ref(self):
        self._refs += 1
        return str(self._refs)

    def _send(self, type, id, *payload):
        envelope = {"type": type, "id": id}
        if payload:
            envelope["payload"] = payload[0]
        self._send_text(json.dumps(envelope))


def _strings(value):
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


class WebSocket:
    """A client of RFC 6455 for text messages, without TLS and extensions."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self._socket.sendall((
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        ).encode())
        self._stream = self._socket.makefile("rb")
        status = self._stream.readline()
        while self._stream.readline() not in (b"\r\n", b""):
            pass
        if b" 101 " not in status:
            raise ConnectionError(f"The hub did not upgrade: {status.decode().strip()}")

    def send(self, text):
        self._send_frame(0x1, text.encode())

    def receive(self):
        """The next text message, or `(code, reason)` once the hub has closed."""
        message = b""
        while True:
            head = self._stream.read(2)
            if len(head) < 2:
                return 1006, ""
            length = head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self._stream.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._stream.read(8))
            if length > MAX_FRAME_BYTES:
                return 1009, ""
            data, opcode = self._stream.read(length), head[0] & 0x0F
            if opcode == 0x8:
                self._send_frame(0x8, data[:2])
                return (struct.unpack(">H", data[:2])[0], data[2:].decode()) if len(data) >= 2 else (1005, "")
            if opcode == 0x9:
                self._send_frame(0xA, data)
            elif opcode in (0x0, 0x1):
                message += data
                if head[0] & 0x80:
                    return message.decode()

    def close(self):
        self._send_frame(0x8, struct.pack(">H", 1000))
        self._socket.close()

    def _send_frame(self, opcode, data):
        length, mask = len(data), os.urandom(4)
        head = bytes([0x80 | opcode])
        if length < 126:
            head += bytes([0x80 | length])
        elif length < 65_536:
            head += bytes([0xFE]) + struct.pack(">H", length)
        else:
            head += bytes([0xFF]) + struct.pack(">Q", length)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self._socket.sendall(head + mask + masked)


def connect(url, on_sees):
    """Connects to a hub. Returns the client, and a function that handles the next frame, until it returns `False`."""
    websocket = WebSocket(url)
    client = Client(websocket.send, on_sees)

    def handle_next():
        message = websocket.receive()
        if isinstance(message, tuple):
            client.end(*message)
            return False
        client.receive(message)
        return True

    client.close = websocket.close
    return client, handle_next
