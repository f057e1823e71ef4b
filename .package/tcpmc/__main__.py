"""`python -m tcpmc`: the command line."""

from tcpmc.cli.main import main

if __name__ == "__main__":
    main()
