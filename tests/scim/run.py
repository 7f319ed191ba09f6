"""Drives the built product with an independent SCIM client and its compliance checks.

Starts the program in a folder of its own on a free loopback port, makes a token for a directory and runs every check
of scim2-tester. A check that is no success, or one that is skipped although the product announces the feature, fails
the run. The last line is `N passed, M failed`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

PROGRAM = os.environ.get("PROGRAM_UNDER_TEST", "target/debug/guildhall")
PASSED = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}


def initialize(data: str) -> str:
    """Makes the organization; answers its owner's token."""
    words = ["init", "--data", data, "--organization", "Acme", "--slug", "acme", "--owner-email", "owner@acme.test"]
    made = subprocess.run([PROGRAM, *words, "--print-token"], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return made.stdout.strip().splitlines()[-1]


def serve(data: str) -> tuple[subprocess.Popen[str], str]:
    """Starts the program; answers it and its address."""
    server = subprocess.Popen(
        [PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"listening on (http://\S+)", line)
        if found:
            return server, found.group(1)
    raise SystemExit("the program ended before it listened")


def directory_token(base: str, owner: str) -> str:
    """Makes a token for a directory."""
    request = urllib.request.Request(
        f"{base}/api/v1/organizations/acme/scim-tokens",
        data=json.dumps({"name": "scim2-tester"}).encode(),
        headers={"Authorization": f"Bearer {owner}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["token"]


def check(base: str, token: str) -> tuple[int, int]:
    """Runs every check; answers how many passed and failed."""
    headers = {"Authorization": f"Bearer {token}"}
    with Client(base_url=f"{base}/scim/v2/acme", headers=headers) as client:
        results = check_server(SyncSCIMClient(client))
    failed = [result for result in results if result.status not in PASSED]
    for result in failed:
        print(f"{result.status.name} {result.resource_type or ''} {result.title}: {result.reason}")
    return len(results) - len(failed), len(failed)


def main() -> int:
    data = tempfile.mkdtemp(prefix="guildhall-scim-")
    server = None
    try:
        owner = initialize(data)
        server, base = serve(data)
        passed, failed = check(base, directory_token(base, owner))
    finally:
        if server is not None:
            server.kill()
            server.wait()
        shutil.rmtree(data, ignore_errors=True)
    if passed < 100:
        print(f"only {passed} checks ran and passed; there are more")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
