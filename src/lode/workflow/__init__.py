"""The workflow: what is asked goes in, factors that are proven or refused come out.

    run.py         a run from request to result, its steps in their order
    collecting.py  validate, collect        freezing.py    snapshot, plan       mining.py   mine[shard]
    selection.py   select                   proving.py     prove                publishing.py  publish
    local.py       the executor of one machine; worker.py its processes
    machine.py     the same steps as a state machine of AWS Step Functions; handlers.py its Lambda functions,
                   batch.py its jobs, execution.py what it leaves in the lake, aws.py who starts and follows it
    ray_cluster.py the executor of a Ray cluster
    manual.py      tries by hand             vaults.py, openings.py  who shares a vault, and its openings
    calibration.py how often a factor is found where there is none: calibrated_market.py, null_mining.py
    updating/      `lode update`             schedule.py   what is due when; turns.py, schedule_history.py
    workbench.py   tries of the dashboard, in the process of trying.py
    diagnosis.py   `lode doctor`; data_diagnosis.py of the data

What a step is made of stands beside it under its own name: gathering.py what `collect` asks outside, observing.py what
a panel takes beside prices, plan.py what is fixed before the first candidate, scoring.py, racing.py and generations.py
what a shard does, leaking.py the leak checks, pooling.py and rating.py what is said of the finalists, and so on.

Steps are functions of a JSON event to a JSON event; large things lie in the lake, under the run's key.
"""
