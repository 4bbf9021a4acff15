from __future__ import annotations

from pathlib import Path

import pytest

from lode.deploy.deployment import PARTS, SIZES, Deployment, origins, read_deployment, sized
from lode.errors import SettingsError


def written(folder: Path, text: str) -> Path:
    path = folder / "lode.toml"
    path.write_text(text)
    return path


def test_a_size_gives_what_is_not_given(tmp_path: Path) -> None:
    path = written(
        tmp_path, '[deploy]\nsize = "team"\nreplicas = 3\n[deploy.parameters]\nDomain = "lode.example.com"\n'
    )
    made, came = read_deployment(path), origins(path)
    assert (made.replicas, made.instance_type, made.log_days) == (3, "r7g.large", 365)
    assert (came["replicas"], came["instance_type"], came["log_days"]) == (str(path), "size team", "default")
    assert made.parameters == {"Domain": "lode.example.com"}
    assert set(came) == set(Deployment.model_fields)


def test_without_a_file_all_is_default(tmp_path: Path) -> None:
    assert read_deployment(tmp_path / "none.toml") == Deployment()
    assert set(origins(tmp_path / "none.toml").values()) == {"default"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[deploy]\nsize = "huge"', "huge"),
        ("[deploy]\nzones = 9", "zones"),
        ("[deploy]\nzoness = 2", "zoness"),
        ("[deploy\n", "correct that line"),
    ],
)
def test_a_fault_names_the_setting_and_the_file(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError, match=told) as raised:
        read_deployment(path)
    assert str(path) in str(raised.value)


def test_every_size_is_a_deployment() -> None:
    assert {sized({"size": size}).size for size in SIZES} == {"hobby", "team", "desk"}


def test_two_deployments_share_neither_stacks_nor_tags() -> None:
    one, two = Deployment(), Deployment(name="acme-two", tags={"team": "quants", "deployment": "not mine"})
    assert one.stack("Storage") == "LodeStorage"
    assert two.stack("Storage") == "AcmeTwoStorage"
    assert not {one.stack(part) for part in PARTS} & {two.stack(part) for part in PARTS}
    assert two.all_tags == {"team": "quants", "application": "lode", "deployment": "acme-two"}
