"""matplotlib as it comes: no settings of the user's (a matplotlibrc, MPLBACKEND) and no display. Imported before
anything else of matplotlib.

The settings are not only reset afterwards: a broken file of them would end the import, or warn line by line.
"""

import logging
import os
from pathlib import Path

# Of folders that cannot be written and of fonts that are looked for: nothing that changes a figure.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
os.environ["MATPLOTLIBRC"] = os.devnull  # before that in the configuration's folder
os.environ["MPLBACKEND"] = "Agg"

_folder = os.open(".", os.O_PATH)
os.chdir(Path(__file__).parent)  # a matplotlibrc in the current folder would be taken before any other
try:
    import matplotlib
finally:
    os.fchdir(_folder)
    os.close(_folder)

matplotlib.use("Agg")
