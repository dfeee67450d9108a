"""What is compared, as each side does it; runs under either Python, and answers on standard output.

Started as `works.py SIDE FOLDER`, it reads lines `WORK ROOM`, does each, leaves what came out in
FOLDER/SIDE-WORK-ROOM.npy and answers with the seconds of the work itself: imports and the reading of the
arrays are over by then.
"""

import sys
import time
import warnings
from pathlib import Path

import numpy as np

FS = 4
DRAWS = 1000
LAGS = range(-20, 21)
WINDOW, STEP = 120, 20


def engine():
    """This project, each work in its own words."""
    from stories import synchrony

    def phases(_, rows):
        rng = np.random.default_rng(1)
        return [
            synchrony.isc_summary(synchrony.pairwise_isc(drawn), "median")
            for _ in range(DRAWS // 20)
            for drawn in synchrony.phase_randomized(rows, draws=20, rng=rng)
        ]

    return {
        "loo": lambda _, rows: synchrony.isc(rows),
        "pairwise": lambda _, rows: synchrony.pairwise_isc(rows),
        "phases": phases,
        "lags": lambda teller, rows: synchrony.lag_profile(teller, rows, fs=FS)[1],
        "windowed": lambda teller, rows: synchrony.windowed_coupling(teller, rows, fs=FS),
    }


def brainiak():
    from brainiak import isc as peer

    return {
        "loo": lambda _, rows: peer.isc(rows.T).ravel(),
        "pairwise": lambda _, rows: peer.isc(rows.T, pairwise=True).ravel(),
        "phases": lambda _, rows: peer.phaseshift_isc(rows.T, pairwise=True, n_shifts=DRAWS, random_state=1)[
            2
        ],
    }


def nltools():
    from nltools import stats as peer

    def phases(_, rows):
        found = peer.isc(
            rows.T, n_samples=DRAWS, metric="median", method="phase_randomize",
            return_null=True, n_jobs=1, random_state=np.random.RandomState(1),
        )  # fmt: skip
        return found["null_distribution"]

    return {"phases": phases}


def scipy():
    """No function of SciPy's does the whole, so this is the loop a script would have around its r."""
    from scipy import stats

    def at(teller, row, lag):
        n = len(teller) - abs(lag)
        x, y = (teller[:n], row[lag:]) if lag >= 0 else (teller[-lag:], row[:n])
        return stats.pearsonr(x, y)[0]

    def windowed(teller, rows):
        starts = range(0, len(teller) - WINDOW + 1, STEP)
        out = np.full((len(rows), len(starts), len(LAGS)), np.nan)
        for i, row in enumerate(rows):
            for w, start in enumerate(starts):
                for k, lag in enumerate(LAGS):
                    first, last = start + lag, start + lag + WINDOW
                    if first >= 0 and last <= len(row):
                        out[i, w, k] = stats.pearsonr(teller[start : start + WINDOW], row[first:last])[0]
        return out

    return {
        "lags": lambda teller, rows: [[at(teller, row, lag) for lag in LAGS] for row in rows],
        "windowed": windowed,
    }


def statsmodels():
    """Its r divides by the moments of the whole traces, so its values are not ours: only its time counts."""
    from statsmodels.tsa.stattools import ccf

    def lags(teller, rows):
        follows = [ccf(row, teller, adjusted=True, nlags=LAGS.stop) for row in rows]
        leads = [ccf(teller, row, adjusted=True, nlags=LAGS.stop) for row in rows]
        return np.hstack([np.array(leads)[:, :0:-1], follows])

    return {"lags": lags}


SIDES = {side.__name__: side for side in (engine, brainiak, nltools, scipy, statsmodels)}


def main(side, folder):
    warnings.simplefilter("ignore")
    works = SIDES[side]()
    arrays = dict(np.load(folder / "rooms.npz"))
    print("ready", flush=True)
    for line in sys.stdin:
        work, room = line.split()
        began = time.perf_counter()
        found = works[work](arrays["teller"], arrays[room])
        spent = time.perf_counter() - began
        np.save(folder / f"{side}-{work}-{room}.npy", np.asarray(found, dtype=np.float64))
        print(spent, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
