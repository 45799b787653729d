"""What a program that starts other programs asks of the operating system: whose rights, what if it dies."""

import ctypes
import os
import pwd
import signal
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

PR_SET_PDEATHSIG = 1
ACCOUNTS = ("postgres", "nobody")  # PostgreSQL refuses to run as root; the first of these that the machine has


class Account(NamedTuple):
    """A system account by number."""

    uid: int
    gid: int


class NoAccount(RuntimeError):
    """PostgreSQL does not run as root, and this machine has no postgres or nobody account to run it."""


def die_with_parent(order: signal.Signals) -> Callable[[], None]:
    """A function for the child to call between fork and exec: the kernel sends it `order` when its parent dies.

    The library is loaded here, before the fork; afterwards only system calls are made.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(order), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), order)

    return ask


def run(command: Sequence[str | Path], account: Account | None) -> tuple[int, str]:
    """Run a program of ours to its end as `account`. Returns its exit code and everything it printed."""
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        env=_bare_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace").strip()


def launch(
    command: Sequence[str | Path], account: Account | None, log: IO[bytes], on_parent_death: signal.Signals | None
) -> subprocess.Popen[bytes]:
    """Start a server of ours in a session of its own: a Ctrl-C at the terminal is for the one who started it."""
    return subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        env=_bare_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(on_parent_death) if on_parent_death else None,  # noqa: PLW1509 - system calls only
    )


def working_in(directory: Path, pid: int) -> bool:
    """Whether the process's working directory is `directory`. False when it has ended or belongs to another."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == directory
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def all_working_in(directory: Path) -> list[int]:
    """Every process whose working directory is `directory`."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if working_in(directory, pid)]


def server_account(directory: Path) -> Account | None:
    """Who the database server runs as: None for ourselves, or, when we are root, an account without rights.

    The directory is handed to that account. A directory that already has such an owner keeps it.
    """
    if os.geteuid() != 0:
        return None
    owner = directory.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    account = _unprivileged()
    os.chown(directory, account.uid, account.gid)
    return account


def hand_over(path: Path, account: Account | None) -> None:
    """Make `account` the owner of a file or folder; nothing to do when we run as ourselves."""
    if account:
        os.chown(path, account.uid, account.gid)


def make_reachable(path: Path, account: Account | None) -> None:
    """Let the account pass through the folders above `path`, without listing them: root's home forbids it."""
    if account is None:
        return
    for folder in path.parents:
        status = folder.stat()
        if not status.st_mode & stat.S_IXOTH and status.st_uid != account.uid:
            folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def _unprivileged() -> Account:
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise NoAccount(NoAccount.__doc__)


def _bare_environment() -> dict[str, str]:
    """Nothing of the caller's PG* or LC_* variables reaches the program."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
