"""`python -m tcpmc`: the command line."""

from tcpmc.cli.entry_point import main

if __name__ == "__main__":
    main()
