"""All scenarios."""
from . import s_arp, s_boot, s_bus, s_card, s_crash, s_disk, s_faults, s_hostile, s_ip, s_long, s_nettest, s_shell, s_sock, s_udp, scenario

SUBJECTS = (s_boot, s_disk, s_crash, s_shell, s_long, s_card, s_bus, s_arp, s_ip, s_udp, s_sock, s_hostile, s_faults, s_nettest)
ALL = [s for subject in SUBJECTS for s in scenario.ALL if s.function.__module__ == subject.__name__]
