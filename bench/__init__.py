"""The benchmark: this explorer side by side with SPIN and Murphi, on the same model."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
