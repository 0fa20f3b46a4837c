"""A program that means harm: what it may hand to a system call. The tests are programs of the guest, user/tests/ut_*.c; each
counts pages, packets, files, processes and sockets before and after."""
from .kit import hostile


@hostile("P1", "descriptors that are closed, of another kind, no numbers", "POSIX EBADF, ENOTSOCK")
def descriptors(c):
    c.ut("ptr", "bad_descriptors", "unknown_calls", "nonsense_in_calls")
    c.ut("sock", "sock_not_sockets", "sock_no_streams")


@hostile("P2", "addresses of the kernel, of devices, of nothing", "POSIX EFAULT; CVE-2017-5123")
def addresses(c):
    c.ut("ptr", "write_nowhere", "read_nowhere", "structs_nowhere", "wait_nowhere", "paths_nowhere", "argv_nowhere",
         "after_shrinking")
    c.ut("lab", "lab_bad_arguments")


@hostile("P3", "lengths below zero, huge, wrapping round", "POSIX EINVAL, EMSGSIZE")
def lengths(c):
    c.ut("ptr", "huge_lengths", "kstat_bounds", "paths_too_long")
    c.ut("hostile", "datagram_lengths")


@hostile("P4", "a page that is missing in the middle of a copy", "POSIX EFAULT")
def half_there(c):
    c.ut("ptr", "half_a_buffer", "paths_without_end", "argv_without_end", "calls_without_stack")
    c.ut("hostile", "sends_half_a_buffer")


@hostile("P5", "killed while it waits or copies", "kill() of rxv")
def killed(c):
    c.ut("sock", "sock_killed_waiting")
    c.ut("hostile", "killed_in_traffic")


@hostile("P6", "closed while another process waits", "POSIX close")
def closed(c):
    c.ut("hostile", "closed_while_waiting", "unbound_while_waiting", "shut_while_waiting")


@hostile("P7", "sockets shared by fork, dup and exec", "POSIX fork, dup, exec")
def shared(c):
    c.ut("sock", "sock_shared_with_child", "sock_duplicated", "sock_two_readers")
    c.ut("hostile", "kept_by_exec")


@hostile("P8", "all sockets taken", "POSIX ENOBUFS, EMFILE")
def no_sockets(c):
    c.ut("sock", "sock_sockets_gone")


@hostile("P9", "all ports that can be had, and the same ones again", "RFC 6056 3.3")
def no_ports(c):
    c.ut("lab", "lab_many_ports", "lab_ends_bound")
    c.ut("hostile", "all_ports_differ")


@hostile("P10", "all packets held by sockets that are not read", "POSIX ENOBUFS")
def no_packets(c):
    c.ut("sock", "sock_packets_gone", "sock_queue_bound", "sock_full_neighbour")


@hostile("P11", "receive into 0 bytes, nowhere, read-only, half-there and the kernel's memory", "POSIX EFAULT")
def receive_buffers(c):
    c.ut("hostile", "receive_buffers")


@hostile("P12", "every call that fills a buffer: no byte of the kernel's in it", "CVE-2003-0001 (for a process)")
def no_kernel_bytes(c):
    c.ut("hostile", "no_kernel_bytes", "fresh_pages")
