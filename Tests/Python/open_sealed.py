#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens and seals secrets as the store holds them, with `cryptography` instead of OpenSSL's own interface.

Reads lines of `KEY PLACE SEALED` from standard input, prints what each opens to, and after a blank line the same
texts sealed anew with `cryptography`. The key comes as Base64, like `secretsKey`.
"""

import base64
import os
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

anew = []
for line in sys.stdin:
    key, place, sealed = line.split()
    cipher = AESGCM(base64.b64decode(key, validate=True))
    form, key_id, text = sealed.split(":")
    if form != "aes256gcm":
        sys.exit(f"{form} is not a form that this knows")
    raw = base64.b64decode(text, validate=True)
    opened = cipher.decrypt(raw[:12], raw[12:], place.encode())
    print(opened.decode())
    nonce = os.urandom(12)
    again = base64.b64encode(nonce + cipher.encrypt(nonce, opened, place.encode())).decode()
    anew.append(f"{form}:{key_id}:{again}")
print()
print("\n".join(anew))
