"""What is deployed is what the server is: its command, its port, its probes."""

from __future__ import annotations

import re
import shlex
from copy import deepcopy as copied
from functools import cache
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from deploy.embedded.postgres import PROJECT
from generation.model_server.app import App
from tests.model_server.inline import Inline

MANIFEST = PROJECT / "deploy" / "k8s" / "custom-model.yaml"
CONTAINERFILE = PROJECT / "deploy" / "Containerfile"
PAGE = PROJECT / "docs" / "operations" / "custom-model.md"
NAME = {"app.kubernetes.io/name": "custom-model"}


@cache
def manifests() -> dict[str, Any]:
    found = list(yaml.safe_load_all(MANIFEST.read_text()))
    return {row["kind"]: row for row in found}


def container() -> dict[str, Any]:
    (one,) = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(one)


def options(words: list[str]) -> dict[str, Any]:
    """What the command makes of its arguments."""
    command = load_command_class(get_commands()["model_server"], "model_server")
    return vars(command.create_parser("manage.py", "model_server").parse_args(words))


def test_all_kinds_are_there_with_the_versions_that_clusters_know() -> None:
    versions = {kind: row["apiVersion"] for kind, row in manifests().items()}
    assert versions == {
        "Deployment": "apps/v1",
        "Service": "v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "PodDisruptionBudget": "policy/v1",
        "NetworkPolicy": "networking.k8s.io/v1",
    }
    assert {row["metadata"]["name"] for row in manifests().values()} == {"custom-model"}


def test_everything_selects_the_same_pods() -> None:
    spec = {kind: row["spec"] for kind, row in manifests().items()}
    assert spec["Deployment"]["template"]["metadata"]["labels"].items() >= NAME.items()
    assert spec["Deployment"]["selector"]["matchLabels"] == NAME
    assert spec["Service"]["selector"] == NAME
    assert spec["PodDisruptionBudget"]["selector"]["matchLabels"] == NAME
    assert spec["NetworkPolicy"]["podSelector"]["matchLabels"] == NAME
    target = spec["HorizontalPodAutoscaler"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "custom-model"}


def test_the_container_runs_the_management_command() -> None:
    one = container()
    assert one["command"] == ["python", "manage.py", "model_server"]
    given = options(one["args"])
    assert given["host"] == "0.0.0.0"  # noqa: S104 - what a pod has to listen on
    assert [port["containerPort"] for port in one["ports"]] == [given["port"]]
    assert given["workers"] <= int(one["resources"]["limits"]["cpu"])
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > given["timeout"] + 5


def test_the_image_runs_the_same_command_on_the_same_port() -> None:
    text = CONTAINERFILE.read_text()
    words = yaml.safe_load(re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)[-1])
    assert words[:3] == container()["command"]
    exposed = int(re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE)[0])
    assert options(words[3:])["port"] == exposed == container()["ports"][0]["containerPort"]
    user = re.findall(r"^USER (\d+)$", text, re.MULTILINE)[-1]
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    assert int(user) == pod["securityContext"]["runAsUser"]
    assert "--require-hashes" in text


def test_the_image_holds_every_room_of_the_product() -> None:
    copied = set(re.findall(r"^COPY (\w+) \w+$", CONTAINERFILE.read_text(), re.MULTILINE))
    rooms = {path.parent.name for path in PROJECT.glob("*/apps.py")}
    assert rooms | {"config", "core", "deploy", "static", "templates", "docs"} <= copied
    ignored = (PROJECT / "deploy" / "Containerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} >= copied


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_ask_addresses_that_the_server_has(probe: str) -> None:
    asked = container()[probe]["httpGet"]
    assert ("GET", asked["path"]) in App(Inline()).routes
    assert asked["port"] in {port["name"] for port in container()["ports"]}


def test_metrics_are_read_where_they_are() -> None:
    told = manifests()["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert ("GET", told["prometheus.io/path"]) in App(Inline()).routes
    assert int(told["prometheus.io/port"]) == container()["ports"][0]["containerPort"]


def test_the_service_and_the_policy_lead_to_its_port() -> None:
    port = container()["ports"][0]
    (served,) = manifests()["Service"]["spec"]["ports"]
    assert served["targetPort"] == port["name"]
    (rule,) = manifests()["NetworkPolicy"]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": port["containerPort"]}]
    assert rule["from"]  # an empty list would let everybody in


def test_it_has_no_rights_that_it_does_not_need() -> None:
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    own = container()["securityContext"]
    assert own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    (rule,) = manifests()["NetworkPolicy"]["spec"]["egress"]  # to its like alone
    assert rule["to"] == [{"podSelector": {"matchLabels": NAME}}]
    assert rule["ports"] == manifests()["NetworkPolicy"]["spec"]["ingress"][0]["ports"]
    assert set(manifests()["NetworkPolicy"]["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    mounts = {mount["mountPath"] for mount in container()["volumeMounts"]}
    data_dir = re.findall(r"DATA_DIR=(\S+)", CONTAINERFILE.read_text())[0]
    assert any(data_dir.startswith(path) for path in mounts)


def test_its_key_comes_from_a_secret_alone() -> None:
    given = {variable.pop("name"): variable for variable in copied(container()["env"])}
    assert given["MODEL_SERVER_KEY"] == {
        "valueFrom": {"secretKeyRef": {"name": "custom-model", "key": "key"}}
    }
    assert not any("value" in variable for variable in given.values())


def test_pods_ask_each_other_about_films_where_they_may() -> None:
    given = {variable.pop("name"): variable for variable in copied(container()["env"])}
    told = {"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    assert given["MODEL_SERVER_FILMS_ADDRESS"] == told
    labels = manifests()["Deployment"]["spec"]["template"]["metadata"]["labels"]
    allowed = manifests()["NetworkPolicy"]["spec"]["ingress"][0]["from"][0]["podSelector"]
    assert labels.items() >= allowed["matchLabels"].items()


def test_films_have_room() -> None:
    (volume,) = manifests()["Deployment"]["spec"]["template"]["spec"]["volumes"]
    kept = options(container()["args"])["films_mb"]
    assert volume["emptyDir"]["sizeLimit"] == f"{2 * kept // 1024}Gi"


def test_it_grows_by_cpu_and_keeps_one_pod_while_nodes_are_drained() -> None:
    spec = manifests()["HorizontalPodAutoscaler"]["spec"]
    assert 1 < spec["minReplicas"] < spec["maxReplicas"]
    (metric,) = spec["metrics"]
    assert metric["resource"]["name"] == "cpu"
    assert "cpu" in container()["resources"]["requests"]
    assert manifests()["PodDisruptionBudget"]["spec"]["minAvailable"] < spec["minReplicas"]
    assert "replicas" not in manifests()["Deployment"]["spec"]


def test_the_page_tells_the_server_as_it_is() -> None:
    page = PAGE.read_text()
    for _, address in App(Inline()).routes:
        assert address.rsplit("/studio-1", 1)[0] in page
    for line in re.findall(r"manage\.py model_server (.*)$", page, re.MULTILINE):
        options(shlex.split(line))
    for name in set(re.findall(r"MODEL_SERVER_\w+", page)):
        assert name.removeprefix("MODEL_SERVER_").lower() in options([])
