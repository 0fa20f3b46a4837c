// nettest NAME: one test of the network, whose other end is `nettest.py NAME` on the host.
// nettest grade: all of them in turn, with `nettest.py grade` on the host.
//
// The protocol. P is NET_TESTS_PORT. The guest is 10.0.2.15, the host 10.0.2.2. All of it is UDP, all text ASCII.
// The host listens on P, and with a DNS server on P + 1. What it sends to guest ports 2000 and 2001 goes
// through QEMU's hostfwd (FWDPORT1 and FWDPORT2 in the Makefile) or straight over the wire; everything else it
// sends is an answer, to the address and port that the datagram came from.
//
// A numbered datagram is a word, a space, a decimal number N, a colon, and N * 97 % 1200 bytes of padding, of
// which byte i is 'a' + (N + i) % 26:   "tx 0:"   "tx 1:bcdef..."
//
// test     guest ports  what happens
// txone    2002         guest sends the 5 bytes "txone" to P, once. Host judges
// tx       2003         guest sends numbered "tx 0" to "tx 31" to P. Host judges: all 32, in order, whole
// rxone    2000         host sends the 5 bytes "rxone" to 2000; alone: again each second, until it is ended
// rx       2000         host sends numbered "rx 0", "rx 1", ... to 2000, one each 20 ms
//                       guest: 8 that follow each other without a gap (it may come in late)
// rx2      2000 2001    host sends numbered "one N" to 2000 and "two N" to 2001, N = 0, 1, ..., both each 20 ms
//                       guest: 8 without a gap from 2000, then 8 from 2001
// rxburst  2000 2001    each 100 ms host sends 32 datagrams "one N" (N goes on counting, no padding, no colon) to
//                       2000 without a pause, and then "two M" to 2001, M the last N sent to 2000
//                       guest: reads only 2001 until it has 5, one of each burst; then finds that 2000 kept 16
//                       without a gap, and dropped what came between them and the next
// ping0    2004         host sends every datagram that starts with "ping" back as it came. One of them
// ping1    2005         600, each sent when the one before is back, numbered "ping N", some of 1472 bytes
// ping2    2006 2007    5 from each port, alternating, all sent before the first is read
// ping3    2008 2009    one from 2009, 257 from 2008, one from 2009; reads both of 2009 first, then finds the
//                       first 16 of 2008, and then only the next that it sends
// dns      2010         A queries (EDNS OPT record with 1232 bytes in the additional section) to P + 1:
//                         one.rxv.test    A 192.0.2.1, its name a compression pointer to the question
//                         www.rxv.test    CNAME host.rxv.test ("host" + pointer into the question's "rxv.test"), A
//                                         192.0.2.80 owned by a pointer to the CNAME's data; an NS record in the
//                                         authority section; an A record for it and OPT in the additional section
//                         nobody.rxv.test rcode 3 (no such name), an SOA record in the authority section
//                         evil.rxv.test   first the hostile ones: 5 bytes; wrong id; a pointer to itself as the answer's
//                                         name; pointers to each other; ancount 65535 with one record; rdlength beyond the end; an A record of
//                                         3 bytes; the question changed to other.rxv.test; then the right one: A 192.0.2.66
//                       Every answer has the query's id and question, QR, RA, and OPT if the query had it.
//
// Alone (`nettest.py rx`) the host starts sending at once and never waits for the guest, because a kernel under
// construction may not be able to send. txone, tx: it prints "txone: OK" or "txone: FAIL why" and ends. The ping tests: it
// echoes until interrupted. `nettest.py ping` is the same as ping0 to ping3.
//
// `nettest.py grade` is led by the guest. Guest port 2999 sends to P, and is answered there:
//   "begin NAME ID"  guest is bound and ready. Host starts test NAME afresh if ID (a decimal number) is not
//                    the one it is at, and in any case answers "ready NAME ID". Guest repeats it each 0.5 s.
//   "pass NAME ID"   host's verdict on txone and tx, as soon as it is sure; again after each further "begin" with this ID
//   "fail NAME ID why"  the other verdict; at the latest 3 s after the first "begin"
//   "end NAME ID"    guest is done with it: host stops sending. Otherwise it stops 15 s after the first "begin"
//   "bye ID PASSED FAILED"  guest is done with all of it, sent once: host prints the two numbers and ends
// In grade, rxone starts with "ready" like all others, and is sent once.
//
// Guest's output, for scripts: "NAME: starting ..." then "NAME: OK" or "NAME: FAIL why", each a line of its own; at the
// end of grade "free: OK" (no page and no packet lost) and "nettest: N passed, M failed". Exit status 0: all passed.

#include "kernel/types.h"
