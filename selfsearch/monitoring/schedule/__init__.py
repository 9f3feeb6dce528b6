"""Timers of the operating system that run `selfsearch rescan --scheduled`: nothing of ours stays running in
between.

plan.py says when and what, systemd.py, cron.py, launchd.py and windows.py turn a plan into text as pure
functions, and install.py alone touches the system, through a runner that is handed in.
"""
