# shellcheck shell=bash
# The registry's disk is full: the checkpointer says so once, goes on trying, and says once that it works again.
mkdir "$dir/disk"
mount -t tmpfs -o size=6m none "$dir/disk"
export FLYCAST_REGISTRY=$dir/disk/registry.db
registry=$FLYCAST_REGISTRY
fly init >/dev/null
start agent flycast-agent --registry "$registry" --verbose
said() { grep -c "checkpointer $1 path" "$dir/agent.log" || true; }
within 5 is 1 said 'is this process'

# Almost everything, then commits that fit into the log and not into the file as well.
free() { df --output=avail -k "$dir/disk" | tail -n 1 | tr -d ' '; }
dd if=/dev/zero of="$dir/disk/ballast" bs=1k count=$(($(free) - 700)) 2>/dev/null
grows() { db "CREATE TABLE IF NOT EXISTS ballast(x); INSERT INTO ballast SELECT randomblob(60000) FROM generate_series(1, 5)" 2>/dev/null; }
troubled() { grows; [ "$(said 'cannot work')" -ge 1 ]; }
within 20 troubled
tried() { [ "$(said 'still cannot work')" -ge 3 ]; }
within 20 tried
is 1 said 'cannot work'
is 0 said 'works again'
pass 'a full disk is said once, however often it was tried'

rm "$dir/disk/ballast"
within 20 is 1 said 'works again'
grows || fail 'there is room, and nothing can be written'
is 1 said 'cannot work'
is ok db 'PRAGMA integrity_check'
stop agent
umount "$dir/disk"
pass 'and so is that there is room again'
