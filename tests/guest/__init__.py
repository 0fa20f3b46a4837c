"""Scenarios: the real kernel in QEMU, driven over its console, its network card and QEMU's monitor.

machine.py   QEMU, its console by events, its monitor      scenario.py  what a scenario is given; the list of them
run.py       runs tests, several at a time                 s_*.py       the scenarios, by subject
catalogue.py all scenarios
test_*.py    tests of the machinery, without QEMU
"""
