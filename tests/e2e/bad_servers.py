#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that misbehave, each in one way. Prints two ports on one line, of an HTTP server whose path
chooses the way and of a DNS server that never answers, and serves until its standard input ends."""
import itertools
import os
import socket
import sys
import threading
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def cut(_):
    yield HEAD + b"Content-Length: 1000\r\n\r\nten bytes."


def drip(_):
    yield HEAD + b"\r\n"
    for _ in itertools.count():
        time.sleep(0.2)
        yield b"."


def garbage(_):
    yield bytes(range(256)) * 64


def endless_headers(_):
    yield HEAD
    for n in itertools.count():
        yield b"".join(b"X-%d-%d: %s\r\n" % (n, m, b"y" * 80) for m in range(100))


def endless_body(_):
    yield HEAD + b"\r\n"
    for _ in itertools.count():
        yield b"z" * 65536


def loop(_):
    yield b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"


def close(_):
    return iter(())


def gzip_bomb(_):
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n\x1f\x8b\x08not gz"


WAYS = {f"/{way.__name__}": way for way in (cut, drip, garbage, endless_headers, endless_body, loop,
                                            close, gzip_bomb)}


def serve(connection):
    with connection:
        connection.settimeout(30)
        request = connection.recv(65536).decode("latin-1").split()
        way = WAYS.get(request[1] if len(request) > 1 else "", garbage)
        try:
            for part in way(request):
                connection.sendall(part)
        except OSError:
            pass  # the client had enough


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], silent.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    while os.read(sys.stdin.fileno(), 1):
        pass


main()
