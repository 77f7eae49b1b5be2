"""A suite on one core, on two, on a cluster and in parts: the same digests, whoever dies on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from suites.benches import scenario

from doppelgrid.scenarios.suites.running import cluster
from doppelgrid.scenarios.suites.running.case import Case, Verdict
from doppelgrid.scenarios.suites.running.cluster import Place, run_in_cluster, run_on_worker
from doppelgrid.scenarios.suites.running.collection import Shard, chosen, collect
from doppelgrid.scenarios.suites.running.runner import run_cases
from doppelgrid.sim.ensemble import cluster as clusters
from doppelgrid.sim.ensemble.cluster import ClusterError

REST = """
parameters: {load: [1 kW, 2 kW, 3 kW, 4 kW]}
steps: [{at: 30 s, set: {main.load: $load}}, {at: 40 s, fault: {inv: trip}, for: 20 s}]
checks: [{always: grid.power < 99 kW}]
"""


def digests(verdicts: Iterable[Verdict]) -> dict[str, str]:
    """Return the digests by the names of the cases, all of which have passed."""
    told = list(verdicts)
    assert all(verdict.has_passed for verdict in told), [verdict.failures for verdict in told]
    return {verdict.name: verdict.digest for verdict in told}


@pytest.mark.slow
def test_cores_clusters_and_parts_bring_the_same_digests(tmp_path: Path) -> None:
    from distributed import LocalCluster

    cases = collect([scenario(tmp_path, REST)])
    on_one = digests(run_cases(cases, 1))
    assert len(set(on_one.values())) == 4
    assert digests(run_cases(cases, 2)) == on_one
    parts = [digests(run_cases(chosen(cases, [], Shard(number, 2)), 2)) for number in (1, 2)]
    assert parts[0] | parts[1] == on_one
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as made:
        kept = [replace(case, output=tmp_path / "out") for case in cases]
        assert digests(run_in_cluster(kept, made.scheduler_address)) == on_one
    assert {each.name for each in (tmp_path / "out").iterdir()} == set(on_one)


@pytest.mark.slow
def test_what_dies_beside_a_worker_fails_its_case_and_is_replaced(tmp_path: Path) -> None:
    case = Case("try", scenario(tmp_path, "checks: [{always: grid.power < 99 kW}]\n"))
    place = Place(str(tmp_path), "0")
    assert run_on_worker(case, place).has_passed
    helper = cluster._Helper.of_this_thread(place)
    helper._process.kill()
    assert run_on_worker(case, place).error == "what runs cases beside the worker died"
    assert run_on_worker(case, place).has_passed
    cluster._Helper.of_this_thread(place).end()


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "_CONNECT_S", 0.2)
    with pytest.raises(ClusterError, match=r"'tcp://127.0.0.1:1' .*accepted: the address of a scheduler"):
        next(run_in_cluster([Case("try", tmp_path)], "tcp://127.0.0.1:1"))


def test_what_listens_and_is_no_scheduler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "_CONNECT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(
            ClusterError, match=r"\(no answer in 0.5 s\); accepted: the address of a scheduler"
        ):
            next(run_in_cluster([Case("try", tmp_path)], address))


@pytest.mark.slow
@pytest.mark.parametrize(("theirs", "told"), [(None, "no doppelgrid"), ("0.0.9", r"doppelgrid 0\.0\.9")])
def test_a_cluster_without_this_version_of_the_package_is_told_before_anything_runs(
    theirs: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client, LocalCluster

    asked = Client.get_versions

    def with_another_scheduler(
        client: Client, **options: list[str]
    ) -> dict[str, dict[str, dict[str, str | None]]]:
        versions = asked(client, **options)
        versions["scheduler"]["packages"]["doppelgrid"] = theirs
        return versions

    monkeypatch.setattr(Client, "get_versions", with_another_scheduler)
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as made,
        pytest.raises(
            ClusterError, match=f"its scheduler has {told}; accepted: .* on the scheduler and on all"
        ),
    ):
        next(run_in_cluster([Case("try", tmp_path)], made.scheduler_address))
