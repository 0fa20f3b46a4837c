"""Hostile input, class by class: what broke real stacks, sent to the real kernel.

kit.py       what a class is, how it is judged    show.py   the table that `make hostile` prints
ethernet.py  arp.py  ip.py  fragments.py  icmp.py  udp.py    over the wire
process.py   from a program in the guest
"""
