"""The platform on AWS: what a deployment decides, what it costs, and the commands that bring it up and take it down.

    deployment.py  the settings of `[deploy]` in lode.toml, and the sizes that they start from
    prices.py      what AWS charges             costs.py      what a deployment costs a month
    toolkit.py     the CDK's command line       bootstrap.py  what it may do in the account
    account.py     AWS, its refusals in words   stacks.py     the deployed stacks, read back
    planning.py, raising.py, lowering.py, state.py            plan, up, down, status
    watch.py       what is late or full, every half hour     rotation.py  passwords renewed; certificates.py, custom.py

The stacks themselves are the CDK application in `infra/` of a checkout.
"""
