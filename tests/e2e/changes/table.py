# SPDX-License-Identifier: Apache-2.0
"""What a row of the table is: a change that somebody makes by hand, its inverse, and the findings
that muster must have of it: these, and no other."""
import dataclasses
import json
import subprocess
from typing import Any, Callable, NamedTuple, Optional

import boto3

TABLE = []


class Finding(NamedTuple):
    id: str
    address: str
    path: Optional[str]
    severity: str


@dataclasses.dataclass(frozen=True)
class Change:
    name: str
    do: Callable[["World"], Any]
    undo: Callable[["World", Any], Any]  # takes what `do` gave back
    expect: tuple
    after: tuple = ()  # what the first look after the inverse still tells
    stays: tuple = ()  # what every look after the inverse tells: the inverse is not quite one
    apart: str = ""  # the cloud refuses two changes of the same word at once
    slow: bool = False  # of a resource that is made in the whole run only
    unseen: str = ""  # why nothing can be seen of it; then nothing is expected


def change(name, do, undo, *expect, **more):
    TABLE.append(Change(name, do, undo, expect, **more))


def wider(address, path):
    return Finding("DRIFT_ACCESS_WIDER", address, path, "high")


def extra(address, path):
    return Finding("DRIFT_EXTRA", address, path, "high")


def missing(address):
    return Finding("DRIFT_MISSING", address, None, "high")


def changed(address, path):
    return Finding("DRIFT_CHANGED", address, path, "medium")


def undeclared(address, path):
    return Finding("DRIFT_UNDECLARED", address, path, "low")


def sensitive(address, path):
    return Finding("DRIFT_SENSITIVE", address, path, "medium")


def baseline(address, path):
    """A value that was not known when planned is not the one that was seen first."""
    return Finding("DRIFT_BASELINE", address, path, "high")


def replaced(address):
    return Finding("DRIFT_REPLACED", address, "id", "high")


class World:
    """The standby's services by name, and what the stack's outputs name."""

    def __init__(self, terraform, stack):
        self.run = [terraform, f"-chdir={stack}"]
        shown = subprocess.run(
            [*self.run, "output", "-json"], check=True, capture_output=True
        ).stdout
        self.outputs = {name: one["value"] for name, one in json.loads(shown).items()}
        self.clients = {}

    def __getattr__(self, service):
        """world.ec2, world.s3, …"""
        if service.startswith("_"):
            raise AttributeError(service)
        if service not in self.clients:
            self.clients[service] = boto3.client(service)
        return self.clients[service]

    def id(self, name):
        """network.group: of the stack's outputs"""
        output, key = name.split(".")
        return self.outputs[output][key]

    def apply(self):
        subprocess.run(
            [*self.run, "apply", "-input=false", "-auto-approve"], check=True, capture_output=True
        )
