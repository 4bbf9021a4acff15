"""The platform on AWS as a CDK application: `make synth` writes its templates, offline and for any account.

    app.py      the stacks together
    network.py  a VPC of two zones without a way out
    storage.py  the lake's bucket and its key

The warehouse, collection, mining, app and observability stacks stand on these two walls.
"""
