"""All scenarios, subject by subject."""
from . import s_arp, s_boot, s_bus, s_calls, s_card, s_crash, s_debug, s_disk
from . import s_faults, s_hostile, s_ip, s_long, s_nettest, s_router, s_seed, s_shell
from . import s_gate, s_health, s_netctl, s_nomem, s_path, s_readme, s_sched, s_sock, s_storm, s_term, s_udp, scenario

SUBJECTS = (
    s_gate, s_health, s_boot, s_disk, s_crash, s_calls, s_shell, s_term, s_long, s_card, s_bus,
    s_arp, s_ip, s_udp, s_sock, s_router, s_netctl, s_path, s_sched, s_hostile, s_faults, s_storm, s_seed,
    s_debug, s_nomem, s_readme,
    s_nettest,
)
ALL = [s for subject in SUBJECTS for s in scenario.ALL if s.function.__module__ == subject.__name__]
