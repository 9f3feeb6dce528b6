"""Timers of the operating system that run `selfsearch rescan --scheduled`: nothing of ours stays running.

plan.py says when and what. systemd.py, cron.py, launchd.py and windows.py know one system each: they turn a
plan into its text, and say by which of its tools a timer is started, stopped and asked after. install.py does
that, through a runner that is handed in.
"""
