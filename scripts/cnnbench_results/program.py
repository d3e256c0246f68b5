"""How a script of cnnbench begins and ends: its output arrives, or its exit status says that it did not."""

import io
import os
import sys

LOST = 2


class _Descriptor(io.RawIOBase):
    """Writes to a descriptor; of what cannot be written the first reason is kept, and the script goes on."""

    def __init__(self, descriptor, error=None):
        self.descriptor, self.error = descriptor, error

    def writable(self):
        return True

    def fileno(self):
        return self.descriptor

    def isatty(self):
        return os.isatty(self.descriptor)

    def write(self, data):
        size = len(data)  # not of `data` itself: the caller takes it back
        if self.error is None:
            try:
                return os.write(self.descriptor, data)
            except OSError as error:
                self.error = error.strerror
        return size


def _fill(descriptor):
    """Opens /dev/null in the place of a descriptor that is closed, so that no file of ours gets its number."""
    try:
        os.fstat(descriptor)
        return None
    except OSError as error:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        os.set_inheritable(descriptor, True)
        return error.strerror


def _stream(descriptor, error, before):
    raw = _Descriptor(descriptor, error)
    encoding = before.encoding if before is not None else "utf-8"
    return raw, io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=descriptor == 2 or raw.isatty()
    )


def run(main, name):
    """Calls main() and gives the exit status: main's, but 2 where that is 0 and not all of its output could be
    written, which a message says, too. A reader of the output that ends early ends nothing else."""
    closed = [_fill(descriptor) for descriptor in (0, 1, 2)]
    output, sys.stdout = _stream(1, closed[1], sys.stdout)
    _, sys.stderr = _stream(2, closed[2], sys.stderr)
    try:
        status = main()
    except SystemExit as end:  # of argparse
        status = end.code
    sys.stdout.flush()
    if output.error:
        print(f"{name}: not all of the output could be written to stdout: {output.error}", file=sys.stderr)
        status = status or LOST
    sys.stderr.flush()
    return status
