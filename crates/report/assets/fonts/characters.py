"""Prints the characters that the font of PDF papers has. Argument: Unihan_OtherMappings.txt of Unicode's Unihan database."""

import sys


def decoded(encoding, leads, trails):
    for lead in leads:
        for trail in trails:
            try:
                yield bytes([lead, trail]).decode(encoding)
            except UnicodeDecodeError:
                pass


characters = {chr(code) for code in range(0x20, 0x7F)} | {chr(code) for code in range(0xA0, 0x100)}
characters |= set(decoded("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF)))
characters |= set(decoded("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]))
characters |= set("—–…‘’“”•·′″‰€™←↑→↓⇒≈≠≤≥×÷−√∞✓①②③④⑤⑥⑦⑧⑨⑩、。「」『』【】〔〕《》〈〉￥℃№□■△▲○●◎★☆")
with open(sys.argv[1], encoding="utf-8") as table:
    for line in table:
        if "\tkTGH\t" in line:
            characters.add(chr(int(line.split("\t")[0][2:], 16)))
sys.stdout.write("".join(sorted(characters)))
