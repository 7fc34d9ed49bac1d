"""`python -I pdf_program.py count|page N WIDTH`: a PDF on standard input, the number or the picture on standard output.

Exit status 3: not readable, 4: no such page. Run by `papers.viewing.pdf`, as a process with little memory and time.
"""

import io
import resource
import sys

_MEMORY_BYTES = 2 * 1024**3
_SECONDS = 15
_MOST_PIXELS = 16_000_000


def main() -> int:
    """As the module says."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    import pypdfium2  # after the limits, so that they count for it

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
        if sys.argv[1] == "count":
            sys.stdout.write(str(len(document)))
            return 0
        number, width = int(sys.argv[2]), int(sys.argv[3])
        if not 1 <= number <= len(document):
            return 4
        page = document[number - 1]
        wide, high = page.get_size()
        scale = min(width / max(wide, 1), (_MOST_PIXELS / max(wide * high, 1)) ** 0.5)
        into = io.BytesIO()
        page.render(scale=scale, may_draw_forms=False).to_pil().save(into, "PNG")
        sys.stdout.buffer.write(into.getvalue())
    except (pypdfium2.PdfiumError, MemoryError, ValueError):
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
