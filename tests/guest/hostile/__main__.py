"""`make hostile`; see show.py."""
import sys

from .. import machine
from .show import main

machine.end_with_us()
sys.exit(main())
