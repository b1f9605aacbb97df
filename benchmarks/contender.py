"""One of several processes that contend for the jobs of a database; ends when its input does.

The effect of a job is a row in the table `effect`. A job of the subject `hold` is held for ever by whoever claims it first.
"""

import sys
import time
from datetime import timedelta

from sqlalchemy import text

from service.database import connect, transaction
from service.jobs.leases import Claim, Leases
from service.jobs.worker import Held, Worker, only_worker


def main(url: str, lease: float) -> None:
    engine = connect(url)
    leases = Leases(engine, timedelta(seconds=lease))

    def do(claim: Claim, _: Held) -> None:
        if claim.subject == "hold" and claim.fence == 1:
            print(f"holding {claim.id}", flush=True)
            time.sleep(600)
        with transaction(engine) as session:
            effect = text("INSERT INTO effect (job, fence, owner) VALUES (:job, :fence, :owner)")
            session.execute(effect, {"job": claim.id, "fence": claim.fence, "owner": claim.owner})
            leases.complete(session, claim)

    worker = Worker(leases, do, poll=0.05)
    with only_worker(leases):
        worker.start()
        print("started", flush=True)
        sys.stdin.read()
        worker.stopping.set()
        worker.join()
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
