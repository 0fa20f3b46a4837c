"""Captures in libpcap's classic format, for Wireshark and tcpdump."""
import struct

MAGIC, ETHERNET = 0xa1b2c3d4, 1


class Writer:
    """Appends frames to a new file. A path of None writes nothing."""

    def __init__(self, path):
        self.file = open(path, "wb") if path else None
        if self.file:
            self.file.write(struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, 65535, ETHERNET))

    def frame(self, raw, when):
        """when: seconds since 1970."""
        if self.file:
            micro = int(when * 1e6)
            self.file.write(struct.pack("<IIII", micro // 1000000, micro % 1000000, len(raw), len(raw)) + raw)

    def close(self):
        if self.file:
            self.file.close()
            self.file = None


def read(path):
    """[(seconds, frame)] of a capture; one that was cut short gives what is whole."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24:
        return []
    order = "<" if struct.unpack("<I", data[:4])[0] == MAGIC else ">"
    if struct.unpack(order + "I", data[:4])[0] != MAGIC:
        raise ValueError("%s is not a capture" % path)
    out, at = [], 24
    while at + 16 <= len(data):
        sec, micro, kept, _ = struct.unpack(order + "IIII", data[at:at + 16])
        if at + 16 + kept > len(data):
            break
        out.append((sec + micro / 1e6, data[at + 16:at + 16 + kept]))
        at += 16 + kept
    return out
