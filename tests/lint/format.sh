#!/usr/bin/env bash
# format.sh - every C file, and the C++ one, as clang-format writes it. Another version lays out other lines, so: 14 only.
. tests/lint/common.sh
tool=$(command -v clang-format-14) || { echo 'no clang-format-14 here'; exit 77; }
{ sources; PATTERN='.*\.cc' tracked '*.cc'; } | xargs "$tool" --dry-run -Werror
