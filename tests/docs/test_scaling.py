"""What docs/scaling.md shows, and what eng/kubernetes has to hold to."""
from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from .blocks import ROOT, runs

APP = '''
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ["NODE"].encode()]
'''
NODE = '''
[server]
bind = ["{bind}"]
control = "unix:{name}.sock"
state = "{name}"
audit_log = "off"
health = "/-"
drain_delay = "5s"

[app.shop]
app = "shop:application"
workers = 1
threads = 4
env = {{ NODE = "{name}" }}
'''


@runs("docs/scaling.md", "What a load balancer must do", "haproxy")
def test_no_request_meets_a_node_that_stops(blocks, place):
    place.go("/srv/shop").write("shop.py", APP)
    nodes = {}
    for name, port in (("one", 8000), ("two", 8001)):
        bind = place.local(f"127.0.0.1:{port}")
        place.write(f"{name}.toml", NODE.format(bind=bind, name=name))
        nodes[name] = place.start(f"exec lanner serve --config {name}.toml")
    place.write("haproxy.cfg", blocks[0].text)
    place.run("/usr/sbin/haproxy -c -f haproxy.cfg")
    balancer = place.start_peer("exec /usr/sbin/haproxy -db -f haproxy.cfg", 8080)
    served: list[str] = []
    failed: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answer = balancer.ask("/")
            (served if answer.status == 200 else failed).append(answer.body)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    try:
        for thread in askers:
            thread.start()
        _until(lambda: {"one", "two"} <= set(served))
        nodes["one"]._process.send_signal(signal.SIGTERM)
        assert nodes["one"].wait_for_end() == 0
        count = len(served)
        _until(lambda: len(served) > count + 20)
        assert set(served[count + 4 :]) == {"two"}
    finally:
        over.set()
        for thread in askers:
            thread.join()
    assert not failed, failed[:3]


def _until(condition: Any) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("what was awaited did not come")


def _objects(name: str) -> dict[str, dict[str, Any]]:
    """Of a file of eng/kubernetes, by kind: none is there twice."""
    found: dict[str, dict[str, Any]] = {}
    for item in yaml.safe_load_all((ROOT / "eng/kubernetes" / name).read_text()):
        assert item["kind"] not in found
        found[item["kind"]] = item
    return found


@pytest.fixture
def shop() -> dict[str, dict[str, Any]]:
    return _objects("shop.yaml")


@pytest.fixture
def nats() -> dict[str, dict[str, Any]]:
    return _objects("nats.yaml")


def _pod(item: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A workload's pods, and their one container."""
    spec = item["spec"]["template"]["spec"]
    [container] = spec["containers"]
    return spec, container


def _seconds(toml: str, key: str) -> int:
    found = re.findall(rf'^{key} = "(\d+)s"$', toml, re.MULTILINE)
    assert len(found) == 1, f"{key}: {found}"
    return int(found[0])


def _text(item: dict[str, Any], name: str) -> str:
    text: str = item["data"][name]
    return text


def test_the_settings_of_the_pods_are_served_as_the_kubelet_would(shop, place):
    """With the paths of the container in this directory; served with state in a directory, for there is no NATS here."""
    spec, container = _pod(shop["Deployment"])
    text = _text(shop["ConfigMap"], "lanner.toml")
    place.run("python3 -m venv --without-pip /srv/shop/venv")
    place.go("/srv/shop").write("shop/wsgi.py", "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'shop']\n")
    state = 'state = "nats://nats-0.nats:4222,nats-1.nats:4222,nats-2.nats:4222"'
    assert state in text
    text = text.replace("/var/lib/lanner", str(place.path))
    place.write("lanner.toml", text)
    place.run("lanner check --config lanner.toml")
    place.write("lanner.toml", text.replace(state, 'state = "state"'))
    [program, *arguments] = container["command"]
    assert (program, arguments) == ("lanner", ["serve", "--config", "/etc/lanner/lanner.toml"])

    running = place.start("exec lanner serve --config lanner.toml", ready="ready on ")

    running.address = f"http://127.0.0.1:{place.port(8000)}"
    assert running.get() == "shop"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] == "http"
        running.get(container[probe]["httpGet"]["path"])
    assert '"shop"' in place.run(f"lanner status --json --control unix:{place.path}/control.sock")
    running._process.send_signal(signal.SIGTERM)
    _until(lambda: running.ask(container["readinessProbe"]["httpGet"]["path"]).status == 503)
    running.get(container["livenessProbe"]["httpGet"]["path"])
    assert running.get() == "shop"  # for drain_delay
    running._process.send_signal(signal.SIGTERM)
    assert running.wait_for_end() == 0


def test_a_pod_has_the_time_that_its_settings_promise(shop):
    spec, container = _pod(shop["Deployment"])
    toml = _text(shop["ConfigMap"], "lanner.toml")
    delay, drain, boot = (_seconds(toml, key) for key in ("drain_delay", "drain_timeout", "boot_timeout"))
    ready, startup = container["readinessProbe"], container["startupProbe"]
    assert spec["terminationGracePeriodSeconds"] >= delay + 2 * drain + 5
    assert delay > ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 2 * boot
    assert "lifecycle" not in container
    assert ready["httpGet"]["path"] == startup["httpGet"]["path"] == "/-/ready" and container["livenessProbe"]["httpGet"]["path"] == "/-/live"
    assert 'health = "/-"' in toml


def test_ports_names_and_volumes_of_the_pods_meet(shop, nats):
    for item, service in ((shop["Deployment"], shop["Service"]), (nats["StatefulSet"], nats["Service"])):
        spec, container = _pod(item)
        labels = item["spec"]["template"]["metadata"]["labels"].items()
        file = shop if item is shop["Deployment"] else nats
        assert item["spec"]["selector"]["matchLabels"].items() <= labels
        assert service["spec"]["selector"].items() <= labels
        assert file["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"].items() <= labels
        assert file["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1 and item["spec"]["replicas"] == 3
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port in service["spec"]["ports"]:
            assert port.get("targetPort", port["port"]) in (*ports, *ports.values())
        probes = [container[probe] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
        assert all(probe["httpGet"]["port"] in ports for probe in probes)
        volumes = {volume["name"] for volume in spec["volumes"]} | {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        [settings] = [volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume]
        assert settings == file["ConfigMap"]["metadata"]["name"]
        assert container["securityContext"]["readOnlyRootFilesystem"] and spec["securityContext"]["runAsNonRoot"]
        assert container["resources"]["limits"].keys() == {"memory"}
    toml = _text(shop["ConfigMap"], "lanner.toml")
    _, container = _pod(shop["Deployment"])
    assert f'bind = ["0.0.0.0:{container["ports"][0]["containerPort"]}"]' in toml
    paths = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    written = re.findall(r'^(?:control|audit_log|spool_directory) = "(?:unix:)?(/[^"]*)"', toml, re.MULTILINE)
    assert len(written) == 3 and all(any(Path(path).is_relative_to(mount) for mount in paths) for path in written)
    [control] = [entry["value"] for entry in container["env"] if entry["name"] == "LANNER_CONTROL"]
    assert f'control = "{control}"' in toml


def test_the_apps_pods_find_nats_and_are_let_in(shop, nats):
    toml = _text(shop["ConfigMap"], "lanner.toml")
    stateful, service = nats["StatefulSet"], nats["Service"]
    name = stateful["metadata"]["name"]
    assert stateful["spec"]["serviceName"] == service["metadata"]["name"] and service["spec"]["clusterIP"] == "None" and service["spec"]["publishNotReadyAddresses"]
    pods = [f"{name}-{number}.{service['metadata']['name']}" for number in range(stateful["spec"]["replicas"])]
    client, cluster = (next(port["port"] for port in service["spec"]["ports"] if port["name"] == kind) for kind in ("client", "cluster"))
    assert f'state = "nats://{",".join(f"{pod}:{client}" for pod in pods)}"\n' in toml
    conf = _text(nats["ConfigMap"], "nats.conf")
    assert re.findall(r"nats://\S+", conf) == [f"nats://{pod}:{cluster}" for pod in pods]
    rules = nats["NetworkPolicy"]["spec"]["ingress"]
    labels = shop["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    let_in = [rule for rule in rules if any(source["podSelector"]["matchLabels"].items() <= labels for source in rule["from"])]
    assert [port["port"] for rule in let_in for port in rule["ports"]] == [client]
    spec, container = _pod(stateful)
    drain = int(re.search(r"lame_duck_duration: (\d+)s", conf)[1])
    assert spec["terminationGracePeriodSeconds"] > drain + int(re.search(r"lame_duck_grace_period: (\d+)s", conf)[1])
    pid = re.search(r"pid_file: (\S+)", conf)[1]
    assert container["lifecycle"]["preStop"]["exec"]["command"][-1] == f"ldm={pid}"
    mounts = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert sorted(mounts) == sorted([str(Path(pid).parent), re.search(r"store_dir: (\S+)", conf)[1]])


def test_nats_takes_its_settings(nats, place):
    place.write("nats.conf", _text(nats["ConfigMap"], "nats.conf"))
    place.variables["POD_NAME"] = "nats-0"
    server = shutil.which("nats-server", path="/usr/sbin:/usr/bin")
    assert server is not None
    done = subprocess.run([server, "-t", "-c", "nats.conf"], cwd=place.here, env=place.variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and "is valid" in done.stdout, done.stdout
