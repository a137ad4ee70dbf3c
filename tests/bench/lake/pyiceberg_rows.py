#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums the rows of the live entries below a manifest list, with pyiceberg. usage: pyiceberg_rows.py LIST"""
import sys

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import read_manifest_list

io = PyArrowFileIO()
print(sum(entry.data_file.record_count
          for manifest in read_manifest_list(io.new_input(sys.argv[1]))
          for entry in manifest.fetch_manifest_entry(io, discard_deleted=True)))
