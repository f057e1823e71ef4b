"""`python -m tcpmc`: the command line."""

from tcpmc.checks.cli import main

if __name__ == "__main__":
    main()
