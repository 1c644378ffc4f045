"""`make bench`: the benchmark of tests/bench on servers of its own, with every durability setting on."""

import sys

from tools.run_tests import in_test_world


def main(arguments: list[str]) -> int:
    return in_test_world(["-m", "tests.bench", *arguments], durable=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
