#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds a running gateway's admin API against its own OpenAPI document, with schemathesis.

Usage: check_openapi.py --url http://127.0.0.1:8081 [--seed 4711] [--examples 30]
Keys come from MARTLET_TEST_KEYS, separated by commas; the API is walked through once with each.
Exit code 1 if an answer was not as the document says, or was a 5xx that it does not describe.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--seed", type=int, default=random.randrange(1, 2**31))
    parser.add_argument("--examples", type=int, default=30, help="for each operation and key")
    options = parser.parse_args()
    folder = pathlib.Path(__file__).resolve().parent
    command = [sys.executable, "-B", "-m", "schemathesis.cli"]
    print(f"schemathesis: seed {options.seed}", flush=True)
    status = 0
    for key in os.environ["MARTLET_TEST_KEYS"].split(","):
        environment = dict(
            os.environ,
            MARTLET_URL=options.url,
            MARTLET_KEY=key,
            PYTHONPATH=str(folder),
            PYTHONDONTWRITEBYTECODE="1",
            SCHEMATHESIS_HOOKS="openapi_hooks",
        )
        # It leaves a folder of its own where it runs.
        with tempfile.TemporaryDirectory() as work:
            run = subprocess.run(
                command
                + ["--config-file", str(folder / "schemathesis.toml"), "run", f"{options.url}/v1/openapi.json"]
                + ["--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing", "--mode", "all"]
                + ["--max-examples", str(options.examples), "--seed", str(options.seed)]
                # One never ends, the other counts wrong keys and makes everybody wait for them.
                + ["--exclude-path", "/v1/stream", "--exclude-path", "/v1/session"]
                + ["--continue-on-failure", "--no-color", "--request-timeout", "10", "--warnings", "off"],
                env=environment,
                cwd=work,
                check=False,
                timeout=120,
            )
        status = status or run.returncode
    print("checked", "failed" if status else "passed", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
