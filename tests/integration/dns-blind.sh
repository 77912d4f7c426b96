# Looking up a name of another network takes as many instructions as looking up one that is nowhere: nobody can tell by
# time which names others have. Both are one probe of the same table under a key of (network, label) with a secret hash;
# this counts the instructions of responder_respond(), over thousands of names since the slots they meet are chance.
command -v valgrind >/dev/null || { echo 'no valgrind here'; exit 77; }
asked=$(valgrind --tool=callgrind --toggle-collect=responder_respond --dump-after=ask_all \
	--callgrind-out-file="$dir/out" --log-file="$dir/valgrind" "$FLYCAST_TESTS/dns_blind")
# each DUMP: instructions per question, in hundredths
each() { echo $(($(sed -n 's/^\(totals\|summary\): \([0-9]*\).*/\2/p' "$dir/out.$1" | head -n 1) * 100 / asked)); }
other=$(each 1) nowhere=$(each 2)
[ "$nowhere" -gt 10000 ] || fail "callgrind counted $nowhere hundredths of an instruction: $(cat "$dir/valgrind")"
difference=$((other > nowhere ? other - nowhere : nowhere - other))
[ $((difference * 100)) -lt "$nowhere" ] || fail "$other hundredths of an instruction for another's name, $nowhere for none's"
pass "another network's name costs what a name costs that is nowhere, within 1 % ($((other / 100)) and $((nowhere / 100)) instructions)"
