"""Lets scim2-tester judge the interface for directories. Arguments: the address; the token comes on standard input.

One line for each check, then `N passed, N failed`. A check that is skipped is named and counts as neither.
"""

import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

# Skipped by the tester itself, each with the reason: what is not supported is said so by the interface.
MAY_BE_SKIPPED = {
    # POST /.search over several kinds of resources answers 501; ServiceProviderConfig has no word for it.
    "search_with_attributes",
}
# Fewer checks than this mean that the tester stopped early.
FEWEST = 40


def main() -> int:
    token = sys.stdin.readline().strip()
    headers = {"Authorization": f"Bearer {token}"}
    with Client(base_url=sys.argv[1], headers=headers, timeout=60) as client:
        results = check_server(SyncSCIMClient(client))
    passed = failed = 0
    for result in results:
        fine = result.status == Status.SUCCESS
        skipped = result.status == Status.SKIPPED and result.title in MAY_BE_SKIPPED
        print(f"{result.status.name:<8} {result.resource_type or '-':<6} {result.title}: {result.reason}")
        if not fine and not skipped and result.data is not None:
            print(f"         {result.data}")
        passed += fine
        failed += not fine and not skipped
    if passed < FEWEST:
        print(f"only {passed} checks: the tester did not come far")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
