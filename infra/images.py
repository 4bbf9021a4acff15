"""The container images, built from the checkout at deployment: none is built to write a template.

What is in an image, and what its tag follows from, is what .dockerignore lets through: tests and documents change none.
That file names the recipes too, which a build of Docker's own would always see.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_lambda as functions
from constructs import Construct

_ROOT = str(Path(__file__).parents[1])
_PLATFORM = assets.Platform.LINUX_AMD64


def function_code(handler: str) -> functions.DockerImageCode:
    """Return the functions' image with `handler` ("lode.workflow.handlers.steps") as its command."""
    return functions.DockerImageCode.from_image_asset(
        _ROOT, file="docker/Dockerfile.lambda", cmd=[handler], platform=_PLATFORM
    )


def job_image(scope: Construct, name: str) -> assets.DockerImageAsset:
    """Return the image of the shards and of the app."""
    return assets.DockerImageAsset(scope, name, directory=_ROOT, file="docker/Dockerfile.batch", platform=_PLATFORM)
