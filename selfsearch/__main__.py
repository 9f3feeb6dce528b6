"""python -m selfsearch, and the console script."""

import signal


def run() -> None:
    """Load the command line, and run one command."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while it is loaded ends it without a traceback
    from .cli import run

    run()


if __name__ == "__main__":
    run()
