"""What one would write without optrail: the official SDK, threads, rows in SQLite. No evidence, no versions.

Usage: sdk.py DATABASE IN_FLIGHT REGION FILE_OF_IDS
The cloud is said by OPTRAIL_ENDPOINT, the key by ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.
It makes the calls that optrail makes: one for the identity, then one for each operation and one for each page of 50.
"""

import os
import sqlite3
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from alibabacloud_ros20190910 import client as ros, models
from alibabacloud_sts20150401 import client as sts
from alibabacloud_tea_openapi import models as openapi

PAGE_ROWS = 50

database, in_flight, region, ids = sys.argv[1], int(sys.argv[2]), sys.argv[3], open(sys.argv[4]).read().split()
config = openapi.Config(
    access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    protocol="http", endpoint=os.environ["OPTRAIL_ENDPOINT"].removeprefix("http://"), region_id=region)
cloud = ros.Client(config)
account = sts.Client(config).get_caller_identity().body.account_id


def operation(operation_id):
    """The calls that an operation needs first: itself, and the page that says how many there are."""
    cloud.get_stack_group_operation(models.GetStackGroupOperationRequest(operation_id=operation_id, region_id=region))
    return page(operation_id, 1)


def page(operation_id, number):
    body = cloud.list_stack_group_operation_results(models.ListStackGroupOperationResultsRequest(
        operation_id=operation_id, region_id=region, page_number=number, page_size=PAGE_ROWS)).body
    rows = [(account, operation_id, row.account_id, row.region_id, row.rd_folder_id, row.status, row.status_reason)
            for row in body.stack_group_operation_results]
    return operation_id, number, body.total_count, rows


kept = sqlite3.connect(database)
kept.execute("PRAGMA journal_mode = WAL")
kept.execute("PRAGMA synchronous = FULL")
kept.execute("""CREATE TABLE result (account TEXT, operation TEXT, target_account TEXT, target_region TEXT, folder TEXT,
    status TEXT, reason TEXT, PRIMARY KEY (account, operation, target_account, target_region))""")
with ThreadPoolExecutor(in_flight) as threads:
    waiting = {threads.submit(operation, operation_id) for operation_id in ids}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for answer in done:
            operation_id, number, total, rows = answer.result()
            kept.executemany("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            if number == 1:
                pages = range(2, -(-total // PAGE_ROWS) + 1)
                waiting |= {threads.submit(page, operation_id, further) for further in pages}
kept.commit()
