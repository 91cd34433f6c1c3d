"""Runs playbooks by ansible-core, one after another: a line of JSON {"files": {path: text}, "args": [...]} on standard input each, a line {"out", "err", "exit"} on standard output.

ansible-core is imported once; every playbook runs in a process that is forked off. With the argument "inline" its tasks run in that very process, where ansible-core would fork one for each
task on a host: that takes a fraction of the time. What differs then is run again without."""
import copy
import gc
import json
import os
import shutil
import signal
import sys
import time

os.environ.update(
    ANSIBLE_NOCOLOR="1", ANSIBLE_PIPELINING="1", ANSIBLE_FORKS="1", ANSIBLE_SHOW_CUSTOM_STATS="1", ANSIBLE_PYTHON_INTERPRETER=sys.executable,
    ANSIBLE_LOCALHOST_WARNING="0", ANSIBLE_INVENTORY_UNPARSED_WARNING="0", ANSIBLE_HOST_KEY_CHECKING="0", ANSIBLE_SSH_CONTROL_PATH_DIR="/tmp/cp", LC_ALL="C.UTF-8", COLUMNS="80",
)

from ansible.cli.playbook import PlaybookCLI  # noqa: E402  the environment counts when it is imported
from ansible.executor import playbook_executor  # noqa: E402,F401
from ansible.executor.process import worker  # noqa: E402
from ansible.plugins import loader  # noqa: E402

LONG = 300  # seconds that a playbook may take
FOLDER = "/case"


class Inline(worker.WorkerProcess):
    """A worker that has done its task when it has started. What a process of its own would keep from the others is copied."""

    def start(self):
        self._task, self._host = self._task.copy(), copy.copy(self._host)
        with worker._task.TaskContext(self._task):
            out, err = sys.stdout, sys.stderr
            result = worker.TaskExecutor(
                self._host, self._task, self._task_vars, self._play_context, self._loader, self._shared_loader_obj, self._final_q, self._variable_manager,
            ).run()
            sys.stdout, sys.stderr = out, err
            self._final_q.send_task_result(worker._RawTaskResult(host=self._host, task=self._task, return_data=result, task_fields=self._task.dump_attrs()))

    def is_alive(self):
        return False

    def close(self):
        pass

    exitcode = 0


if "inline" in sys.argv:
    from ansible.plugins import strategy

    strategy.WorkerProcess = Inline


def lay(files):
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, text in files.items():
        path = os.path.join(FOLDER, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)


def play(args):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.chdir(FOLDER)
        for fd, name in ((1, "/tmp/out"), (2, "/tmp/err")):
            os.dup2(os.open(name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644), fd)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        sys.argv = ["ansible-playbook", *args]
        code = 250
        try:
            PlaybookCLI.cli_executor(["ansible-playbook", *args])
            code = 0
        except SystemExit as e:
            code = e.code if isinstance(e.code, int) else int(bool(e.code))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        done, how = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(how)
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 124


loader.init_plugin_loader()
for name in "debug fail assert set_fact add_host group_by set_stats normal command ping".split():  # what playbooks need, with its settings: read once
    loader.action_loader.get(name, class_only=True)
for kind in loader.connection_loader, loader.shell_loader, loader.become_loader, loader.strategy_loader, loader.callback_loader, loader.inventory_loader:
    list(kind.all(class_only=True))
gc.freeze()
for line in sys.stdin:
    job = json.loads(line)
    lay(job["files"])
    code = play(job["args"])
    with open("/tmp/out", errors="replace") as out, open("/tmp/err", errors="replace") as err:
        print(json.dumps({"out": out.read(), "err": err.read(), "exit": code}), flush=True)
