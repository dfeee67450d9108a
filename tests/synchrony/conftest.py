"""One thread for linear algebra: on a busy machine BLAS threads waiting for each other cost ten times the work."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
