"""How telephone numbers are written: what the digits' grouping alone says, before any country's plan is asked.

Letters of other scripts may stand right beside a number: they write no blanks there.
After the groups of ITU-T E.123 and the habits of the countries named.
"""

import re

_TAIL = r"(?P<extension> ?(?:x|ext\.? ?|extension )\d{1,6})?(?![A-Za-z0-9_]|[-.,:/]\d| ?[%€$£])"
_HEAD = r"(?<![A-Za-z0-9_#$€£¥%@/\\.-])(?<!\d[,:])"

SHAPES = re.compile(
    _HEAD
    + "(?:"
    + "|".join(
        (
            r"(?P<international>(?:\+|00(?=[1-9])) ?(?:\(\d{1,3}\)|\d{1,3})"
            r"(?:[ ./-]{0,2}(?:\(\d{1,5}\)|\d{1,14})){1,7})",
            r"(?P<america>(?:1[ .-]?)?(?:\([2-9]\d\d\)[ .-]{0,2})\d{3}[ .-]?\d{4})",
            r"(?P<america_signs>(?:1[ .-])?[2-9]\d\d(?P<sign>[.-])\d{3}(?P=sign)\d{4})",
            r"(?P<america_blanks>[2-9]\d\d [2-9]\d\d[ -]\d{4})",
            r"(?P<france>0[1-9](?P<between>[ .-])\d\d(?:(?P=between)\d\d){3})",
            r"(?P<asia>0\d0-\d{4}-\d{4})",  # mobile telephones of Japan and Korea
            r"(?P<brackets>\(0\d{1,5}\)[ /-]{0,3}\d{2,8}(?:[ -]\d{2,6}){0,3})",
            r"(?P<trunk>0\d{1,5}(?:[ /-]{1,3}\d{2,8}){1,4})",
            r"(?P<brazil>(?:\([1-9]\d\) ?|[1-9]\d )9?\d{4}-\d{4})",
            r"(?P<spain>[6-9]\d\d(?: \d\d){3})",
            r"(?P<india>[6-9]\d{4}[ -]\d{5})",
            r"(?P<whole>0\d{9,10})",
            r"(?P<any>(?:\(\d{1,5}\)|\d{1,13})(?:[ ./-]{1,2}(?:\(\d{2,5}\)|\d{2,8})){0,5})",
        )
    )
    + ")"
    + _TAIL
)
"""The names are those of REGIONS in phones.py; `any` counts only where words say telephone."""

DATE = re.compile(
    r"(?:\d{4}([-/.])\d\d?\1\d\d?|\d\d?([-/.])\d\d?\2(?:\d{4}|\d\d)|(?:19|20)\d\d[-/ ](?:19|20)\d\d)(?!\d)"
)
"""A day, or from one year to another."""

QUARTET = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
