"""A file system image (kernel/fs.h) read from outside: what the kernel wrote, without the kernel's help."""
import struct

BSIZE, DIRSIZ, NDIRECT, ROOTINO, T_DIR = 1024, 14, 12, 1, 1


class Image:
    """data: the bytes of an image whose log is empty and in which fsck finds no fault."""

    def __init__(self, data):
        self.data = data
        (self.magic, self.size, self.nblocks, self.ninodes, self.nlog, self.logstart, self.inodestart,
         self.bmapstart) = struct.unpack_from("<8I", data, BSIZE)

    def block(self, number):
        return self.data[number * BSIZE:(number + 1) * BSIZE]

    def inode(self, number):
        """Type, bytes, block numbers of an i-node."""
        at = self.inodestart * BSIZE + number * 64
        kind, _, _, _, size = struct.unpack_from("<4hI", self.data, at)
        return kind, size, struct.unpack_from("<13I", self.data, at + 12)

    def blocks(self, number):
        """The blocks of a file's content in order; 0: a hole."""
        _, size, addresses = self.inode(number)
        found = list(addresses[:NDIRECT])
        if addresses[NDIRECT]:
            found += struct.unpack("<256I", self.block(addresses[NDIRECT]))
        return found[:(size + BSIZE - 1) // BSIZE]

    def content(self, number):
        return b"".join(self.block(b) if b else bytes(BSIZE) for b in self.blocks(number))[:self.inode(number)[1]]

    def entries(self, number):
        """Name -> i-node of a directory, without . and .."""
        found = {}
        data = self.content(number)
        for at in range(0, len(data), DIRSIZ + 2):
            inode = struct.unpack_from("<H", data, at)[0]
            name = data[at + 2:at + 2 + DIRSIZ].split(b"\0")[0].decode("latin-1")
            if inode and name not in (".", ".."):
                found[name] = inode
        return found

    def find(self, path):
        """The i-node that a path leads to, None: nothing."""
        at = ROOTINO
        for name in path.split("/"):
            if name and at is not None:
                at = self.entries(at).get(name)
        return at

    def tree(self, path):
        """All below a directory, as {path: (i-node, content, or None for a directory)}; of nothing, nothing."""
        found, left = {}, [("", self.find(path))]
        while left:
            prefix, number = left.pop()
            for name, inode in (self.entries(number) if number else {}).items():
                if self.inode(inode)[0] == T_DIR:
                    found[prefix + name] = (inode, None)
                    left.append((prefix + name + "/", inode))
                else:
                    found[prefix + name] = (inode, self.content(inode))
        return found
