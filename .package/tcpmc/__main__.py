"""`python -m tcpmc`: the command line."""

from tcpmc.cli.start import main

if __name__ == "__main__":
    main()
