# SPDX-License-Identifier: Apache-2.0
"""Distinct, correctly signed Cryptomus payment callbacks, one a line."""

import base64
import hashlib


def write(path, count, first, key, order="BM-{}".format, status=lambda number: "paid"):
    """Writes `count` callbacks numbered from `first`; each is an event of its own. Returns the size of one in bytes.

    `order` and `status` make an order number and a status of the number.
    """
    key = key.encode()
    size = 0
    with open(path, "wb") as file:
        for number in range(first, first + count):
            # The manner of PHP's json_encode, which the provider signs: no spaces.
            unsigned = (
                f'{{"type":"payment","uuid":"00000000-0000-4000-8000-{number:012d}","order_id":"{order(number)}",'
                f'"amount":"25.00000000","payment_amount":"25.00000000","payment_amount_usd":"25.00",'
                f'"merchant_amount":"24.50000000","commission":"0.50000000","is_final":true,"status":"{status(number)}",'
                f'"network":"tron","currency":"USDT","payer_currency":"USDT","txid":"{number:064x}"}}'
            ).encode()
            digest = hashlib.md5(base64.b64encode(unsigned) + key).hexdigest().encode()
            line = unsigned[:-1] + b',"sign":"' + digest + b'"}'
            size = len(line)
            file.write(line + b"\n")
    return size
