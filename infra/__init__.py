"""The platform on AWS as a CDK application: `make synth` writes its templates, offline and for any account.

    app.py            the stacks together
    storage.py        the lake's bucket, the backups' bucket, the keys (what each admits in keys.py)
    network.py        the VPC and its zones (more in endpoints.py, walls.py, facts.py)
    doors.py          who may talk to whom: every security group and every rule between them
    permissions.py    what a role may do, action by action
    images.py         the container images that the checkout builds
    lambdas.py        a function as each one is: image, log, role, dead letters
    warehouse.py      ClickHouse: machines in servers.py and machine_text.py, secrets in passwords.py,
                      backups and renewals in upkeep.py
    collection.py     the three collectors' functions
    mining.py         the state machine, its steps' function, the schedule
    batch.py          the queue of the shards (its machines in instances.py, its service's rights in service_role.py)
    dashboard.py      the app behind its load balancer (balancer.py, visitors.py, firewall.py, copies.py)
    observability.py  the budget and who is told (alarms.py, watching.py, board.py)
    audit.py          cdk-nag over all of it, and why a rule may be broken; rules/ what every template keeps to
    upgrade.py        what an upgrade would replace

Each stack takes the settings of one deployment (`lode.deploy.deployment`) and the stacks it stands on.
"""
