"""The end of the process after an application has run in it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(text: str) -> subprocess.CompletedProcess[str]:
    """Run a script in which the application may have left things behind."""
    head = "import sys, threading, time\nfrom doppelgrid.cli import ending\nending._WAIT_S = 0.1\n"
    script = head + textwrap.dedent(text)
    return subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 7])
def test_a_thread_that_runs_on_ends_with_the_process(code: int) -> None:
    ended = run(
        f"""
        threading.Thread(target=time.sleep, args=(60,), name="poller").start()
        ending.application_ran([])
        ending.end({code})
        """
    )
    assert ended.returncode == code
    assert ended.stderr == "0.1 s after the end of the run thread 'poller' still ran, and ended with it\n"


def test_a_thread_that_ends_in_time_is_waited_for() -> None:
    ended = run(
        """
        def work():
            time.sleep(0.01)
            print("written")
        threading.Thread(target=work).start()
        ending._WAIT_S = 30
        ending.application_ran([])
        ending.end(5)
        sys.exit(5)
        """
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (5, "written\n", "")


def test_a_task_that_would_run_on_never_runs_again() -> None:
    ended = run(
        """
        import asyncio
        async def stubborn():
            while True:
                try:
                    await asyncio.sleep(10)
                except BaseException:
                    print("no!")
        loop = asyncio.new_event_loop()
        task = loop.create_task(stubborn())
        loop.run_until_complete(asyncio.sleep(0))
        ending.application_ran([task])
        del task
        ending.end(7)
        """
    )
    assert (ended.returncode, ended.stdout) == (7, "")


def test_nothing_is_cut_short_where_no_application_has_run() -> None:
    ended = run(
        """
        threading.Thread(target=time.sleep, args=(0.3,)).start()
        ending.end(0)
        """
    )
    assert (ended.returncode, ended.stderr) == (0, "")
