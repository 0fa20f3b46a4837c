"""A LAN in Python: frames as bytes, hosts that answer, and a cable to QEMU made of a unix socket.

packet.py   Ethernet, ARP, IPv4, ICMP, UDP; fragments            lan.py     the cable, its hosts, its log
dns.py      DNS messages, and a server's answers                 faults.py  lose, repeat, swap, flip, delay: by a seed
dhcp.py     DHCP messages, and a server's answers                pcap.py    captures that Wireshark opens
show.py     a frame in one line                                  test_*.py  tests of all that, without QEMU

Only Python's standard library; no root, no network port, nothing leaves the machine.
"""
