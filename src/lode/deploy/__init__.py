"""The platform on AWS: what a deployment decides, what it costs, and the commands that bring it up and take it down.

    deployment.py  the settings of `[deploy]` in lode.toml, and the sizes that they start from

The stacks themselves are the CDK application in `infra/` of a checkout.
"""
