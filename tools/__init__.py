"""What stands around the portal: bootstrap, private servers, the supervisor, the checks.

Standard library only, because most of it runs before the virtual environment exists.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Cần Python 3.11 trở lên. Nếu máy có sẵn bản mới hơn: make PYTHON=python3.12 …")
